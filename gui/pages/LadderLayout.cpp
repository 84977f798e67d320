// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/pages/LadderLayout.h"

#include <QCollator>

#include <algorithm>
#include <utility>

namespace lockstep::gui {

LadderLayout::LadderLayout(const QList<Peer>& peers, const QList<Pair>& pairs,
                           const Metrics& metrics, int width)
    : m_metrics{metrics}
{
    QCollator collator;
    collator.setNumericMode(true);
    const auto before = [&collator](const QString& left, const QString& right) {
        return collator.compare(left, right) < 0;
    };
    for (const Peer& peer : peers)
        m_bands << Band{.peerId = peer.id, .peerName = peer.name, .box = {}, .rungs = {}};
    std::ranges::sort(m_bands, before, &Band::peerName);
    QList<Pair> sorted = pairs;
    std::ranges::sort(sorted, before, &Pair::domain);
    for (const Pair& pair : std::as_const(sorted)) {
        const auto sameHost = [&pair](const Band& band) {
            return band.peerId.isEmpty() ? band.peerName == pair.peerName
                                         : band.peerId == pair.peerId;
        };
        auto band = std::ranges::find_if(m_bands, sameHost);
        if (band == m_bands.end()) {
            m_bands << Band{.peerId = {}, .peerName = pair.peerName, .box = {}, .rungs = {}};
            band = m_bands.end() - 1;
        }
        band->rungs << Rung{.pairId = pair.id, .y = 0};
    }
    const int box = std::max(metrics.boxLeast, (width - 2 * metrics.margin) / 3);
    const int right =
        std::max(width - metrics.margin - box, metrics.margin + box + metrics.middleLeast);
    int y = metrics.margin;
    for (Band& band : m_bands) {
        const int top = y;
        y += metrics.header;
        for (Rung& rung : band.rungs) {
            rung.y = y;
            m_tops.insert(rung.pairId, y);
            m_order << rung.pairId;
            y += metrics.row;
        }
        y += metrics.margin / 2;
        band.box = QRect{right, top, box, y - top};
        y += metrics.margin;
    }
    m_height = y;
    m_ownBox = QRect{metrics.margin, metrics.margin, box,
                     std::max(y - 2 * metrics.margin, metrics.header)};
}

QString LadderLayout::pairAt(int y) const
{
    const auto band = std::ranges::find_if(
        m_bands, [y](const Band& one) { return y >= one.box.top() && y <= one.box.bottom(); });
    if (band == m_bands.end() || band->rungs.isEmpty() || y < band->rungs.first().y)
        return {};
    const qsizetype n = (y - band->rungs.first().y) / m_metrics.row;
    return n < band->rungs.size() ? band->rungs[n].pairId : QString{};
}

QString LadderLayout::peerAt(const QPoint& point) const
{
    const auto band = std::ranges::find_if(m_bands, [&](const Band& one) {
        return one.box.contains(point) && point.y() < one.box.top() + m_metrics.header;
    });
    return band == m_bands.end() ? QString{} : band->peerId;
}

QString LadderLayout::next(const QString& pairId, int steps) const
{
    if (m_order.isEmpty())
        return {};
    const qsizetype from = m_order.indexOf(pairId);
    if (from < 0)
        return steps < 0 ? m_order.last() : m_order.first();
    return m_order[std::clamp<qsizetype>(from + steps, 0, m_order.size() - 1)];
}

} // namespace lockstep::gui
