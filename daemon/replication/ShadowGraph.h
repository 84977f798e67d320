// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/MemoryTransfer.h"
#include "replication/Qmp.h"
#include "replication/Spec.h"

namespace lockstep {

/// The QEMU of the shadow: disks with two overlays that receive the primary's writes at
/// checkpoints, NICs fed with copies of the clients' requests, RAM from the primary's migration.
/// Until it goes live it needs no undo of its own: destroying the domain takes all of it away.
class ShadowGraph final
{
public:
    ShadowGraph(Qmp qmp, ReplicationSpec spec) : m_qmp{std::move(qmp)}, m_spec{std::move(spec)} { }

    /// `folder` as Peers::qemuCredentials() makes it.
    [[nodiscard]] Task<Result<void>> loadCredentials(QString folder) const;
    [[nodiscard]] Task<Result<void>> buildDisks() const;
    [[nodiscard]] Task<Result<void>> exportDisks() const;
    /// `answering`: what it answers goes to the primary, to be compared; else nobody gets it.
    [[nodiscard]] Task<Result<void>> connectNetwork(bool answering) const;
    /// The same from now on. Errors: NotSupported for a shadow whose answers would leave the host
    /// instead, as an older lockstepd made it.
    [[nodiscard]] Task<Result<void>> setAnswering(bool on) const;
    /// Errors: those of setUpMigration().
    [[nodiscard]] Task<Result<void>> awaitMigration(MemoryTransfer transfer) const;
    /// Whether this shadow holds the primary's state and could go live: QEMU itself says so.
    [[nodiscard]] Task<Result<bool>> isInStep() const;

    /// What the replicas had got before is on disk when this returns, also if this host loses its
    /// power then. An error of the disk that QEMU meets is not told.
    [[nodiscard]] Task<Result<void>> flushReplicas() const;

    /// Before it goes live: from now on the quorum writes twice, to the overlays, which are merged
    /// into the replica, and to DiskSpec::late. QEMU ends the merge by itself, and writes to the
    /// replica from that moment on; if the host dies before anybody knows, this tells old from new.
    /// Good to repeat.
    [[nodiscard]] Task<Result<void>> keepLateWrites() const;
    /// For a disk's late writes that cannot be written any more. Its file must be removed then.
    [[nodiscard]] Task<Result<void>> dropLateWrites(QString target) const;

    /// The shadow becomes the domain: clients are answered from here when it returns. The sockets
    /// of a dead primary must be destroyed before. Good to repeat after a restart of the daemon.
    /// `suspended`: it becomes the domain, but does not run.
    [[nodiscard]] Task<Result<void>> goLive(bool suspended = false) const;
    /// Removes what connected it to the former primary. The rewriter stays: connections that were
    /// opened since the last checkpoint need it as long as they live.
    [[nodiscard]] Task<Result<void>> disconnect() const;
    /// Whether the overlays have been merged into every replica. Call it only after goLive().
    /// Errors: NoSpace if QEMU has given up on one; it does not try again.
    [[nodiscard]] Task<Result<bool>> isMerged() const;
    /// With all merged: the disks get libvirt's nodes back in one short stop of the guest, and what
    /// was set for the migration is reset. Afterwards nothing of ours is left but the rewriters.
    /// `resume`: let the guest run even if it was found paused, as an attempt that failed leaves
    /// it.
    [[nodiscard]] Task<Result<void>> makePlain(bool resume) const;

private:
    Qmp m_qmp;
    ReplicationSpec m_spec;
};

} // namespace lockstep
