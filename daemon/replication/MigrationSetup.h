// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/MemoryTransfer.h"
#include "replication/Qmp.h"
#include "replication/Spec.h"

namespace lockstep {

/// What the QEMUs of primary and shadow must be told alike for one migration into COLO: its
/// capabilities, `more` of this side's among them, and over how many connections memory comes. On
/// a shadow it has to be done before migrate-incoming, as that makes the room for connections.
/// Errors: those of QMP; NotSupported if this QEMU has COLO and several connections not together,
/// or was built without the compression.
[[nodiscard]] Task<Result<void>> setUpMigration(Qmp qmp, ReplicationSpec spec,
                                                MemoryTransfer transfer, QStringList more);

/// What a domain that nobody protects has: QEMU's defaults. libvirt sets only what it uses of them.
[[nodiscard]] Task<Result<void>> resetMigration(Qmp qmp, ReplicationSpec spec, QStringList more);

} // namespace lockstep
