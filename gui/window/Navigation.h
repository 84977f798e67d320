// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/Place.h"
#include "gui/pages/Workbench.h"

#include <QTreeWidget>

namespace lockstep::gui {

/// What a window has at its left: the places, with the pairs and the hosts below two of them, and
/// the state of each. It follows the place that is shown.
class Navigation final : public QTreeWidget
{
    Q_OBJECT
public:
    explicit Navigation(Workbench& bench, QWidget* parent = nullptr);

    void showPlace(const Place& place);

Q_SIGNALS:
    void placeWanted(const lockstep::gui::Place& place);
    void menuWanted(const QPoint& globalPosition);

private:
    QTreeWidgetItem* addPlace(Place::Kind kind, const QString& text, const QString& shape);
    void putPair(const Pair& pair);
    void putPeer(const Peer& peer);
    void put(QTreeWidgetItem* parent, const Place& place, const QString& text,
             const QString& stateWord, const QIcon& icon);
    void drop(const QString& id);
    [[nodiscard]] static Place placeOf(const QTreeWidgetItem* item);

    Workbench& m_bench;
    QTreeWidgetItem* m_pairs{nullptr}; ///< Also the overview.
    QTreeWidgetItem* m_peers{nullptr}; ///< Nothing if there is no page for peers.
    QHash<QString, QTreeWidgetItem*> m_items; ///< Of pairs and peers, by id.
    QList<QTreeWidgetItem*> m_places;
};

} // namespace lockstep::gui
