// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/source/Things.h"

#include <QHash>
#include <QList>
#include <QRect>

namespace lockstep::gui {

/// Where what stands in the drawing of hosts and pairs: this host's box on the left, the others'
/// below each other on the right, and between them a rung for each pair, level with the domain in
/// both boxes. So any number of pairs is read from top to bottom, and only what is seen has to be
/// drawn. Coordinates begin at the drawing's top left corner.
class LadderLayout final
{
public:
    /// Sizes, from the font.
    struct Metrics
    {
        int row{28}; ///< Height of a rung.
        int header{64}; ///< Of what stands above the rungs of a host.
        int margin{16};
        int boxLeast{150}; ///< Width of a box.
        int middleLeast{200}; ///< What is between the boxes.
    };
    struct Rung
    {
        QString pairId;
        int y{0}; ///< Its top.
    };
    struct Band
    {
        QString peerId; ///< Empty for a host that has been forgotten.
        QString peerName;
        QRect box; ///< The other host's.
        QList<Rung> rungs;
    };

    /// Pairs by the name of the domain, below their host; hosts by name, forgotten ones last.
    LadderLayout(const QList<Peer>& peers, const QList<Pair>& pairs, const Metrics& metrics,
                 int width);

    [[nodiscard]] const QRect& ownBox() const { return m_ownBox; }
    [[nodiscard]] const QList<Band>& bands() const { return m_bands; }
    [[nodiscard]] int height() const { return m_height; }
    [[nodiscard]] const Metrics& metrics() const { return m_metrics; }
    /// The pair whose rung is there; empty if none is.
    [[nodiscard]] QString pairAt(int y) const;
    /// The peer whose box, above its rungs, is there; empty if none is.
    [[nodiscard]] QString peerAt(const QPoint& point) const;
    /// The top of a pair's rung; -1 if it has none.
    [[nodiscard]] int yOf(const QString& pairId) const { return m_tops.value(pairId, -1); }
    /// The pair so many rungs below `pairId` (above if negative); the first or last one if there
    /// are fewer, or if `pairId` has none. Empty if there are no pairs.
    [[nodiscard]] QString next(const QString& pairId, int steps) const;

private:
    Metrics m_metrics;
    QRect m_ownBox;
    QList<Band> m_bands;
    QStringList m_order; ///< Pairs from top to bottom.
    QHash<QString, int> m_tops;
    int m_height{0};
};

} // namespace lockstep::gui
