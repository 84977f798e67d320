// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Mind.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace lockstep::sim {

using namespace failover;

/// States that a pair went through on one host: "primary protected", "primary interrupted".
using Transitions = std::set<std::pair<std::string, std::string>>;

/// A rule that the simulated daemons break on purpose, to show that the checks see it.
enum class Break : std::uint8_t {
    None,
    SkipGrant, ///< They go on without having asked.
    IgnoreDenial, ///< They go on though the other side was granted.
    TrustStale, ///< A shadow takes over whatever the record says of it.
    NoSave, ///< A primary says that its shadow is in step before that is on its own disk.
    ForgetPromise, ///< A secondary that crashes forgets that it promised not to take over.
    NoCutOff, ///< A shadow takes over though it was not in step when it was cut off.
    KeepOldCopy, ///< A primary that lost is not destroyed, and goes on.
};

/// What a run is made of.
struct Setting
{
    std::uint64_t seed{0};
    Arbitration arbitration{Arbitration::Record};
    bool primaryContinues{false};
    int faults{3};
    Break broken{Break::None};
    bool trace{false};
    bool collect{false}; ///< The transitions, for the diagram.
    /// Its hosts are a fleet's: heartbeats and faults come from there, and no message is lost or
    /// late.
    bool inFleet{false};
};

/// What became of it.
struct Outcome
{
    std::string violation; ///< Empty if every rule was kept.
    bool isUnsafe{false}; ///< Two live primaries, or a write lost.
    int takeovers{0};
    int detachments{0};
    int denials{0};
    int boots{0}; ///< Times that somebody had to start the guest again.
    int promises{0};
    std::uint64_t steps{0};
    Transitions transitions;
};

/// Runs one schedule: faults drawn from the seed, then everything is healed. Deterministic.
[[nodiscard]] Outcome run(const Setting& setting);

/// The schedule of this number: how many faults, and which policy, follow from it.
[[nodiscard]] Setting settingOf(std::uint64_t seed, Arbitration arbitration);

/// Runs `count` schedules from `first` on all cores. Prints what was violated, how to see it again,
/// and what was seen in all. Returns how many were bad.
[[nodiscard]] std::uint64_t runMany(std::uint64_t first, std::uint64_t count,
                                    Arbitration arbitration);
/// Breaks each rule on purpose; false if one break is not seen.
[[nodiscard]] bool runBreaks();
/// The states of a pair as Mermaid, from what the simulation sees.
[[nodiscard]] std::string diagram();

} // namespace lockstep::sim
