// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/pages/DomainsPage.h"

#include "gui/look/Trouble.h"

#include <QVBoxLayout>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

DomainsPage::DomainsPage(Workbench& bench, QWidget* parent)
    : Page{bench, parent},
      m_list{new ListPanel{bench.domains,
                           tr("Domains"),
                           {{.label = tr("All domains"), .words = {}},
                            {.label = tr("Running"), .words = {u"running"_s, u"paused"_s}}}}},
      m_again{new QAction{tr("Try Again"), this}}
{
    auto* const column = new QVBoxLayout{this};
    column->addWidget(m_list);
    connect(m_again, &QAction::triggered, &bench.domains, &DomainModel::refresh);
    connect(&bench.domains, &DomainModel::answered, this, &DomainsPage::tellWhatIsMissing);
    connect(m_list, &ListPanel::chosenChanged, this, &Page::chosenChanged);
    connect(m_list, &ListPanel::opened, this, [this](const QString& pair) {
        if (!pair.isEmpty())
            Q_EMIT placeWanted({.kind = Place::Kind::Pair, .id = pair, .time = {}});
    });
    tellWhatIsMissing();
}

void DomainsPage::visit(const Place&) { bench().domains.refresh(); }

void DomainsPage::tellWhatIsMissing()
{
    if (const auto& error = bench().domains.error())
        m_list->empty().tell(u"alarm"_s, error->message(), remedyText(*error), m_again);
    else if (bench().domains.isKnown())
        m_list->empty().tell(u"host"_s, tr("libvirt has no domain on this host"),
                             tr("Make one, with virt-manager or virt-install; then protect it "
                                "here."));
    else
        m_list->empty().tell(u"progress"_s, tr("Asking libvirt"), {});
}

Chosen DomainsPage::chosen() const { return {.pair = m_list->chosenId(), .peer = {}}; }

} // namespace lockstep::gui
