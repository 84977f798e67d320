// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/look/EmptyState.h"

#include "gui/look/StateLook.h"

#include <QVBoxLayout>

namespace lockstep::gui {

namespace {

constexpr int pictureSize = 64;
constexpr int widest = 420;

} // namespace

EmptyState::EmptyState(QWidget* parent)
    : QWidget{parent}, m_picture{new QLabel}, m_headline{new QLabel}, m_next{new QLabel},
      m_button{new QPushButton}
{
    QFont large = m_headline->font();
    constexpr double larger = 1.3;
    large.setPointSizeF(large.pointSizeF() * larger);
    large.setBold(true);
    m_headline->setFont(large);
    m_headline->setAlignment(Qt::AlignCenter);
    m_headline->setWordWrap(true);
    m_next->setAlignment(Qt::AlignCenter);
    m_next->setWordWrap(true);
    m_next->setMaximumWidth(widest);
    m_next->setMinimumWidth(widest / 2);
    m_picture->setAlignment(Qt::AlignCenter);
    auto* const column = new QVBoxLayout{this};
    column->addStretch();
    column->addWidget(m_picture, 0, Qt::AlignCenter);
    column->addWidget(m_headline);
    column->addWidget(m_next, 0, Qt::AlignHCenter);
    column->addWidget(m_button, 0, Qt::AlignCenter);
    column->addStretch();
    m_button->hide();
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_action)
            m_action->trigger();
    });
}

void EmptyState::tell(const QString& shape, const QString& headline, const QString& next,
                      QAction* action)
{
    m_picture->setPixmap(drawnIcon(shape, Tone::Neutral).pixmap(pictureSize));
    m_headline->setText(headline);
    m_next->setText(next);
    setAccessibleName(headline);
    setAccessibleDescription(next);
    if (m_action)
        m_action->disconnect(this);
    m_action = action;
    if (m_action) {
        connect(m_action, &QAction::changed, this, &EmptyState::follow);
        connect(m_action, &QObject::destroyed, this, [this] { m_action = nullptr; });
    }
    follow();
}

void EmptyState::follow()
{
    m_button->setVisible(m_action && m_action->isVisible());
    if (!m_action)
        return;
    m_button->setText(m_action->text());
    m_button->setIcon(m_action->icon());
    m_button->setEnabled(m_action->isEnabled());
    m_button->setToolTip(m_action->toolTip());
}

} // namespace lockstep::gui
