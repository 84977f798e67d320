// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "doctor/Findings.h"
#include "doctor/HostReport.h"
#include "hypervisor/Hypervisor.h"

namespace lockstep::doctor {

/// What libvirt told of this host, or why it did not: its version, QEMU's, KVM, its hook.
[[nodiscard]] QList<Finding> judgeHypervisor(const Result<HostFacts>& facts);

/// What both hosts run, with `peer` being the name of the other one.
[[nodiscard]] QList<Finding> compareVersions(const HostReport& own, const HostReport& theirs,
                                             const QString& peer);

} // namespace lockstep::doctor
