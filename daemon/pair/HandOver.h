// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairDrivers.h"

namespace lockstep {

/// What this host does as the primary in a planned change of roles. First a checkpoint makes the
/// twins equal: connections whose packets the shadow numbers in its own way would not outlive the
/// change after it (docs/qemu.md, trap 18). Then the pair hands over, and `job` tells how that
/// goes. A suspended guest gets no checkpoint: nothing has happened since it was.
[[nodiscard]] Task<void> handOver(PairParts parts, PairDrivers& drivers, JobId job,
                                  PairRecord record);

} // namespace lockstep
