// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/ListPanel.h"
#include "gui/pages/Page.h"

#include <QLabel>
#include <QPushButton>

namespace lockstep::gui {

/// What has happened, to all pairs or one; opening an event goes to the pair at that moment.
class HistoryPage final : public Page
{
    Q_OBJECT
public:
    explicit HistoryPage(Workbench& bench, QWidget* parent = nullptr);

    /// With an id: of that pair. With a time: at that moment.
    void visit(const Place& place) override;
    [[nodiscard]] QString heading() const override;
    [[nodiscard]] Chosen chosen() const override;
    [[nodiscard]] QWidget* searchField() const override { return &m_list->searchField(); }
    void save(QSettings& settings) const override { m_list->save(settings); }
    void restore(QSettings& settings) override { m_list->restore(settings); }

private:
    void fillDomains();
    void showDomain(int index);
    void tellChosen(); ///< The chosen event in full, below the list.
    void showLoading();
    void open(const QString& eventId);
    [[nodiscard]] const Event* chosenEvent() const;
    [[nodiscard]] QString pairOf(const Event& event) const;

    ListPanel* m_list;
    QComboBox* m_domains;
    QLabel* m_text;
    QPushButton* m_more;
    QString m_pair; ///< The one that it is about; empty for all.
};

} // namespace lockstep::gui
