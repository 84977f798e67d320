// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>

namespace lockstep {

/// Whether the mode of a pair is picked by the governor (mode=auto), and within which limits.
struct Governing
{
    bool automatic{false};
    /// The most of the guest's work that may be on one host only, as time between two checkpoints;
    /// 0: what the idle period says.
    std::chrono::milliseconds maxExposure{0};
    /// The largest share of time, in percent, for which the guest may stand still for checkpoints;
    /// 100: no limit.
    int maxStopped{100};
    friend bool operator==(const Governing&, const Governing&) = default;
};

} // namespace lockstep
