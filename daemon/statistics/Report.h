// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "statistics/Checkpoint.h"
#include "statistics/Distribution.h"
#include "statistics/SecondRing.h"

#include <QList>

namespace lockstep {

/// Sums over some time.
struct Sums
{
    quint64 seconds{0}; ///< That lockstepd looked at; the others are not known.
    quint64 checkpoints{0};
    quint64 asked{0}; ///< Of these, those that QEMU asked for.
    quint64 stopped{0}; ///< Microseconds.
    quint64 longest{0}; ///< Microseconds of the longest stop.
    quint64 released{0}; ///< Packets.
    quint64 memory{0}; ///< Bytes.
    quint64 disk{0}; ///< Bytes.
    friend bool operator==(const Sums&, const Sums&) = default;

    void add(const Second& second);
};

/// What is wanted of a pair's statistics.
struct StatisticsQuery
{
    static constexpr int mostPoints = 720;
    static constexpr int mostCheckpoints = 1'000;

    qint64 since{0}; ///< Microseconds since 1970 UTC.
    qint64 until{0}; ///< Not before `since`.
    int points{60}; ///< 0 to mostPoints: into so many parts the time is cut at most.
    int checkpoints{0}; ///< 0 to mostCheckpoints: the newest so many.
};

/// A part of the time that was asked for.
struct StatisticsPoint
{
    qint64 start{0}; ///< Seconds since 1970 UTC.
    Sums sums;
};

struct StatisticsReport
{
    qint64 since{0}; ///< Seconds since 1970 UTC: what was asked for, within the day that is kept.
    qint64 until{0};
    qint64 step{1}; ///< Length of a part, in seconds.
    Sums sums; ///< Over all of it.
    QList<StatisticsPoint> points; ///< Without those of which nothing is known.
    Distributions distributions;
    /// What the distributions cover begins here, in seconds: hours, where there were too many
    /// checkpoints to keep each.
    qint64 distributionsSince{0};
    QList<Checkpoint> checkpoints; ///< Oldest first.
};

/// Sums over all of the time that something was recorded.
struct LifetimeFigures
{
    ReasonCounts checkpoints{}; ///< By reason.
    quint64 stopped{0}; ///< Microseconds.
    quint64 released{0}; ///< Packets.
    quint64 memory{0}; ///< Bytes.
    quint64 disk{0}; ///< Bytes.
    Distributions distributions;

    [[nodiscard]] quint64 count() const;
    void add(const Checkpoint& checkpoint);
    void add(const LifetimeFigures& more);
};

/// Adds one to all figures that it has.
void addTo(Distributions& distributions, const Checkpoint& checkpoint);

} // namespace lockstep
