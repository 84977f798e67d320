// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "gui/look/StateLook.h"

#include <QIconEngine>

#include <optional>

namespace lockstep::gui {

/// Draws a file of icons/, in which "currentColor" stands for the colour, which is looked up when
/// it is drawn: so it follows a change from light to dark.
class DrawnIcon final : public QIconEngine
{
public:
    /// Without a tone it has the colour of text.
    DrawnIcon(QString shape, std::optional<Tone> tone);

    void paint(QPainter* painter, const QRect& rectangle, QIcon::Mode mode,
               QIcon::State state) override;
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override;
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state,
                         qreal scale) override;
    [[nodiscard]] QIconEngine* clone() const override;
    [[nodiscard]] QString key() const override { return QStringLiteral("lockstep-drawn"); }
    bool isNull() override { return false; }

private:
    QString m_shape;
    std::optional<Tone> m_tone;
};

} // namespace lockstep::gui
