// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/window/Veil.h"

#include <QEvent>
#include <QPaintEvent>
#include <QPainter>

namespace lockstep::gui {

Veil::Veil(QWidget& covered) : QWidget{&covered}
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    covered.installEventFilter(this);
    resize(covered.size());
    hide();
}

void Veil::paintEvent(QPaintEvent* event)
{
    constexpr float dense = 0.55F;
    QColor colour = palette().color(QPalette::Window);
    colour.setAlphaF(dense);
    QPainter{this}.fillRect(event->rect(), colour);
}

bool Veil::eventFilter(QObject* object, QEvent* event)
{
    if (event->type() == QEvent::Resize)
        resize(parentWidget()->size());
    else if (event->type() == QEvent::ChildAdded || event->type() == QEvent::LayoutRequest)
        raise();
    return QWidget::eventFilter(object, event);
}

} // namespace lockstep::gui
