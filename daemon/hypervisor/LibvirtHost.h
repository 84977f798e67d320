// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "hypervisor/LibvirtConnection.h"

/// The blocking calls on the host as a whole; as in LibvirtDomains.h.
namespace lockstep::libvirtHost {

[[nodiscard]] Result<HostFacts> facts(LibvirtConnection& connection);
[[nodiscard]] Result<QString> cpuProblem(LibvirtConnection& connection, const QString& domainXml);

} // namespace lockstep::libvirtHost
