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
    /// What is further ahead than that, in seconds, was recorded by a clock that went wrong: it
    /// would keep out all that comes.
    static constexpr qint64 mostAhead = hour;

    /// A checkpoint has ended.
    void add(const Checkpoint& checkpoint);
    /// lockstepd looked at the pair in this second (since 1970 UTC), and found so many more bytes
    /// on its connections. It is now: what was recorded by the second is forgotten beyond
    /// mostAhead.
    void observe(qint64 second, quint64 memory, quint64 disk);

    [[nodiscard]] StatisticsReport report(const StatisticsQuery& query) const;
    /// Only that, of the seconds from `begin` to before `end`.
    [[nodiscard]] Sums sums(qint64 begin, qint64 end) const;
    /// Since the pair is known here, also across restarts of lockstepd and changes of roles.
    [[nodiscard]] const LifetimeFigures& lifetime() const { return m_lifetime; }
    /// Since this was made: without what was restored.
    [[nodiscard]] const LifetimeFigures& thisRun() const { return m_run; }
    [[nodiscard]] const CheckpointRing& checkpoints() const { return m_ring; }

    /// What has changed since this was asked last.
    [[nodiscard]] QList<StatisticsPiece> takeChanges();
    /// These could not be stored: the next takeChanges() has them again, as they are by then.
    void putBack(const QList<StatisticsPiece>& pieces);
    /// Once: puts all that was stored before what was recorded since. What cannot be read is left
    /// out; the number of such.
    [[nodiscard]] int restore(const QList<StatisticsPiece>& pieces);

private:
    struct Hour
    {
        qint64 start{0};
        Distributions distributions;
    };

    [[nodiscard]] Hour& hourOf(qint64 second);
    void forgetAfter(qint64 second);
    /// What was recorded after all that this one has.
    void append(const PairStatistics& later);
    void fillDistributions(StatisticsReport& report, const StatisticsQuery& query) const;
    [[nodiscard]] QByteArray packedBlock(quint64 number) const;
    /// Number of the newest block that has this place in the ring.
    [[nodiscard]] quint64 newestBlockAt(qint64 place) const;
    /// Whether it could be read.
    [[nodiscard]] bool read(const StatisticsPiece& piece,
                            std::map<quint64, QList<Checkpoint>>& blocks);
    void restoreRing(const std::map<quint64, QList<Checkpoint>>& blocks);

    CheckpointRing m_ring;
    SecondRing m_seconds;
    std::deque<Hour> m_hours; ///< By start.
    LifetimeFigures m_lifetime;
    LifetimeFigures m_run;
    quint64 m_memoryRest{0}; ///< Bytes that do not make a KiB yet.
    quint64 m_diskRest{0};
    std::set<qint64> m_changedMinutes;
    std::set<qint64> m_changedHours;
    std::set<quint64> m_changedBlocks; ///< By number of the block, counted from 0 on for ever.
    bool m_changed{false};
};

} // namespace lockstep
