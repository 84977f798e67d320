// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/HostsDrawing.h"
#include "gui/pages/ListPanel.h"
#include "gui/pages/Page.h"

#include <QSplitter>

namespace lockstep::gui {

/// All hosts and pairs: drawn, and beside it as a list. What is chosen in one is in the other.
class OverviewPage final : public Page
{
    Q_OBJECT
public:
    explicit OverviewPage(Workbench& bench, QWidget* parent = nullptr);

    void visit(const Place& place) override;
    [[nodiscard]] QString heading() const override { return tr("Overview"); }
    [[nodiscard]] Chosen chosen() const override;
    [[nodiscard]] QWidget* searchField() const override { return &m_list->searchField(); }
    void save(QSettings& settings) const override;
    void restore(QSettings& settings) override;

private:
    void tellWhatIsMissing();
    void showMenu(const QPoint& where);
    void open(const QString& pair);

    QSplitter* m_parts;
    HostsDrawing* m_drawing;
    ListPanel* m_list;
};

} // namespace lockstep::gui
