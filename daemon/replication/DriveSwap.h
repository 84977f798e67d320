// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/Qmp.h"
#include "replication/Spec.h"

#include <functional>

namespace lockstep {

/// Puts the quorum between a domain's disks and libvirt's block nodes, and takes it out again, in
/// one short stop of the guest. A node in use cannot get a quorum on top (quorum never shares
/// write), so each device is parked on a placeholder (null-co) while the guest is stopped. The
/// guest is never resumed while a device is parked: it would read zeros and lose writes.
class DriveSwap final
{
public:
    DriveSwap(Qmp qmp, QList<DiskSpec> disks) : m_qmp{std::move(qmp)}, m_disks{std::move(disks)} { }

    /// Guest running or stopped; it is afterwards what it was before.
    /// `below`: the node of a disk that the quorum goes onto, libvirt's or a filter over it.
    using Below = std::function<QString(const DiskSpec& disk)>;
    [[nodiscard]] Task<Result<void>> insertQuorum(Below below = {}) const;
    /// Gives every device libvirt's node back, from whatever state insertQuorum() or a daemon that
    /// died in it left. `resume`: let the guest run afterwards even if it was found stopped.
    /// On a secondary that has taken over, the layers below the quorum go as well.
    [[nodiscard]] Task<Result<void>> removeQuorum(bool resume) const;

private:
    [[nodiscard]] Task<Result<void>> addPlaceholders() const;
    [[nodiscard]] Task<Result<void>> removePlaceholders() const;
    [[nodiscard]] Task<Result<void>> swapIn(Below below) const;
    [[nodiscard]] Task<Result<void>> swapOut() const;
    [[nodiscard]] Task<Result<void>> swapOut(DiskSpec disk) const;
    [[nodiscard]] Task<Result<bool>> isPlain() const;

    Qmp m_qmp;
    QList<DiskSpec> m_disks;
};

} // namespace lockstep
