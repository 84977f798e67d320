// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Format.h"

#include <QDateTime>
#include <QStringList>

#include <array>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

QString formatBytes(qint64 bytes)
{
    static const std::array units{u"KiB"_s, u"MiB"_s, u"GiB"_s, u"TiB"_s, u"PiB"_s};
    constexpr double step = 1024;
    if (bytes < qint64{1024})
        return u"%1 B"_s.arg(bytes);
    double value = static_cast<double>(bytes) / step;
    std::size_t unit = 0;
    while (value >= step && unit + 1 < units.size()) {
        value /= step;
        ++unit;
    }
    return u"%1 %2"_s.arg(value, 0, 'f', 1).arg(units.at(unit));
}

QString formatDuration(std::chrono::seconds time)
{
    const std::chrono::hh_mm_ss parts{time};
    const auto two = [](auto count) { return u"%1"_s.arg(count.count(), 2, 10, QChar{u'0'}); };
    if (parts.hours().count() > 0)
        return u"%1:%2:%3"_s.arg(parts.hours().count())
            .arg(two(parts.minutes()), two(parts.seconds()));
    return u"%1:%2"_s.arg(parts.minutes().count()).arg(two(parts.seconds()));
}

QString formatTime(const QString& iso)
{
    const QDateTime time = QDateTime::fromString(iso, Qt::ISODateWithMs);
    return time.isValid() ? time.toLocalTime().toString(u"yyyy-MM-dd HH:mm:ss"_s) : u"-"_s;
}

Colour colourOf(const QString& state)
{
    static const QStringList good{u"protected"_s, u"done"_s,  u"trusted"_s,
                                  u"connected"_s, u"alive"_s, u"ok"_s};
    static const QStringList bad{u"interrupted"_s, u"stale"_s,       u"failed"_s,
                                 u"error"_s,       u"unreachable"_s, u"gone"_s};
    static const QStringList plain{u"off"_s, u"info"_s, u"unknown"_s};
    if (good.contains(state))
        return Colour::Green;
    if (bad.contains(state))
        return Colour::Red;
    return plain.contains(state) ? Colour::None : Colour::Yellow;
}

QString painted(const QString& text, Colour colour)
{
    switch (colour) {
    case Colour::None:
        return text;
    case Colour::Red:
        return u"\x1b[31m"_s + text + u"\x1b[0m"_s;
    case Colour::Yellow:
        return u"\x1b[33m"_s + text + u"\x1b[0m"_s;
    case Colour::Green:
        return u"\x1b[32m"_s + text + u"\x1b[0m"_s;
    case Colour::Bold:
        return u"\x1b[1m"_s + text + u"\x1b[0m"_s;
    }
    return text;
}

QString fitted(const QString& text, qsizetype width)
{
    if (text.size() <= width)
        return text;
    return width < 1 ? QString{} : text.first(width - 1) + u'…';
}

} // namespace lockstep::cli
