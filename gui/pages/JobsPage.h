// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/ListPanel.h"
#include "gui/pages/Page.h"

namespace lockstep::gui {

/// What is being done, and what was done lately.
class JobsPage final : public Page
{
    Q_OBJECT
public:
    explicit JobsPage(Workbench& bench, QWidget* parent = nullptr);

    void visit(const Place& place) override;
    [[nodiscard]] QString heading() const override { return tr("Jobs"); }
    [[nodiscard]] Chosen chosen() const override;
    [[nodiscard]] QWidget* searchField() const override { return &m_list->searchField(); }
    void save(QSettings& settings) const override { m_list->save(settings); }
    void restore(QSettings& settings) override { m_list->restore(settings); }

private:
    ListPanel* m_list;
};

} // namespace lockstep::gui
