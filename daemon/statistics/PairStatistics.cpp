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

/// Whole KiB of what was left and what has come; the rest is left.
quint32 takeKib(quint64& rest, quint64 more)
{
    rest += more;
    const quint64 whole = std::exchange(rest, rest % kib) / kib;
    return static_cast<quint32>(std::min<quint64>(whole, std::numeric_limits<quint32>::max()));
}

/// Whether it is one that belongs to this place in the ring: it may come from a damaged file.
bool isAt(const packed::Block& block, qint64 place)
{
    constexpr quint64 size = CheckpointRing::blockSize;
    const auto count = static_cast<quint64>(block.checkpoints.size());
    return count > 0 && count <= size - block.first % size
        && static_cast<qint64>(block.first / size % CheckpointRing::blocks) == place;
}

} // namespace

void PairStatistics::add(const Checkpoint& checkpoint)
{
    const qint64 second = secondOf(checkpoint.time);
    Second what;
    what.checkpoints = 1;
    what.asked = isAskedByQemu(checkpoint.reason) ? 1 : 0;
    what.stopped = checkpoint.stopped;
    what.longest = checkpoint.stopped;
    what.released = checkpoint.released.orZero();
    m_seconds.add(second, what);
    m_changedMinutes.insert(multipleBelow(second, Minute::length));

    Hour& hours = hourOf(second);
    addTo(hours.distributions, checkpoint);
    m_changedHours.insert(hours.start);

    m_lifetime.add(checkpoint);
    m_run.add(checkpoint);
    m_changed = true;

    m_changedBlocks.insert(m_ring.next() / CheckpointRing::blockSize);
    m_ring.add(checkpoint);
}

void PairStatistics::observe(qint64 second, quint64 memory, quint64 disk)
{
    forgetAfter(second + mostAhead);
    for (LifetimeFigures* const figures : {&m_lifetime, &m_run}) {
        figures->memory += memory;
        figures->disk += disk;
    }
    m_changed = m_changed || memory > 0 || disk > 0;
    Second what;
    what.memoryKib = takeKib(m_memoryRest, memory);
    what.diskKib = takeKib(m_diskRest, disk);
    m_seconds.add(second, what);
    m_changedMinutes.insert(multipleBelow(second, Minute::length));
}

void PairStatistics::forgetAfter(qint64 second)
{
    m_seconds.forgetAfter(second);
    while (!m_hours.empty() && m_hours.back().start > second)
        m_hours.pop_back();
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
    // Of the same time as the sums, however early it is asked for.
    const qint64 since = std::max(query.since, report.since * microseconds);
    if (m_ring.reachesBackTo(since)) {
        for (quint64 number = m_ring.first(); number < m_ring.next(); ++number) {
            const Checkpoint& checkpoint = m_ring.at(number);
            if (checkpoint.time >= since && checkpoint.time <= query.until)
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

quint64 PairStatistics::newestBlockAt(qint64 place) const
{
    constexpr quint64 blocks = CheckpointRing::blocks;
    const quint64 last = (std::max<quint64>(m_ring.next(), 1) - 1) / CheckpointRing::blockSize;
    const quint64 back = (last % blocks + blocks - static_cast<quint64>(place)) % blocks;
    return last - std::min(back, last);
}

void PairStatistics::putBack(const QList<StatisticsPiece>& pieces)
{
    for (const StatisticsPiece& piece : pieces) {
        switch (piece.kind) {
        case StatisticsPiece::Kind::Lifetime:
            m_changed = true;
            break;
        case StatisticsPiece::Kind::Minute:
            m_changedMinutes.insert(piece.key);
            break;
        case StatisticsPiece::Kind::Hour:
            m_changedHours.insert(piece.key);
            break;
        case StatisticsPiece::Kind::Checkpoints:
            m_changedBlocks.insert(newestBlockAt(piece.key));
            break;
        }
    }
}

int PairStatistics::restore(const QList<StatisticsPiece>& pieces)
{
    PairStatistics earlier;
    int unread = 0;
    std::map<quint64, QList<Checkpoint>> blocks;
    for (const StatisticsPiece& piece : pieces) {
        if (!earlier.read(piece, blocks))
            ++unread;
    }
    earlier.restoreRing(blocks);
    earlier.append(*this);
    *this = std::move(earlier);
    return unread;
}

void PairStatistics::append(const PairStatistics& later)
{
    for (quint64 number = later.m_ring.first(); number < later.m_ring.next(); ++number) {
        m_changedBlocks.insert(m_ring.next() / CheckpointRing::blockSize);
        m_ring.add(later.m_ring.at(number));
    }
    later.m_seconds.visit(0, std::numeric_limits<qint64>::max(),
                          [this](qint64 second, const Second& what) {
                              m_seconds.add(second, what);
                              m_changedMinutes.insert(multipleBelow(second, Minute::length));
                          });
    for (const Hour& one : later.m_hours) {
        Hour& place = hourOf(one.start);
        place.distributions.merge(one.distributions);
        m_changedHours.insert(place.start);
    }
    m_lifetime.add(later.m_lifetime);
    m_run.add(later.m_run);
    m_memoryRest += later.m_memoryRest;
    m_diskRest += later.m_diskRest;
    m_changed = m_changed || later.m_changed;
}

bool PairStatistics::read(const StatisticsPiece& piece,
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
            Hour& place = hourOf(piece.key);
            if (place.start != piece.key)
                return false; // none, or there are too many
            place.distributions = *std::move(found);
            return true;
        }
        return false;
    case StatisticsPiece::Kind::Checkpoints:
        if (auto found = packed::block(piece.data); found && isAt(*found, piece.key)) {
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
