// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/PairStatistics.h"

#include "statistics/PackedHistory.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lockstep {

namespace {

constexpr qint64 microseconds = 1'000'000;
constexpr quint64 kib = 1'024;
constexpr qint64 day = static_cast<qint64>(SecondRing::mostMinutes) * Minute::length;

qint64 secondOf(qint64 time) { return time / microseconds; }

qint64 multipleBelow(qint64 second, qint64 length) { return second - (second % length); }

/// Rather too little than too much: a counter that begins anew would tell nonsense.
template <typename T>
void increase(T& sum, quint64 by)
{
    const quint64 room = std::numeric_limits<T>::max() - sum;
    sum = static_cast<T>(sum + std::min(by, room));
}

/// Whole KiB of what was left and what has come; the rest is left.
quint64 takeKib(quint64& rest, quint64 more)
{
    rest += more;
    return std::exchange(rest, rest % kib) / kib;
}

} // namespace

void PairStatistics::add(const Checkpoint& checkpoint)
{
    const qint64 second = secondOf(checkpoint.time);
    Second& place = m_seconds.change(second);
    increase(place.checkpoints, 1);
    if (isAskedByQemu(checkpoint.reason))
        increase(place.asked, 1);
    increase(place.stopped, checkpoint.stopped);
    place.longest = std::max(place.longest, checkpoint.stopped);
    increase(place.released, checkpoint.released.orZero());
    m_changedMinutes.insert(multipleBelow(second, Minute::length));

    Hour& hours = hourOf(second);
    addTo(hours.distributions, checkpoint);
    m_changedHours.insert(hours.start);

    ++m_lifetime.checkpoints.at(static_cast<std::size_t>(checkpoint.reason));
    m_lifetime.stopped += checkpoint.stopped;
    m_lifetime.released += checkpoint.released.orZero();
    addTo(m_lifetime.distributions, checkpoint);
    m_changed = true;

    m_changedBlocks.insert(m_ring.next() / CheckpointRing::blockSize);
    m_ring.add(checkpoint);
}

void PairStatistics::observe(qint64 second, quint64 memory, quint64 disk)
{
    m_lifetime.memory += memory;
    m_lifetime.disk += disk;
    m_changed = m_changed || memory > 0 || disk > 0;
    const quint64 memoryKib = takeKib(m_memoryRest, memory);
    const quint64 diskKib = takeKib(m_diskRest, disk);
    if (memoryKib == 0 && diskKib == 0) {
        m_seconds.observe(second);
    } else {
        Second& place = m_seconds.change(second);
        increase(place.memoryKib, memoryKib);
        increase(place.diskKib, diskKib);
    }
    m_changedMinutes.insert(multipleBelow(second, Minute::length));
}

PairStatistics::Hour& PairStatistics::hourOf(qint64 second)
{
    const qint64 start = multipleBelow(second, hour);
    auto place = std::ranges::lower_bound(m_hours, start, {}, &Hour::start);
    if (place == m_hours.end() || place->start != start) {
        // The oldest goes first: the new one must not be the one that does.
        if (m_hours.size() >= mostHours && place != m_hours.begin()) {
            m_hours.pop_front();
            place = std::ranges::lower_bound(m_hours, start, {}, &Hour::start);
        } else if (m_hours.size() >= mostHours) {
            return m_hours.front();
        }
        place = m_hours.insert(place, Hour{.start = start, .distributions = {}});
    }
    return *place;
}

Sums PairStatistics::sums(qint64 begin, qint64 end) const
{
    Sums all;
    m_seconds.visit(begin, end, [&all](qint64, const Second& second) { all.add(second); });
    return all;
}

StatisticsReport PairStatistics::report(const StatisticsQuery& query) const
{
    StatisticsReport report;
    report.until = secondOf(query.until + microseconds - 1);
    report.since = std::clamp(secondOf(query.since), report.until - day, report.until);
    const qint64 points = std::max(query.points, 1);
    report.step = std::max<qint64>((report.until - report.since + points - 1) / points, 1);
    m_seconds.visit(
        report.since, report.until, [&report, &query](qint64 second, const Second& what) {
            report.sums.add(what);
            if (query.points == 0)
                return;
            const qint64 start = report.since + multipleBelow(second - report.since, report.step);
            if (report.points.isEmpty() || report.points.last().start != start)
                report.points.append({.start = start, .sums = {}});
            report.points.last().sums.add(what);
        });
    fillDistributions(report, query);
    for (quint64 number = m_ring.next(); number > m_ring.first(); --number) {
        const Checkpoint& checkpoint = m_ring.at(number - 1);
        if (report.checkpoints.size() >= query.checkpoints || checkpoint.time < query.since)
            break;
        if (checkpoint.time <= query.until)
            report.checkpoints.append(checkpoint);
    }
    std::ranges::reverse(report.checkpoints);
    return report;
}

void PairStatistics::fillDistributions(StatisticsReport& report, const StatisticsQuery& query) const
{
    report.distributionsSince = report.since;
    if (m_ring.reachesBackTo(query.since)) {
        for (quint64 number = m_ring.first(); number < m_ring.next(); ++number) {
            const Checkpoint& checkpoint = m_ring.at(number);
            if (checkpoint.time >= query.since && checkpoint.time <= query.until)
                addTo(report.distributions, checkpoint);
        }
        return;
    }
    for (const Hour& one : m_hours) {
        if (one.start + hour <= report.since || one.start >= report.until)
            continue;
        report.distributionsSince = std::min(report.distributionsSince, one.start);
        report.distributions.merge(one.distributions);
    }
}

QByteArray PairStatistics::packedBlock(quint64 number) const
{
    constexpr quint64 size = CheckpointRing::blockSize;
    packed::Block block{.first = std::max(number * size, m_ring.first()), .checkpoints = {}};
    const quint64 end = std::min((number + 1) * size, m_ring.next());
    for (quint64 n = block.first; n < end; ++n)
        block.checkpoints.append(m_ring.at(n));
    return block.checkpoints.isEmpty() ? QByteArray{} : packed::pack(block);
}

QList<StatisticsPiece> PairStatistics::takeChanges()
{
    using Kind = StatisticsPiece::Kind;
    QList<StatisticsPiece> pieces;
    for (const qint64 start : std::exchange(m_changedMinutes, {})) {
        if (const Minute* const minute = m_seconds.minute(start))
            pieces.append({.kind = Kind::Minute, .key = start, .data = packed::pack(*minute)});
    }
    for (const qint64 start : std::exchange(m_changedHours, {})) {
        const auto place = std::ranges::find(m_hours, start, &Hour::start);
        if (place != m_hours.end())
            pieces.append(
                {.kind = Kind::Hour, .key = start, .data = packed::pack(place->distributions)});
    }
    for (const quint64 number : std::exchange(m_changedBlocks, {})) {
        if (QByteArray data = packedBlock(number); !data.isEmpty())
            pieces.append({.kind = Kind::Checkpoints,
                           .key = static_cast<qint64>(number % CheckpointRing::blocks),
                           .data = std::move(data)});
    }
    if (std::exchange(m_changed, false))
        pieces.append({.kind = Kind::Lifetime, .key = 0, .data = packed::pack(m_lifetime)});
    return pieces;
}

int PairStatistics::restore(const QList<StatisticsPiece>& pieces)
{
    int unread = 0;
    std::map<quint64, QList<Checkpoint>> blocks;
    for (const StatisticsPiece& piece : pieces) {
        if (!restore(piece, blocks))
            ++unread;
    }
    restoreRing(blocks);
    return unread;
}

bool PairStatistics::restore(const StatisticsPiece& piece,
                             std::map<quint64, QList<Checkpoint>>& blocks)
{
    switch (piece.kind) {
    case StatisticsPiece::Kind::Lifetime:
        if (auto found = packed::lifetime(piece.data)) {
            m_lifetime = *std::move(found);
            return true;
        }
        return false;
    case StatisticsPiece::Kind::Minute:
        if (auto found = packed::minute(piece.data)) {
            m_seconds.restore(*std::move(found));
            return true;
        }
        return false;
    case StatisticsPiece::Kind::Hour:
        if (auto found = packed::distributions(piece.data)) {
            hourOf(piece.key).distributions = *std::move(found);
            return true;
        }
        return false;
    case StatisticsPiece::Kind::Checkpoints:
        if (auto found = packed::block(piece.data)) {
            blocks[found->first] = std::move(found->checkpoints);
            return true;
        }
        return false;
    }
    return false;
}

void PairStatistics::restoreRing(const std::map<quint64, QList<Checkpoint>>& blocks)
{
    for (const auto& [first, checkpoints] : blocks) {
        // A block that is missing: what was before it does not count as the newest any more.
        if (first != m_ring.next())
            m_ring.beginAt(first);
        for (const Checkpoint& checkpoint : checkpoints)
            m_ring.add(checkpoint);
    }
}

} // namespace lockstep
