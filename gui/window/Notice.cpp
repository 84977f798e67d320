// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/window/Notice.h"

#include <QEvent>
#include <QHBoxLayout>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr int iconSize = 20;

/// `one` with a little of `other` in it.
QColor mixed(const QColor& one, const QColor& other)
{
    constexpr float share = 0.16F;
    const auto mix = [](float left, float right) { return left + share * (right - left); };
    return QColor::fromRgbF(mix(one.redF(), other.redF()), mix(one.greenF(), other.greenF()),
                            mix(one.blueF(), other.blueF()));
}

} // namespace

Notice::Notice(QWidget* parent)
    : QFrame{parent}, m_icon{new QLabel}, m_text{new QLabel}, m_button{new QPushButton}
{
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* const row = new QHBoxLayout{this};
    row->addWidget(m_icon);
    row->addWidget(m_text, 1);
    row->addWidget(m_button);
    connect(m_button, &QPushButton::clicked, this, &Notice::clicked);
    hide();
}

void Notice::tell(Tone tone, const QString& shape, const QString& text, const QString& button)
{
    m_tone = tone;
    m_shape = shape;
    m_text->setText(text);
    m_text->setAccessibleName(text);
    m_button->setText(button);
    m_button->setVisible(!button.isEmpty());
    paintAnew();
    show();
}

void Notice::paintAnew()
{
    if (m_shape.isEmpty())
        return;
    m_icon->setPixmap(drawnIcon(m_shape, m_tone).pixmap(iconSize));
    const QPalette given = parentWidget() ? parentWidget()->palette() : QPalette{};
    QPalette own = given;
    own.setColor(QPalette::Window, mixed(given.color(QPalette::Window), colourOf(m_tone, given)));
    setPalette(own);
}

void Notice::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::ApplicationPaletteChange || event->type() == QEvent::StyleChange)
        paintAnew();
}

} // namespace lockstep::gui
