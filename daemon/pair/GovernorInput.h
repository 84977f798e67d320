// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/Protocol.h"
#include "statistics/CheckpointRing.h"

#include <optional>

namespace lockstep {

/// What a pair did over some time in which nothing about its mode changed. Times are in
/// microseconds. docs/statistics.md tells where the figures come from.
struct GovernorInput
{
    qint64 length{0};
    quint64 checkpoints{0}; ///< That ended in that time.
    quint64 asked{0}; ///< Of these, those that QEMU asked for: output waited for them.
    /// Of these, those for which output may have waited for so long that the mode's patience was
    /// over: in colo the shadow's answer may have been late, or it differed.
    quint64 patient{0};
    quint64 stopped{0}; ///< The guest stood still.
    quint64 longest{0}; ///< The longest of these stops.
    quint64 released{0}; ///< Packets that left with a checkpoint.
    std::optional<quint64> sent; ///< All packets that left, if that is known.
    quint64 patience{0}; ///< How long output waits until QEMU asks for a checkpoint, on average.

    /// Mean stop of a checkpoint; 0 without one.
    [[nodiscard]] double meanStop() const;
    /// Share of the time for which the guest stood still, 0 to 1.
    [[nodiscard]] double stoppedShare() const;
    /// Share of the packets that waited for a checkpoint, 0 to 1; 1 if it is not known and there
    /// were any.
    [[nodiscard]] double heldShare() const;
    void add(const GovernorInput& more);
};

/// Of the checkpoints that ended after `since` and not after `until` (microseconds since 1970 UTC,
/// by QEMU's clock), while `protocol` was in force. `sent` is left to the caller.
[[nodiscard]] GovernorInput inputFrom(const CheckpointRing& ring, qint64 since, qint64 until,
                                      const Protocol& protocol);

} // namespace lockstep
