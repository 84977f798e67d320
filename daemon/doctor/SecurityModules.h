// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "doctor/Findings.h"

namespace lockstep::doctor {

/// Whether AppArmor or SELinux confine libvirt's QEMU and do not know Lockstep's files. `root` is
/// where /sys and /etc are looked for, "" for this host's. Blocks.
[[nodiscard]] Finding examineSecurityModules(const QString& root, const Config& config);

} // namespace lockstep::doctor
