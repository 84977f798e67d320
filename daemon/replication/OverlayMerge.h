// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QString>

namespace lockstep {

/// The layers of one disk of a shadow that has gone live, top first.
struct OverlayChain
{
    QString active;
    QString hidden;
    QString replica;
    QString format; ///< Of the replica.
    QString late;   ///< What the guest has written since it went live; may be empty.
};

/// Merges the overlays into the replica with no QEMU running, for a host that stopped before its
/// QEMU had done it, or before that was known. `late` comes last: if QEMU had been through, the
/// overlays hold older content than the replica. Good to repeat after another interruption: the
/// overlays stay as they are.
/// Errors: StoreError with qemu-img's text; NoSpace; Timeout after an hour.
[[nodiscard]] Task<Result<void>> commitOverlays(OverlayChain chain);

} // namespace lockstep
