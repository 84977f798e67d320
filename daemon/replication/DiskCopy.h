// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/Plan.h"
#include "replication/Qmp.h"
#include "replication/Spec.h"

#include <functional>

namespace lockstep {

/// Makes the replicas equal to the primary's disks while the guest runs, and keeps them so until
/// replication takes over: a mirror of each disk. Of a replica that was in step before
/// (ReplicationSpec::base) only what has changed since is copied, by a backup along a dirty
/// bitmap; a mirror that copies nothing but what is written from now on runs below it. That one
/// has to see the first write that the backup does not: it is there before the quorum is.
/// Source: QEMU docs/interop/bitmaps, docs/qemu.md ("Less to copy").
class DiskCopy final
{
public:
    /// The most bytes that may be copied in a second, as it is set now; 0: so that the guest keeps
    /// most of its own speed.
    using Limit = std::function<Bytes()>;

    DiskCopy(Qmp qmp, ReplicationSpec spec) : m_qmp{std::move(qmp)}, m_spec{std::move(spec)} { }

    /// Nothing but what was written since the base is copied.
    [[nodiscard]] bool isPartial() const { return !m_spec.base.isEmpty(); }
    /// From now on the replica gets what the guest writes, if isPartial(). The replicas are
    /// connected, the quorum is not there yet.
    [[nodiscard]] Task<Result<void>> follow() const;
    /// Returns once every replica is equal and stays so; reports bytes.
    [[nodiscard]] Task<Result<void>> run(StepContext context, Limit limit) const;
    /// Takes away all of it. Good to repeat.
    [[nodiscard]] Task<Result<void>> cancel() const;
    /// With the guest stopped: ends the mirrors, each replica equal to its disk.
    [[nodiscard]] Task<Result<void>> finish() const;

private:
    /// How far all disks together have come.
    struct Progress
    {
        Bytes done;
        Bytes size;
        bool complete{true};
    };

    [[nodiscard]] Task<Result<void>> mirrorAll(Bytes speed) const;
    [[nodiscard]] Task<Result<void>> backUpChanges(Bytes speed) const;
    [[nodiscard]] Task<Result<Progress>> progress() const;
    [[nodiscard]] Task<Result<void>> setSpeed(Bytes perSecond) const;
    /// After the last byte: mirrors may follow the guest as fast as they can.
    [[nodiscard]] Task<Result<void>> settle() const;
    [[nodiscard]] Task<Result<void>> endChanges() const;
    /// Of one disk's job.
    [[nodiscard]] Bytes share(Bytes perSecond) const;
    [[nodiscard]] QString jobOf(const DiskSpec& disk) const;

    Qmp m_qmp;
    ReplicationSpec m_spec;
};

} // namespace lockstep
