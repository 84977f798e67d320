// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

namespace lockstep {

/// Makes this host's QEMU of a protected pair follow its settings. On the shadow's host its answers
/// count, or do not, when this returns; on the primary's host requests are mirrored, or not, and
/// output waits as they say. Good to repeat. Whoever changes a mode keeps this order, so that
/// answers count only while requests are mirrored (docs/qemu.md, trap 20): into `colo` primary,
/// checkpoint, shadow; out of it shadow, checkpoint, primary. Errors: those of QMP; NotSupported
/// for a shadow that cannot.
[[nodiscard]] Task<Result<void>> followSettings(PairParts parts, PairRecord record);

} // namespace lockstep
