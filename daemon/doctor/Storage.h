// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "doctor/Findings.h"

namespace lockstep::doctor {

/// The folder of replicas: there, writable, with room. Blocks, for good if its disk hangs.
[[nodiscard]] QList<Finding> examineImages(const Config& config);
/// The folder of lockstepd's state: its owner's alone to write, with room. Blocks.
[[nodiscard]] QList<Finding> examineState(const Config& config);

} // namespace lockstep::doctor
