// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/pages/JobsPage.h"

#include <QMenu>
#include <QVBoxLayout>

#include <algorithm>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

JobsPage::JobsPage(Workbench& bench, QWidget* parent)
    : Page{bench, parent}, m_list{new ListPanel{bench.jobs,
                                                tr("Jobs"),
                                                {{.label = tr("All jobs"), .words = {}},
                                                 {.label = tr("Running"), .words = {u"running"_s}},
                                                 {.label = tr("Failed"), .words = {u"failed"_s}}}}}
{
    m_list->empty().tell(u"progress"_s, tr("No jobs"),
                         tr("Long work, such as protecting a domain, is followed here."),
                         bench.acts.action(Act::Protect));
    m_list->view().sortByColumn(JobModel::StartedColumn, Qt::DescendingOrder);
    auto* const column = new QVBoxLayout{this};
    column->addWidget(m_list);
    connect(m_list, &ListPanel::chosenChanged, this, &Page::chosenChanged);
    connect(m_list, &ListPanel::menuWanted, this, [this](const QPoint& where) {
        auto* const menu = new QMenu{this};
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addAction(this->bench().acts.action(Act::CancelJob));
        menu->popup(where);
    });
    connect(m_list, &ListPanel::opened, this, [this] {
        if (const QString pair = chosen().pair; !pair.isEmpty())
            Q_EMIT placeWanted({.kind = Place::Kind::Pair, .id = pair, .time = {}});
    });
}

void JobsPage::visit(const Place& place)
{
    if (!place.id.isEmpty())
        m_list->choose(place.id);
}

Chosen JobsPage::chosen() const
{
    const QString uuid = m_list->view().currentIndex().data(UuidRole).toString();
    const QList<Pair> pairs = source().pairs();
    const auto found = std::ranges::find(pairs, uuid, &Pair::uuid);
    return {.pair = found == pairs.end() ? QString{} : found->id, .peer = {}};
}

} // namespace lockstep::gui
