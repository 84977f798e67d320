// SPDX-License-Identifier: LGPL-2.1-or-later
// What DemoWorld answers when it is asked.
#include "gui/demo/DemoWorld.h"

#include <QHash>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 minute = 60;
constexpr qint64 hour = 3'600;
constexpr qint64 day = 24 * hour;
constexpr double mebibyte = 1'024.0 * 1'024.0;

/// 0 to 1, the same for the same pair and second, so that charts hang together.
double noise(const Pair& pair, qint64 second)
{
    constexpr double steps = 1'000;
    return static_cast<double>(qHashMulti(0, pair.uuid, second) % static_cast<size_t>(steps))
        / steps;
}

/// How busy the guest is, 0.1 to 1: waves of some minutes, and a little noise.
double load(const Pair& pair, qint64 second)
{
    constexpr double wave = 420; // seconds
    const auto phase = static_cast<double>(qHash(pair.uuid) % 1'000);
    const double sine =
        std::sin(2 * std::numbers::pi * (static_cast<double>(second) + phase) / wave);
    return 0.1 + 0.35 * (sine + 1) + 0.2 * noise(pair, second);
}

Sums second(const Pair& pair, qint64 at)
{
    const double busy = load(pair, at);
    const double share = noise(pair, at + 1);
    const auto checkpoints = static_cast<quint64>(std::lround(6 * busy * (0.5 + share)));
    const double stop = 4'000 + 9'000 * busy * share; // microseconds each
    return {.seconds = 1,
            .checkpoints = checkpoints,
            .asked = checkpoints * 3 / 4,
            .stoppedUSec = static_cast<quint64>(static_cast<double>(checkpoints) * stop),
            .longestStopUSec = checkpoints == 0 ? 0 : static_cast<quint64>(1.4 * stop),
            .releasedPackets = static_cast<quint64>(220 * busy),
            .memoryBytes =
                static_cast<quint64>(static_cast<double>(checkpoints) * 2.5 * mebibyte * busy),
            .diskBytes = static_cast<quint64>(0.4 * mebibyte * busy * share)};
}

void add(Sums& all, const Sums& one)
{
    all.seconds += one.seconds;
    all.checkpoints += one.checkpoints;
    all.asked += one.asked;
    all.stoppedUSec += one.stoppedUSec;
    all.longestStopUSec = std::max(all.longestStopUSec, one.longestStopUSec);
    all.releasedPackets += one.releasedPackets;
    all.memoryBytes += one.memoryBytes;
    all.diskBytes += one.diskBytes;
}

/// Samples are enough: nobody can check it, and it is asked for a thousand times a second.
Sums between(const Pair& pair, qint64 from, qint64 to)
{
    constexpr qint64 samples = 6;
    const qint64 step = std::max<qint64>((to - from) / samples, 1);
    Sums all;
    for (qint64 at = from; at < to; at += step) {
        Sums one = second(pair, at);
        const auto times = static_cast<quint64>(std::min(step, to - at));
        for (quint64* const figure : {&one.seconds, &one.checkpoints, &one.asked, &one.stoppedUSec,
                                      &one.releasedPackets, &one.memoryBytes, &one.diskBytes})
            *figure *= times;
        add(all, one);
    }
    return all;
}

Percentiles spread(quint64 count, double middle)
{
    return {.count = count,
            .p50 = middle,
            .p90 = 1.7 * middle,
            .p99 = 2.9 * middle,
            .p999 = 4.8 * middle,
            .most = 6.1 * middle};
}

QList<Checkpoint> newest(const Pair& pair, qint64 until, quint64 count)
{
    const QStringList reasons{u"difference"_s, u"difference"_s, u"difference"_s, u"period"_s,
                              u"idle"_s};
    QList<Checkpoint> all;
    for (qint64 n = static_cast<qint64>(count); n > 0; --n) {
        const qint64 at = until - n;
        const double busy = load(pair, at);
        const auto stopped = static_cast<quint64>(5'000 + 8'000 * busy * noise(pair, at));
        all << Checkpoint{.time = QDateTime::fromSecsSinceEpoch(at),
                          .reason = reasons[at % reasons.size()],
                          .stoppedUSec = stopped,
                          .memoryBytes = static_cast<quint64>(3 * mebibyte * busy),
                          .diskBytes = static_cast<quint64>(0.2 * mebibyte * busy),
                          .durationUSec = static_cast<qint64>(stopped + 2'500),
                          .releasedPackets = static_cast<qint64>(40 * busy),
                          .holdUSec = static_cast<qint64>(stopped + 900)};
    }
    return all;
}

} // namespace

Sums DemoWorld::lastMinute(const Pair& pair, const QDateTime& now)
{
    const qint64 until = now.toSecsSinceEpoch();
    return between(pair, until - minute, until);
}

Statistics DemoWorld::statistics(const Pair& pair, const StatisticsQuery& query,
                                 const QDateTime& now)
{
    const qint64 until = (query.until.isValid() ? query.until : now).toSecsSinceEpoch();
    const qint64 oldest = until - day;
    const qint64 since =
        query.since.isValid() ? std::max(query.since.toSecsSinceEpoch(), oldest) : oldest;
    const qint64 points = std::max<qint64>(static_cast<qint64>(query.points), 1);
    const qint64 step = std::max<qint64>((until - since + points - 1) / points, 1);
    Statistics all;
    all.since = QDateTime::fromSecsSinceEpoch(since);
    all.until = QDateTime::fromSecsSinceEpoch(until);
    all.stepUSec = static_cast<quint64>(step) * 1'000'000;
    const qint64 begin = pair.since.toSecsSinceEpoch();
    for (qint64 at = since; at < until && query.points > 0; at += step) {
        // Nothing is known of before, and of a lockstepd that was updated for a while.
        const bool isGap = at < begin || ((at / hour) % 7 == 3 && at % hour < 4 * minute);
        if (isGap)
            continue;
        all.series << StatisticsPoint{.time = QDateTime::fromSecsSinceEpoch(at),
                                      .sums = between(pair, at, std::min(at + step, until))};
        add(all.totals, all.series.last().sums);
    }
    const quint64 count = all.totals.checkpoints;
    all.percentiles = {{u"stopped-usec"_s, spread(count, 6'800)},
                       {u"duration-usec"_s, spread(count, 9'100)},
                       {u"memory-bytes"_s, spread(count, 1.6 * mebibyte)},
                       {u"disk-bytes"_s, spread(count, 0.1 * mebibyte)},
                       {u"hold-usec"_s, spread(count, 7'700)}};
    all.percentilesSince = all.since;
    all.checkpoints = newest(pair, until, query.checkpoints);
    all.lifetimeCheckpoints = pair.checkpoints;
    all.lifetimeReasons = {{u"first"_s, 1},
                           {u"difference"_s, pair.checkpoints * 3 / 4},
                           {u"period"_s, pair.checkpoints / 8},
                           {u"idle"_s, pair.checkpoints / 8}};
    return all;
}

Preflight DemoWorld::preflight(const ProtectRequest& request)
{
    const QString peer = request.peer.isEmpty() ? u"beta"_s : request.peer;
    return {.domain = request.domain,
            .peer = peer,
            .findings = {{.id = u"link-shared"_s,
                          .severity = u"warning"_s,
                          .host = host().name,
                          .message = u"the link to %1 has 1 Gbit/s"_s.arg(peer),
                          .remedy = u"A guest that writes much is better kept in step over 10 "
                                    "Gbit/s."_s},
                         {.id = u"space"_s,
                          .severity = u"info"_s,
                          .host = peer,
                          .message = u"there is room for 22 GiB of replicas"_s,
                          .remedy = {}}}};
}

QList<PlanStep> DemoWorld::plan(const ProtectRequest& request)
{
    const QString peer = request.peer.isEmpty() ? u"beta"_s : request.peer;
    return {{.host = peer, .title = u"make the images"_s, .undo = u"remove the images"_s},
            {.host = peer, .title = u"start the paused shadow"_s, .undo = u"end the shadow"_s},
            {.host = host().name, .title = u"copy disk vda"_s, .undo = u"end the copy"_s},
            {.host = host().name, .title = u"copy memory"_s, .undo = u"end the migration"_s},
            {.host = host().name, .title = u"keep both in step"_s, .undo = u"go on alone"_s}};
}

QList<Finding> DemoWorld::doctor()
{
    return {{.id = u"versions"_s,
             .severity = u"ok"_s,
             .host = host().name,
             .message = u"QEMU and libvirt are as they have to be"_s,
             .remedy = {}},
            {.id = u"clock"_s,
             .severity = u"warning"_s,
             .host = u"gamma"_s,
             .message = u"its clock is 1.4 s ahead of that of alpha"_s,
             .remedy = u"Let both hosts get their time from the same source."_s}};
}

Configuration DemoWorld::configuration()
{
    return {.file = u"/etc/lockstep/lockstepd.conf"_s,
            .settings = {{.key = u"control.port"_s,
                          .value = u"49500"_s,
                          .usual = u"49500"_s,
                          .fromFile = false,
                          .unit = {},
                          .allowed = u"a number from 1 to 65535"_s,
                          .secret = false},
                         {.key = u"etcd.endpoints"_s,
                          .value = u"https://witness.example:2379"_s,
                          .usual = {},
                          .fromFile = true,
                          .unit = {},
                          .allowed = u"URLs"_s,
                          .secret = false}}};
}

} // namespace lockstep::gui
