// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "base/Task.h"
#include "doctor/Findings.h"

namespace lockstep::doctor {

/// Whether each peer could be turned off: asks its agent for the status and nothing else. `peers`
/// are the names of the hosts that this one trusts. Nothing if no agent is configured.
[[nodiscard]] Task<QList<Finding>> examineFence(Config config, QStringList peers);

} // namespace lockstep::doctor
