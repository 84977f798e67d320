// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/pages/HostsDrawing.h"

#include "gui/look/StateLook.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr int rungAir = 12; ///< Around the text of a rung.
constexpr int headerLines = 3;

LadderLayout::Metrics metricsFor(const QFontMetrics& font)
{
    constexpr int boxLetters = 20;
    constexpr int middleLetters = 26;
    return {.row = font.height() + rungAir,
            .header = headerLines * font.height() + rungAir,
            .margin = font.height(),
            .boxLeast = boxLetters * font.averageCharWidth(),
            .middleLeast = middleLetters * font.averageCharWidth()};
}

} // namespace

HostsDrawing::HostsDrawing(Workbench& bench, QWidget* parent)
    : QAbstractScrollArea{parent}, m_bench{bench}
{
    setAccessibleName(tr("Hosts and pairs"));
    setAccessibleDescription(
        tr("A drawing of this host, the other hosts, and the pairs between them. The list of pairs "
           "has the same in words."));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::StyledPanel);
    viewport()->setBackgroundRole(QPalette::Base);
    constexpr std::chrono::milliseconds pause{200};
    m_soon.setSingleShot(true);
    m_soon.setInterval(pause);
    connect(&m_soon, &QTimer::timeout, viewport(), qOverload<>(&QWidget::update));
    const Source& source = bench.source;
    connect(&source, &Source::linkChanged, this, &HostsDrawing::invalidate);
    connect(&source, &Source::pairAdded, this, &HostsDrawing::invalidate);
    connect(&source, &Source::pairRemoved, this, &HostsDrawing::invalidate);
    connect(&source, &Source::peerAdded, this, &HostsDrawing::invalidate);
    connect(&source, &Source::peerRemoved, this, &HostsDrawing::invalidate);
    connect(&source, &Source::pairChanged, this, [this](const Pair& before, const Pair& now) {
        if (before.peerId != now.peerId || before.domain != now.domain)
            invalidate();
        else if (before.state != now.state || before.role != now.role)
            updateRung(now.id);
    });
    connect(&source, &Source::peerChanged, this, [this](const Peer& before, const Peer& now) {
        if (before.name != now.name)
            invalidate();
        else if (!m_soon.isActive())
            m_soon.start();
    });
}

QSize HostsDrawing::sizeHint() const
{
    constexpr QSize usual{560, 400};
    return usual;
}

void HostsDrawing::invalidate()
{
    m_layout.reset();
    viewport()->update();
}

const LadderLayout& HostsDrawing::layOut()
{
    if (m_layout)
        return *m_layout;
    m_layout.emplace(m_bench.source.peers(), m_bench.source.pairs(), metricsFor(fontMetrics()),
                     viewport()->width());
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(m_layout->metrics().row);
    verticalScrollBar()->setRange(0, std::max(m_layout->height() - viewport()->height(), 0));
    const auto& bands = m_layout->bands();
    const int right = bands.isEmpty() ? 0 : bands.first().box.right() + m_layout->metrics().margin;
    horizontalScrollBar()->setPageStep(viewport()->width());
    horizontalScrollBar()->setRange(0, std::max(right - viewport()->width(), 0));
    return *m_layout;
}

QPoint HostsDrawing::inDrawing(const QPoint& point) const
{
    return point + QPoint{horizontalScrollBar()->value(), verticalScrollBar()->value()};
}

void HostsDrawing::updateRung(const QString& pairId)
{
    const LadderLayout& layout = layOut();
    if (const int y = layout.yOf(pairId); y >= 0)
        viewport()->update(0, y - verticalScrollBar()->value(), viewport()->width(),
                           layout.metrics().row);
}

void HostsDrawing::choose(const QString& pairId)
{
    if (pairId == m_chosen)
        return;
    updateRung(std::exchange(m_chosen, pairId));
    updateRung(m_chosen);
    showRung(m_chosen);
    Q_EMIT chosenChanged(m_chosen);
}

void HostsDrawing::showRung(const QString& pairId)
{
    const LadderLayout& layout = layOut();
    const int y = layout.yOf(pairId);
    QScrollBar& bar = *verticalScrollBar();
    if (y < 0)
        return;
    if (y < bar.value())
        bar.setValue(y - layout.metrics().header);
    else if (y + layout.metrics().row > bar.value() + viewport()->height())
        bar.setValue(y + layout.metrics().row - viewport()->height());
}

void HostsDrawing::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    invalidate();
    (void)layOut(); // for the scroll bars
}

void HostsDrawing::keyPressEvent(QKeyEvent* event)
{
    constexpr int far = 10;
    constexpr int all = 1'000'000;
    switch (event->key()) {
    case Qt::Key_Up:
        return choose(layOut().next(m_chosen, -1));
    case Qt::Key_Down:
        return choose(layOut().next(m_chosen, 1));
    case Qt::Key_PageUp:
        return choose(layOut().next(m_chosen, -far));
    case Qt::Key_PageDown:
        return choose(layOut().next(m_chosen, far));
    case Qt::Key_Home:
        return choose(layOut().next(m_chosen, -all));
    case Qt::Key_End:
        return choose(layOut().next(m_chosen, all));
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (!m_chosen.isEmpty())
            Q_EMIT pairOpened(m_chosen);
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void HostsDrawing::mousePressEvent(QMouseEvent* event)
{
    const QString pair = layOut().pairAt(inDrawing(event->position().toPoint()).y());
    if (!pair.isEmpty())
        choose(pair);
    QAbstractScrollArea::mousePressEvent(event);
}

void HostsDrawing::mouseDoubleClickEvent(QMouseEvent* event)
{
    const QPoint where = inDrawing(event->position().toPoint());
    if (const QString pair = layOut().pairAt(where.y()); !pair.isEmpty())
        Q_EMIT pairOpened(pair);
    else if (const QString peer = layOut().peerAt(where); !peer.isEmpty())
        Q_EMIT peerOpened(peer);
}

void HostsDrawing::contextMenuEvent(QContextMenuEvent* event)
{
    if (!m_chosen.isEmpty())
        Q_EMIT menuWanted(event->globalPos());
}

QString HostsDrawing::toolTipAt(const QPoint& point)
{
    if (const Pair* const pair = m_bench.source.pair(layOut().pairAt(point.y())))
        return u"%1: %2\n%3"_s.arg(pair->domain, pairLook(pair->state).word, pair->reason);
    if (const Peer* const peer = m_bench.source.peer(layOut().peerAt(point)))
        return u"%1: %2"_s.arg(peer->name, peerLook(*peer).meaning);
    return {};
}

bool HostsDrawing::viewportEvent(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QAbstractScrollArea::viewportEvent(event);
    const auto& help = static_cast<const QHelpEvent&>(*event);
    QToolTip::showText(help.globalPos(), toolTipAt(inDrawing(help.pos())), this);
    return true;
}

} // namespace lockstep::gui
