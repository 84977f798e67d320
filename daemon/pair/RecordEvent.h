// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairEvent.h"
#include "pair/Record.h"

namespace lockstep {

/// An event of a pair that is as its record says; severity and text are the caller's.
[[nodiscard]] PairEvent eventOf(const PairRecord& record, EventKind kind);

} // namespace lockstep
