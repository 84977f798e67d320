// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/look/DrawnIcon.h"

#include <QFile>
#include <QGuiApplication>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QByteArray drawing(const QString& shape, const QColor& colour)
{
    QFile file{u":/lockstep/icons/%1.svg"_s.arg(shape)};
    if (!file.open(QFile::ReadOnly))
        return {};
    return file.readAll().replace("currentColor", colour.name().toLatin1());
}

QColor colourFor(std::optional<Tone> tone, QIcon::Mode mode)
{
    const QPalette palette = QGuiApplication::palette();
    if (mode == QIcon::Disabled)
        return palette.color(QPalette::Disabled, QPalette::WindowText);
    if (mode == QIcon::Selected)
        return palette.color(QPalette::HighlightedText);
    return tone ? colourOf(*tone, palette) : palette.color(QPalette::WindowText);
}

} // namespace

DrawnIcon::DrawnIcon(QString shape, std::optional<Tone> tone)
    : m_shape{std::move(shape)}, m_tone{tone}
{ }

void DrawnIcon::paint(QPainter* painter, const QRect& rectangle, QIcon::Mode mode, QIcon::State)
{
    QSvgRenderer{drawing(m_shape, colourFor(m_tone, mode))}.render(painter, rectangle);
}

QPixmap DrawnIcon::pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state)
{
    // A table draws it for each row, often.
    const QString key = u"lockstep/%1/%2/%3x%4"_s.arg(m_shape, colourFor(m_tone, mode).name())
                            .arg(size.width())
                            .arg(size.height());
    QPixmap found;
    if (QPixmapCache::find(key, &found))
        return found;
    QPixmap made{size};
    made.fill(Qt::transparent);
    QPainter painter{&made};
    paint(&painter, made.rect(), mode, state);
    painter.end();
    QPixmapCache::insert(key, made);
    return made;
}

QPixmap DrawnIcon::scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal)
{
    return pixmap(size, mode, state); // the size is that of the screen's pixels already
}

QIconEngine* DrawnIcon::clone() const { return new DrawnIcon{m_shape, m_tone}; }

QIcon drawnIcon(const QString& shape, Tone tone) { return QIcon{new DrawnIcon{shape, tone}}; }

QIcon drawnIcon(const QString& shape) { return QIcon{new DrawnIcon{shape, std::nullopt}}; }

} // namespace lockstep::gui
