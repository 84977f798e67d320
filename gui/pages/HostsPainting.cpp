// SPDX-License-Identifier: LGPL-2.1-or-later
// How HostsDrawing is painted; what it does is in HostsDrawing.cpp.
#include "gui/pages/HostsDrawing.h"

#include "gui/look/Format.h"
#include "gui/look/StateLook.h"

#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr int corner = 6;
constexpr int gap = 8;
constexpr int iconSize = 16;
constexpr int arrow = 6;

QColor lineColour(const QPalette& palette)
{
    constexpr float share = 0.35F;
    QColor colour = palette.color(QPalette::Text);
    colour.setAlphaF(share);
    return colour;
}

/// A link by more than its colour: solid if it is well, dashed if it is not.
Qt::PenStyle linkStyle(Tone tone)
{
    if (tone == Tone::Good)
        return Qt::SolidLine;
    return tone == Tone::Bad ? Qt::DotLine : Qt::DashLine;
}

/// From the primary to the shadow; `towards` is 1 to the right, -1 to the left.
void paintArrow(QPainter& painter, const QPointF& tip, int towards)
{
    const double back = tip.x() - towards * 1.6 * arrow;
    painter.drawPolygon(
        QPolygonF{tip, QPointF{back, tip.y() - arrow}, QPointF{back, tip.y() + arrow}});
}

/// Whether there is a shadow, so that something goes from one to the other.
bool isReplicating(const Pair& pair)
{
    return pair.state == "protected"_L1 || pair.state == "copying"_L1
        || pair.state == "confirming"_L1 || pair.state == "preparing"_L1;
}

} // namespace

void HostsDrawing::paintEvent(QPaintEvent* event)
{
    const LadderLayout& layout = layOut();
    QPainter painter{viewport()};
    painter.setRenderHint(QPainter::Antialiasing);
    const QPoint origin{horizontalScrollBar()->value(), verticalScrollBar()->value()};
    painter.translate(-origin);
    const QRect seen = event->rect().translated(origin);
    paintOwnHost(painter, layout);
    for (const LadderLayout::Band& band : layout.bands()) {
        if (band.box.bottom() >= seen.top() && band.box.top() <= seen.bottom())
            paintBand(painter, band, seen);
    }
}

void HostsDrawing::paintBox(QPainter& painter, const QRect& box) const
{
    painter.setPen(QPen{lineColour(palette()), 1.0});
    painter.setBrush(palette().color(QPalette::AlternateBase));
    painter.drawRoundedRect(QRectF{box}.adjusted(0.5, 0.5, -0.5, -0.5), corner, corner);
}

void HostsDrawing::paintHostName(QPainter& painter, const QRect& box, const QString& name,
                                 const QString& below) const
{
    const QFontMetrics metrics = fontMetrics();
    QFont bold = font();
    bold.setBold(true);
    drawnIcon(u"host"_s).paint(&painter, box.left() + gap, box.top() + gap, iconSize, iconSize);
    const int left = box.left() + iconSize + 2 * gap;
    const int width = box.right() - left - gap;
    painter.setPen(palette().color(QPalette::Text));
    painter.setFont(bold);
    painter.drawText(QRect{left, box.top() + gap, width, metrics.height()}, Qt::AlignVCenter,
                     QFontMetrics{bold}.elidedText(name, Qt::ElideMiddle, width));
    painter.setFont(font());
    painter.setPen(colourOf(Tone::Neutral, palette()));
    painter.drawText(QRect{left, box.top() + gap + metrics.height(), width, metrics.height()},
                     Qt::AlignVCenter, metrics.elidedText(below, Qt::ElideRight, width));
}

void HostsDrawing::paintOwnHost(QPainter& painter, const LadderLayout& layout) const
{
    paintBox(painter, layout.ownBox());
    paintHostName(painter, layout.ownBox(), m_bench.source.host().name, tr("this host"));
}

void HostsDrawing::paintBand(QPainter& painter, const LadderLayout::Band& band, const QRect& seen)
{
    paintBox(painter, band.box);
    const Peer* const peer = m_bench.source.peer(band.peerId);
    if (peer) {
        paintHostName(painter, band.box, peer->name, peer->address);
        paintLink(painter, band, *peer);
    } else {
        paintHostName(painter, band.box, band.peerName, tr("not known any more"));
    }
    const int row = layOut().metrics().row;
    for (const LadderLayout::Rung& rung : band.rungs) {
        if (rung.y + row < seen.top() || rung.y > seen.bottom())
            continue;
        if (const Pair* const pair = m_bench.source.pair(rung.pairId))
            paintRung(painter, band, rung, *pair);
    }
}

void HostsDrawing::paintLink(QPainter& painter, const LadderLayout::Band& band, const Peer& peer)
{
    const LadderLayout& layout = layOut();
    const Look look = peerLook(peer);
    const QColor colour = colourOf(look.tone, palette());
    const int left = layout.ownBox().right() + 1;
    const int right = band.box.left();
    const int y = band.box.top() + fontMetrics().height() + gap;
    constexpr double width = 2;
    painter.setPen(QPen{colour, width, linkStyle(look.tone)});
    painter.drawLine(left, y, right, y);
    const QString figures = peer.roundTripUSec == 0
        ? QString{}
        : tr("%1, loss %2")
              .arg(microsecondsText(peer.roundTripUSec), percentText(peer.lossPercent));
    const int icon = left + gap;
    look.icon().paint(&painter, icon, y - iconSize - 3, iconSize, iconSize);
    const QRect above{icon + iconSize + gap / 2, y - fontMetrics().height() - 3,
                      right - icon - iconSize - gap, fontMetrics().height()};
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(above, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(look.word, Qt::ElideRight, above.width()));
    painter.setPen(colourOf(Tone::Neutral, palette()));
    const QRect below{left + gap, y + 3, right - left - 2 * gap, fontMetrics().height()};
    painter.drawText(below, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(figures, Qt::ElideRight, below.width()));
}

void HostsDrawing::paintRung(QPainter& painter, const LadderLayout::Band& band,
                             const LadderLayout::Rung& rung, const Pair& pair)
{
    const LadderLayout& layout = layOut();
    const int row = layout.metrics().row;
    const QRect own{layout.ownBox().left(), rung.y, layout.ownBox().width(), row};
    const QRect other{band.box.left(), rung.y, band.box.width(), row};
    const int middle = rung.y + row / 2;
    const Look look = pairLook(pair.state);
    const QColor colour = colourOf(look.tone, palette());
    if (rung.pairId == m_chosen) {
        QColor chosen = palette().color(QPalette::Highlight);
        chosen.setAlphaF(hasFocus() ? 0.35F : 0.2F);
        painter.fillRect(QRect{own.left() + 1, rung.y, other.right() - own.left() - 1, row},
                         chosen);
    }
    const auto paintDomain = [&](const QRect& cell, bool isPrimary) {
        const Look role = roleLook(isPrimary ? u"primary"_s : u"secondary"_s);
        role.icon().paint(&painter, cell.left() + gap, middle - iconSize / 2, iconSize, iconSize);
        const int left = cell.left() + iconSize + 2 * gap;
        const int width = cell.right() - left - gap;
        painter.setPen(
            palette().color(isPrimary ? QPalette::Active : QPalette::Disabled, QPalette::Text));
        painter.drawText(QRect{left, rung.y, width, row}, Qt::AlignVCenter,
                         fontMetrics().elidedText(pair.domain, Qt::ElideMiddle, width));
    };
    paintDomain(own, pair.isPrimary());
    paintDomain(other, !pair.isPrimary());
    // The line, with the state on a gap in its middle.
    const int left = own.right() + 1;
    const int right = other.left();
    const int widest = right - left - 6 * arrow - iconSize;
    const QString word = fontMetrics().elidedText(look.word, Qt::ElideRight, widest);
    const int label = iconSize + gap / 2 + fontMetrics().horizontalAdvance(word);
    const int labelLeft = (left + right - label) / 2;
    constexpr double width = 1.6;
    painter.setPen(QPen{colour, width, isReplicating(pair) ? Qt::SolidLine : Qt::DotLine});
    painter.drawLine(left, middle, labelLeft - gap / 2, middle);
    painter.drawLine(labelLeft + label + gap / 2, middle, right, middle);
    if (isReplicating(pair)) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        const bool towardsRight = pair.isPrimary();
        paintArrow(
            painter,
            QPointF{static_cast<double>(towardsRight ? right : left), static_cast<double>(middle)},
            towardsRight ? 1 : -1);
    }
    look.icon().paint(&painter, labelLeft, middle - iconSize / 2, iconSize, iconSize);
    painter.setPen(palette().color(QPalette::Text));
    painter.drawText(QRect{labelLeft + iconSize + gap / 2, rung.y, label, row},
                     Qt::AlignLeft | Qt::AlignVCenter, word);
}

} // namespace lockstep::gui
