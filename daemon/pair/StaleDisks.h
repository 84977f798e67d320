// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

#include <QJsonObject>

namespace lockstep {

/// An image that the out of date definition of a domain on this host still names. A new replica can
/// be copied onto it, if the administrator wants that.
struct StaleDisk
{
    QString target; ///< "vda".
    QString path; ///< Of a regular file.
    QString format; ///< "raw" or "qcow2".
    Bytes size; ///< Virtual size.

    /// Whether a replica of `disk` can take its place: the same format and size, and not the very
    /// image that the primary runs on, as both hosts would see it on shared storage.
    [[nodiscard]] bool fits(const DiskSpec& disk) const;
    friend bool operator==(const StaleDisk&, const StaleDisk&) = default;
};

/// What this host has of a domain that lives on its pair's other host. An image that cannot be
/// taken (a backing file, snapshots, encryption, not readable) is left out, and logged.
[[nodiscard]] Task<QList<StaleDisk>> staleDisks(PairParts parts, DomainUuid uuid);

/// Makes the replicas of `record` those of `stale` that fit.
void reuse(PairRecord& record, const QList<StaleDisk>& stale);

} // namespace lockstep
