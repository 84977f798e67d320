// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "pair/Record.h"

namespace lockstep {

// What the guest writes from its going live to the end of the merge is kept a second time, beside
// the overlays (DiskSpec::late; docs/qemu.md, trap 19). A takeover must not fail because of that:
// where it cannot be done, it is only said.

/// Before the shadow goes live. Good to repeat.
[[nodiscard]] Task<void> keepLateWrites(PairParts parts, PairRecord record);

/// What was not written in full must not be merged: it would put older content over newer.
[[nodiscard]] Task<void> dropLateWrites(PairParts parts, PairRecord record, QString target);

/// A write that failed below the overlays counts as done for the guest, because it was kept here.
/// The guest may not read what is not there: it is stopped.
[[nodiscard]] Task<void> stopForLateWrites(PairParts parts, PairRecord record, QString node);

} // namespace lockstep
