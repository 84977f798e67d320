// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/ListPanel.h"
#include "gui/pages/Page.h"

namespace lockstep::gui {

/// The domains of this host's libvirt, and whether each could be protected.
class DomainsPage final : public Page
{
    Q_OBJECT
public:
    explicit DomainsPage(Workbench& bench, QWidget* parent = nullptr);

    void visit(const Place& place) override;
    [[nodiscard]] QString heading() const override { return tr("Domains"); }
    [[nodiscard]] Chosen chosen() const override;
    [[nodiscard]] QWidget* searchField() const override { return &m_list->searchField(); }
    void save(QSettings& settings) const override { m_list->save(settings); }
    void restore(QSettings& settings) override { m_list->restore(settings); }

private:
    void tellWhatIsMissing();

    ListPanel* m_list;
    QAction* m_again;
};

} // namespace lockstep::gui
