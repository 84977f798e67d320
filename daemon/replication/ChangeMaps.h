// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/Qmp.h"
#include "replication/Spec.h"

namespace lockstep {

/// Dirty bitmaps on the disks of a domain that runs here: what was written since the other host's
/// replica, of one identity, was complete and on its disk. A map has a generation; all of a copy
/// take note of writes, so the oldest is the one to copy by, and a younger one may take its place
/// once the replica holds what was written before that one was begun (docs/qemu.md, "Less to
/// copy"). They live in QEMU's memory, and end with it. One bit per 64 KiB: 2 MiB per TiB of disk,
/// for each of at most three maps.
class ChangeMaps final
{
public:
    ChangeMaps(Qmp qmp, QList<DiskSpec> disks)
        : m_qmp{std::move(qmp)}, m_disks{std::move(disks)} { }

    static constexpr Bytes granularity{Bytes::fromKiB(64)};

    /// The generations of this copy that every disk has a usable map of, oldest first.
    [[nodiscard]] Task<Result<QList<int>>> generations(QString copy) const;
    /// Whether any disk has a map of this copy, usable or not.
    [[nodiscard]] Task<Result<bool>> hasAny(QString copy) const;
    /// From now on takes note of what is written to any disk. Good to repeat.
    [[nodiscard]] Task<Result<void>> begin(QString copy, int generation) const;
    /// Good to repeat.
    [[nodiscard]] Task<Result<void>> drop(QString copy, int generation) const;
    /// Takes away every map of ours that is not of this copy; all of them if it is empty.
    [[nodiscard]] Task<Result<void>> dropOthers(QString copy = {}) const;

private:
    /// Of the maps on a disk those of this copy.
    [[nodiscard]] Task<Result<QList<int>>> onDisk(DiskSpec disk, QString copy,
                                                  bool usableOnly) const;

    Qmp m_qmp;
    QList<DiskSpec> m_disks;
};

} // namespace lockstep
