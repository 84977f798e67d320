// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/pages/LadderLayout.h"
#include "gui/pages/Workbench.h"

#include <QAbstractScrollArea>
#include <QTimer>

#include <optional>

namespace lockstep::gui {

/// The hosts, their links, and the pairs between them, drawn and live. The arrow keys choose a
/// pair, Enter opens it. Its list beside it has the same for screen readers, which this one refers
/// to.
class HostsDrawing final : public QAbstractScrollArea
{
    Q_OBJECT
public:
    explicit HostsDrawing(Workbench& bench, QWidget* parent = nullptr);

    [[nodiscard]] const QString& chosen() const { return m_chosen; }
    void choose(const QString& pairId);
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void chosenChanged(const QString& pairId);
    void pairOpened(const QString& pairId);
    void peerOpened(const QString& peerId);
    void menuWanted(const QPoint& globalPosition);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    /// What there is has changed: where things stand is found out anew when it is drawn.
    void invalidate();
    [[nodiscard]] const LadderLayout& layOut();
    void updateRung(const QString& pairId);
    void showRung(const QString& pairId);
    [[nodiscard]] QPoint inDrawing(const QPoint& point) const;
    [[nodiscard]] QString toolTipAt(const QPoint& point);

    void paintOwnHost(QPainter& painter, const LadderLayout& layout) const;
    void paintBand(QPainter& painter, const LadderLayout::Band& band, const QRect& seen);
    void paintLink(QPainter& painter, const LadderLayout::Band& band, const Peer& peer);
    void paintRung(QPainter& painter, const LadderLayout::Band& band,
                   const LadderLayout::Rung& rung, const Pair& pair);
    void paintBox(QPainter& painter, const QRect& box) const;
    void paintHostName(QPainter& painter, const QRect& box, const QString& name,
                       const QString& below) const;

    Workbench& m_bench;
    std::optional<LadderLayout> m_layout;
    QString m_chosen;
    QTimer m_soon; ///< One repaint for all changes of figures in a moment.
};

} // namespace lockstep::gui
