// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "replication/DomainModel.h"
#include "replication/Spec.h"

namespace lockstep {

/// A running domain as libvirt's XML and QEMU itself describe it.
struct Description
{
    DomainModel model;     ///< Of the live XML.
    ReplicationSpec spec;  ///< Disks with nodes and sizes, NICs, an unused iothread id; no
                           ///< addresses, ports or replicas.
    QStringList blockJobs; ///< Ids of the block jobs that run.
};

/// Errors: those of Hypervisor and Monitor; Malformed if XML and QEMU do not fit together.
[[nodiscard]] Task<Result<Description>> describe(Hypervisor* hypervisor, DomainUuid domain);

} // namespace lockstep
