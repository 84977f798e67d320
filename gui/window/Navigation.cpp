// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/window/Navigation.h"

#include "gui/look/StateLook.h"
#include "gui/window/Pages.h"

#include <QCollator>
#include <QSignalBlocker>

#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr int kindRole = Qt::UserRole;
constexpr int idRole = Qt::UserRole + 1;

/// "web2" before "web10".
class NamedItem final : public QTreeWidgetItem
{
public:
    using QTreeWidgetItem::QTreeWidgetItem;
    bool operator<(const QTreeWidgetItem& other) const override
    {
        static const QCollator collator = [] {
            QCollator one;
            one.setNumericMode(true);
            return one;
        }();
        return collator.compare(text(0), other.text(0)) < 0;
    }
};

} // namespace

Navigation::Navigation(Workbench& bench, QWidget* parent) : QTreeWidget{parent}, m_bench{bench}
{
    setHeaderHidden(true);
    setAccessibleName(tr("Places"));
    setUniformRowHeights(true);
    setContextMenuPolicy(Qt::CustomContextMenu);
    setTextElideMode(Qt::ElideMiddle);
    m_pairs = addPlace(Place::Kind::Overview, tr("Pairs"), u"shield"_s);
    if (hasPage(Place::Kind::Peer))
        m_peers = addPlace(Place::Kind::Peer, tr("Hosts"), u"host"_s);
    addPlace(Place::Kind::Domains, tr("Domains"), u"running"_s);
    addPlace(Place::Kind::Jobs, tr("Jobs"), u"progress"_s);
    addPlace(Place::Kind::History, tr("History"), u"history"_s);
    for (const Pair& pair : bench.source.pairs())
        putPair(pair);
    for (const Peer& peer : bench.source.peers())
        putPeer(peer);
    const Source& source = bench.source;
    connect(&source, &Source::pairAdded, this, &Navigation::putPair);
    connect(&source, &Source::pairChanged, this, [this](const Pair& before, const Pair& now) {
        if (before.state != now.state || before.domain != now.domain)
            putPair(now);
    });
    connect(&source, &Source::pairRemoved, this, [this](const Pair& last) { drop(last.id); });
    connect(&source, &Source::peerAdded, this, &Navigation::putPeer);
    connect(&source, &Source::peerChanged, this, [this](const Peer& before, const Peer& now) {
        if (before.health != now.health || before.trust != now.trust || before.name != now.name)
            putPeer(now);
    });
    connect(&source, &Source::peerRemoved, this, [this](const Peer& last) { drop(last.id); });
    connect(this, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (item)
            Q_EMIT placeWanted(placeOf(item));
    });
    connect(this, &QTreeWidget::customContextMenuRequested, this, [this](const QPoint& where) {
        if (itemAt(where))
            Q_EMIT menuWanted(viewport()->mapToGlobal(where));
    });
    m_pairs->setExpanded(true);
}

QTreeWidgetItem* Navigation::addPlace(Place::Kind kind, const QString& text, const QString& shape)
{
    auto* const item = new NamedItem{this, QStringList{text}};
    item->setIcon(0, drawnIcon(shape));
    item->setData(0, kindRole, static_cast<int>(kind));
    m_places << item;
    return item;
}

void Navigation::putPair(const Pair& pair)
{
    const Look look = pairLook(pair.state);
    put(m_pairs, {.kind = Place::Kind::Pair, .id = pair.id, .time = {}}, pair.domain, look.word,
        look.icon());
}

void Navigation::putPeer(const Peer& peer)
{
    const Look look = peerLook(peer);
    if (m_peers)
        put(m_peers, {.kind = Place::Kind::Peer, .id = peer.id, .time = {}}, peer.name, look.word,
            look.icon());
}

void Navigation::put(QTreeWidgetItem* parent, const Place& place, const QString& text,
                     const QString& stateWord, const QIcon& icon)
{
    QTreeWidgetItem*& item = m_items[place.id];
    const bool isNew = !item;
    if (isNew)
        item = new NamedItem{QStringList{text}};
    const bool isMoved = isNew || item->text(0) != text;
    item->setText(0, text);
    item->setIcon(0, icon);
    item->setData(0, kindRole, static_cast<int>(place.kind));
    item->setData(0, idRole, place.id);
    item->setToolTip(0, u"%1: %2"_s.arg(text, stateWord));
    item->setData(0, Qt::AccessibleTextRole, u"%1: %2"_s.arg(text, stateWord));
    if (!isMoved)
        return;
    // Where it belongs by its name; to sort a thousand anew for each would take long.
    const QSignalBlocker quiet{this};
    const bool wasCurrent = currentItem() == item;
    if (!isNew)
        parent->removeChild(item);
    int first = 0;
    int behind = parent->childCount();
    while (first < behind) {
        const int middle = (first + behind) / 2;
        if (*parent->child(middle) < *item)
            first = middle + 1;
        else
            behind = middle;
    }
    parent->insertChild(first, item);
    if (wasCurrent)
        setCurrentItem(item);
}

void Navigation::drop(const QString& id)
{
    QTreeWidgetItem* const item = m_items.take(id);
    if (!item)
        return;
    if (currentItem() == item)
        setCurrentItem(item->parent());
    delete item;
}

Place Navigation::placeOf(const QTreeWidgetItem* item)
{
    return {.kind = static_cast<Place::Kind>(item->data(0, kindRole).toInt()),
            .id = item->data(0, idRole).toString(),
            .time = {}};
}

void Navigation::showPlace(const Place& place)
{
    const QSignalBlocker quiet{this};
    if (QTreeWidgetItem* const item = m_items.value(place.id);
        item && placeOf(item).kind == place.kind)
        return setCurrentItem(item);
    for (QTreeWidgetItem* const item : std::as_const(m_places)) {
        if (placeOf(item).kind == place.kind)
            return setCurrentItem(item);
    }
}

} // namespace lockstep::gui
