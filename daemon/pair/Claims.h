// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Mind.h"

namespace lockstep::failover {

/// What a look at the arbiter's record comes to.
struct Judgement
{
    enum class Is : quint8 {
        Allowed, ///< Swap what was seen for `wanted`.
        Granted, ///< The record says so already: an earlier claim was carried out, its answer lost.
        Denied, ///< The other side was granted it, or this side's shadow does not count.
    };
    Is is{Is::Denied};
    GrantSeen wanted; ///< The record to write, or that is there already.
    friend bool operator==(const Judgement&, const Judgement&) = default;
};

/// Whether `kind` may be claimed, given the arbiter's record. The rules: whoever owns the newest
/// epoch may go on; only a shadow that is recorded as in step under the very epoch that it was
/// built for may take over.
[[nodiscard]] Judgement judge(const Mind& mind, ClaimKind kind, const GrantSeen& now);

} // namespace lockstep::failover
