// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/Qmp.h"
#include "replication/Spec.h"

namespace lockstep {

/// The disks of the primary: connected to the secondary's NBD exports, and once they are equal
/// (DiskCopy) replicated checkpoint by checkpoint. Source: QEMU docs/block-replication.txt.
class PrimaryDisks final
{
public:
    PrimaryDisks(Qmp qmp, ReplicationSpec spec) : m_qmp{std::move(qmp)}, m_spec{std::move(spec)} { }

    /// Opens a connection to the replica of a disk, as the node of that name.
    [[nodiscard]] Task<Result<void>> connect(DiskSpec disk, QString name) const;
    /// Puts a node over that of a connection which passes writes on; that one fails is told by
    /// Qmp::replicationError() alone.
    [[nodiscard]] Task<Result<void>> forward(QString name, QString connection) const;
    [[nodiscard]] Task<Result<void>> connectReplicas() const;
    [[nodiscard]] Task<Result<void>> disconnectReplicas() const;
    /// With the guest stopped in pre-switchover, replicas equal and the mirrors ended: puts
    /// replication in their place.
    [[nodiscard]] Task<Result<void>> startReplication() const;
    /// Takes replication out of every quorum. Blocks QEMU's main loop while its NBD connection
    /// hangs: destroy the sockets of a dead peer first.
    [[nodiscard]] Task<Result<void>> stopReplication() const;

private:
    Qmp m_qmp;
    ReplicationSpec m_spec;
};

} // namespace lockstep
