// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "pair/Views.h"

#include <QStringList>

namespace lockstep {

/// Looks whether everything that Lockstep needs is in order, as api/ sees it.
class DoctorService
{
public:
    DoctorService() = default;
    DoctorService(const DoctorService&) = delete;
    DoctorService& operator=(const DoctorService&) = delete;
    virtual ~DoctorService() = default;

    /// Changes nothing, and takes half a minute at most, whatever hangs. `hosts` are this host's
    /// name and names of peers; none means this host and every peer. Findings by host, this one
    /// first. Errors: UnknownPeer.
    [[nodiscard]] virtual Task<Result<QList<Finding>>> examine(QStringList hosts) = 0;

    /// Tries out whether this host's QEMU can do COLO, with two throw-away machines, in 20 seconds
    /// at most, and remembers it for preflight. A finding for each accelerator. Errors: Busy,
    /// NotSupported without a QEMU, those of libvirt, StoreError.
    [[nodiscard]] virtual Task<Result<QList<Finding>>> tryQemu() = 0;
};

} // namespace lockstep
