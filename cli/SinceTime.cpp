// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/SinceTime.h"

#include "base/Text.h"

#include <QRegularExpression>

#include <optional>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

qint64 secondsOf(const QString& unit)
{
    constexpr qint64 minute = 60;
    constexpr qint64 hour = 60 * minute;
    constexpr qint64 day = 24 * hour;
    if (unit == "s"_L1)
        return 1;
    if (unit == "min"_L1)
        return minute;
    if (unit == "h"_L1)
        return hour;
    return unit == "d"_L1 ? day : 7 * day;
}

/// Seconds of "1h30min"; nothing if it is no duration.
std::optional<qint64> parseDuration(const QString& text)
{
    // With so few digits no sum is too large for a date.
    static const QRegularExpression part{u"([0-9]{1,6})(s|min|h|d|w)"_s};
    static const QRegularExpression whole{
        QRegularExpression::anchoredPattern(u"(?:%1){1,5}"_s.arg(part.pattern()))};
    if (!whole.match(text).hasMatch())
        return std::nullopt;
    qint64 seconds = 0;
    for (const auto& found : part.globalMatch(text))
        seconds += found.captured(1).toLongLong() * secondsOf(found.captured(2));
    return seconds;
}

/// Invalid if it is none.
QDateTime parseIso(const QString& text)
{
    static const QRegularExpression form{QRegularExpression::anchoredPattern(
        u"[0-9]{4}-[0-9]{2}-[0-9]{2}"
        "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,3})?)?"
        "(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?"_s)};
    return form.match(text).hasMatch() ? QDateTime::fromString(text, Qt::ISODateWithMs)
                                       : QDateTime{};
}

} // namespace

Result<QDateTime> parseSince(const QString& text, const QDateTime& now)
{
    if (const auto seconds = parseDuration(text))
        return now.addSecs(-*seconds);
    constexpr qsizetype longest = 80;
    if (QDateTime time = parseIso(text); time.isValid()) {
        if (time <= now)
            return time;
        return failure(Errc::InvalidArgument,
                       u"--since: \"%1\" lies in the future"_s.arg(shortened(text, longest)),
                       u"--follow shows what happens from now on."_s);
    }
    return failure(
        Errc::InvalidArgument, u"--since: \"%1\" is no time"_s.arg(shortened(text, longest)),
        u"Give how long ago (90s, 30min, 2h, 7d), or when: 2026-11-20, 2026-11-20T18:40, with Z for UTC."_s);
}

} // namespace lockstep::cli
