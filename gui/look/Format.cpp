// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/look/Format.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text) { return QCoreApplication::translate("Format", text); }

/// One digit behind the point below 100, else none.
QString shortNumber(double value)
{
    constexpr double large = 100;
    return QLocale{}.toString(value, 'f', value < large ? 1 : 0);
}

} // namespace

QString bytesText(quint64 bytes)
{
    return QLocale{}.formattedDataSize(static_cast<qint64>(bytes), 1, QLocale::DataSizeIecFormat);
}

QString microsecondsText(quint64 microseconds)
{
    constexpr quint64 perMs = 1'000;
    constexpr quint64 perSecond = 1'000'000;
    if (microseconds < perMs)
        return u"%1 µs"_s.arg(microseconds);
    if (microseconds < perSecond)
        return u"%1 ms"_s.arg(
            shortNumber(static_cast<double>(microseconds) / static_cast<double>(perMs)));
    return u"%1 s"_s.arg(
        shortNumber(static_cast<double>(microseconds) / static_cast<double>(perSecond)));
}

QString durationText(qint64 seconds)
{
    constexpr qint64 minute = 60;
    constexpr qint64 hour = 3'600;
    const auto two = [](qint64 count) { return u"%1"_s.arg(count, 2, 10, QChar{u'0'}); };
    if (seconds >= hour)
        return u"%1:%2:%3"_s.arg(seconds / hour)
            .arg(two(seconds % hour / minute), two(seconds % minute));
    return u"%1:%2"_s.arg(seconds / minute).arg(two(seconds % minute));
}

QString timeText(const QDateTime& time)
{
    if (!time.isValid())
        return noText();
    const QLocale locale;
    return u"%1 %2"_s.arg(locale.toString(time.date(), QLocale::ShortFormat),
                          time.time().toString(u"HH:mm:ss"_s));
}

QString agoText(const QDateTime& time, const QDateTime& now)
{
    if (!time.isValid())
        return noText();
    constexpr qint64 minute = 60;
    constexpr qint64 hour = 60 * minute;
    constexpr qint64 day = 24 * hour;
    const qint64 seconds = std::max<qint64>(time.secsTo(now), 0);
    if (seconds < minute)
        return translated(QT_TRANSLATE_NOOP("Format", "%1 s")).arg(seconds);
    if (seconds < hour)
        return translated(QT_TRANSLATE_NOOP("Format", "%1 min")).arg(seconds / minute);
    if (seconds < day)
        return translated(QT_TRANSLATE_NOOP("Format", "%1 h")).arg(seconds / hour);
    return translated(QT_TRANSLATE_NOOP("Format", "%1 d")).arg(seconds / day);
}

QString percentText(double percent) { return u"%1 %"_s.arg(shortNumber(percent)); }

QString numberText(quint64 number) { return QLocale{}.toString(number); }

QString noText() { return u"–"_s; }

} // namespace lockstep::gui
