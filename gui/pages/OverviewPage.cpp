// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/pages/OverviewPage.h"

#include <QMenu>
#include <QVBoxLayout>

#include <algorithm>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QList<ListPanel::Choice> choices()
{
    return {{.label = OverviewPage::tr("All pairs"), .words = {}},
            {.label = OverviewPage::tr("In need of somebody"),
             .words = {u"interrupted"_s, u"alone"_s, u"stale"_s}},
            {.label = OverviewPage::tr("Protected"), .words = {u"protected"_s}},
            {.label = OverviewPage::tr("Under way"),
             .words = {u"preparing"_s, u"copying"_s, u"confirming"_s, u"taking-over"_s,
                       u"merging"_s, u"undoing"_s}},
            {.label = OverviewPage::tr("Off"), .words = {u"off"_s}}};
}

} // namespace

OverviewPage::OverviewPage(Workbench& bench, QWidget* parent)
    : Page{bench, parent}, m_parts{new QSplitter{Qt::Horizontal}},
      m_drawing{new HostsDrawing{bench}}, m_list{new ListPanel{bench.pairs, tr("Pairs"), choices()}}
{
    m_parts->addWidget(m_drawing);
    m_parts->addWidget(m_list);
    m_parts->setChildrenCollapsible(false);
    auto* const column = new QVBoxLayout{this};
    column->addWidget(m_parts);
    connect(m_drawing, &HostsDrawing::chosenChanged, m_list, &ListPanel::choose);
    connect(m_list, &ListPanel::chosenChanged, this, [this] {
        m_drawing->choose(m_list->chosenId());
        Q_EMIT chosenChanged();
    });
    connect(m_drawing, &HostsDrawing::chosenChanged, this, &Page::chosenChanged);
    connect(m_drawing, &HostsDrawing::pairOpened, this, &OverviewPage::open);
    connect(m_list, &ListPanel::opened, this, &OverviewPage::open);
    connect(m_drawing, &HostsDrawing::peerOpened, this, [this](const QString& peer) {
        Q_EMIT placeWanted({.kind = Place::Kind::Peer, .id = peer, .time = {}});
    });
    connect(m_drawing, &HostsDrawing::menuWanted, this, &OverviewPage::showMenu);
    connect(m_list, &ListPanel::menuWanted, this, &OverviewPage::showMenu);
    connect(&bench.source, &Source::linkChanged, this, &OverviewPage::tellWhatIsMissing);
    connect(&bench.source, &Source::peerAdded, this, &OverviewPage::tellWhatIsMissing);
    connect(&bench.source, &Source::peerRemoved, this, &OverviewPage::tellWhatIsMissing);
    connect(&bench.source, &Source::peerChanged, this, [this](const Peer& before, const Peer& now) {
        if (before.trust != now.trust)
            tellWhatIsMissing();
    });
    tellWhatIsMissing();
}

void OverviewPage::tellWhatIsMissing()
{
    const QList<Peer> peers = source().peers();
    const ActSet& acts = bench().acts;
    if (!source().isConnected() && source().host().name.isEmpty()) {
        m_list->empty().tell(u"unplugged"_s, tr("Nothing is known yet"),
                             tr("As soon as lockstepd answers, its pairs are here."));
    } else if (peers.isEmpty()) {
        m_list->empty().tell(u"host"_s, tr("No other host is known"),
                             tr("A shadow needs a second host with lockstepd. Add it here, and "
                                "accept this host there."),
                             acts.action(Act::AddPeer));
    } else if (std::ranges::any_of(peers,
                                   [](const Peer& peer) { return peer.trust == "trusted"_L1; })) {
        m_list->empty().tell(u"shield"_s, tr("No domain is protected"),
                             tr("Protect a running domain: it gets a live shadow on another host."),
                             acts.action(Act::Protect));
    } else {
        m_list->empty().tell(u"question"_s, tr("No other host is trusted yet"),
                             tr("Both hosts have to accept each other. Compare the fingerprints, "
                                "then accept."),
                             acts.action(Act::AcceptPeer));
    }
}

void OverviewPage::visit(const Place& place)
{
    if (!place.id.isEmpty())
        m_list->choose(place.id);
}

Chosen OverviewPage::chosen() const { return {.pair = m_drawing->chosen(), .peer = {}}; }

void OverviewPage::open(const QString& pair)
{
    Q_EMIT placeWanted({.kind = Place::Kind::Pair, .id = pair, .time = {}});
}

void OverviewPage::showMenu(const QPoint& where)
{
    auto* const menu = new QMenu{this};
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    bench().acts.addPairActs(*menu);
    menu->popup(where);
}

void OverviewPage::save(QSettings& settings) const
{
    settings.setValue(u"parts"_s, m_parts->saveState());
    m_list->save(settings);
}

void OverviewPage::restore(QSettings& settings)
{
    m_parts->restoreState(settings.value(u"parts"_s).toByteArray());
    m_list->restore(settings);
}

} // namespace lockstep::gui
