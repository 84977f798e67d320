// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>

namespace lockstep {

/// When a protected guest's output may leave. All of them rest on QEMU's colo-compare, which holds
/// output until its twin arrives or there was a checkpoint, and asks for one after a while.
/// Sources: QEMU docs/COLO-FT.txt; Cully et al., Remus (NSDI 2008); Tamura et al., Kemari (2008).
enum class Mode {
    Colo,   ///< As soon as the shadow has given the same answer; else with a checkpoint.
    Remus,  ///< With a checkpoint, made within a period.
    Kemari, ///< With a checkpoint, made at once.
};

/// How a pair is kept in step. Bounds: base/PairSettingTable.h.
struct Protocol
{
    static constexpr std::chrono::milliseconds usualRemusPeriod{25};

    Mode mode{Mode::Colo};
    std::chrono::milliseconds period{0}; ///< 0: what the mode needs.
    std::chrono::milliseconds idlePeriod{20'000};
    std::chrono::milliseconds compareTimeout{300};
    std::chrono::milliseconds scanCycle{50};
    int queueLimit{1'024}; ///< Packets of one connection.
    friend bool operator==(const Protocol&, const Protocol&) = default;

    /// Whether the shadow gets requests, and its answers count.
    [[nodiscard]] bool compares() const { return mode == Mode::Colo; }
    /// How long output waits before QEMU asks for a checkpoint.
    [[nodiscard]] std::chrono::milliseconds hold() const;
    /// `period`, or what 0 stands for; 0 if there is none.
    [[nodiscard]] std::chrono::milliseconds periodInForce() const;
    /// How often QEMU looks for output that has waited for so long.
    [[nodiscard]] std::chrono::milliseconds scan() const;
    /// The longest time between two checkpoints.
    [[nodiscard]] std::chrono::milliseconds interval() const;
};

} // namespace lockstep
