// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/EventSelection.h"

namespace lockstep::cli {

namespace {

bool isBefore(const QJsonObject& event, const QDateTime& time)
{
    return QDateTime::fromString(event[u"time"].toString(), Qt::ISODateWithMs) < time;
}

Result<QList<QJsonObject>> wholeHistory(Daemon& daemon, const QString& domain)
{
    QList<QJsonObject> all;
    quint64 last = 0;
    while (true) {
        const auto some = daemon.events({.domain = domain, .limit = mostEvents, .since = last});
        if (!some)
            return std::unexpected{some.error()};
        all.append(*some);
        if (static_cast<quint64>(some->size()) < mostEvents)
            return all;
        last = idOf(some->last());
    }
}

/// All that are of that time or later, and perhaps more.
Result<QList<QJsonObject>> eventsSince(Daemon& daemon, const QString& domain, const QDateTime& time)
{
    // lockstepd finds them by number, not by time. Mostly the newest ones reach back far enough.
    auto newest = daemon.events({.domain = domain, .limit = mostEvents, .since = {}});
    if (!newest || static_cast<quint64>(newest->size()) < mostEvents
        || isBefore(newest->first(), time))
        return newest;
    return wholeHistory(daemon, domain);
}

} // namespace

Result<SelectedEvents> selectEvents(Daemon& daemon, const EventSelection& selection)
{
    const auto& since = selection.since;
    auto found = since ? eventsSince(daemon, selection.domain, *since)
                       : daemon.events({.domain = selection.domain,
                                        .limit = selection.limit.value_or(mostEvents),
                                        .since = {}});
    if (!found)
        return std::unexpected{found.error()};
    SelectedEvents selected{.events = std::move(*found), .newest = 0};
    QList<QJsonObject>& events = selected.events;
    if (events.isEmpty())
        return selected;
    selected.newest = idOf(events.last());
    if (since)
        events.removeIf(
            [&time = *since](const QJsonObject& event) { return isBefore(event, time); });
    if (const auto& limit = selection.limit; limit && *limit < static_cast<quint64>(events.size()))
        events = events.last(static_cast<qsizetype>(*limit));
    return selected;
}

quint64 idOf(const QJsonObject& event) { return static_cast<quint64>(event[u"id"].toInteger()); }

} // namespace lockstep::cli
