// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/Plan.h"
#include "replication/Qmp.h"
#include "replication/Spec.h"

namespace lockstep {

/// The disks of the primary: copied to the secondary's NBD exports while the guest runs, then
/// replicated checkpoint by checkpoint. Source: QEMU docs/block-replication.txt.
class PrimaryDisks final
{
public:
    PrimaryDisks(Qmp qmp, ReplicationSpec spec) : m_qmp{std::move(qmp)}, m_spec{std::move(spec)} { }

    [[nodiscard]] Task<Result<void>> connectReplicas() const;
    [[nodiscard]] Task<Result<void>> disconnectReplicas() const;
    /// Mirrors every disk until all are equal and stay so; reports bytes.
    [[nodiscard]] Task<Result<void>> copy(StepContext context) const;
    [[nodiscard]] Task<Result<void>> cancelCopy() const;
    /// With the guest stopped in pre-switchover: ends the mirrors, each target equal to its source,
    /// and puts replication in their place.
    [[nodiscard]] Task<Result<void>> startReplication() const;
    /// Takes replication out of every quorum. Blocks QEMU's main loop while its NBD connection
    /// hangs: destroy the sockets of a dead peer first.
    [[nodiscard]] Task<Result<void>> stopReplication() const;

private:
    Qmp m_qmp;
    ReplicationSpec m_spec;
};

} // namespace lockstep
