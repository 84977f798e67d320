// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "statistics/CheckpointRing.h"
#include "statistics/Report.h"

#include <QByteArray>

#include <deque>
#include <map>
#include <set>

namespace lockstep {

/// A piece of a pair's statistics as it is stored: replaced as a whole, and never large.
struct StatisticsPiece
{
    /// The numbers are stored.
    enum class Kind : quint8 {
        Lifetime, ///< One, with key 0.
        Minute, ///< The key is its start, in seconds.
        Hour, ///< Distributions; the key is its start, in seconds.
        Checkpoints, ///< A block of CheckpointRing; the key is its place in the ring.
    };
    Kind kind{Kind::Lifetime};
    qint64 key{0};
    QByteArray data;
};

/// The statistics of one pair on this host, without clock or I/O: the newest checkpoints one by
/// one, the last day by second, percentiles by hour, and sums since the pair is known. Bounded:
/// docs/statistics.md says how large.
class PairStatistics final
{
public:
    static constexpr qint64 hour = 3'600;
    static constexpr std::size_t mostHours = 25;

    /// A checkpoint has ended.
    void add(const Checkpoint& checkpoint);
    /// lockstepd looked at the pair in this second (since 1970 UTC), and found so many more bytes
    /// on its connections.
    void observe(qint64 second, quint64 memory, quint64 disk);

    [[nodiscard]] StatisticsReport report(const StatisticsQuery& query) const;
    /// Only that, of the seconds from `begin` to before `end`.
    [[nodiscard]] Sums sums(qint64 begin, qint64 end) const;
    [[nodiscard]] const LifetimeFigures& lifetime() const { return m_lifetime; }
    [[nodiscard]] const CheckpointRing& checkpoints() const { return m_ring; }

    /// What has changed since this was asked last.
    [[nodiscard]] QList<StatisticsPiece> takeChanges();
    /// Into one that is new: all that was stored. What cannot be read is left out; the number of
    /// such.
    [[nodiscard]] int restore(const QList<StatisticsPiece>& pieces);

private:
    struct Hour
    {
        qint64 start{0};
        Distributions distributions;
    };

    [[nodiscard]] Hour& hourOf(qint64 second);
    void fillDistributions(StatisticsReport& report, const StatisticsQuery& query) const;
    [[nodiscard]] QByteArray packedBlock(quint64 number) const;
    /// Whether it could be read.
    [[nodiscard]] bool restore(const StatisticsPiece& piece,
                               std::map<quint64, QList<Checkpoint>>& blocks);
    void restoreRing(const std::map<quint64, QList<Checkpoint>>& blocks);

    CheckpointRing m_ring;
    SecondRing m_seconds;
    std::deque<Hour> m_hours; ///< By start.
    LifetimeFigures m_lifetime;
    quint64 m_memoryRest{0}; ///< Bytes that do not make a KiB yet.
    quint64 m_diskRest{0};
    std::set<qint64> m_changedMinutes;
    std::set<qint64> m_changedHours;
    std::set<quint64> m_changedBlocks; ///< By number of the block, counted from 0 on for ever.
    bool m_changed{false};
};

} // namespace lockstep
