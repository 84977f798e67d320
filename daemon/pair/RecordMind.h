// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Mind.h"
#include "pair/Record.h"

namespace lockstep::failover {

[[nodiscard]] Arbitration arbitrationOf(ArbiterKind kind);

/// What is known of a pair when only its record is. A host that keeps nothing of a pair but an out
/// of date definition of the domain ("secondary stale") does not know it.
[[nodiscard]] Mind mindOf(const PairRecord& record);

/// Writes the saved part of `mind` into the record of a pair that is known.
void apply(const Mind& mind, PairRecord& record);

} // namespace lockstep::failover
