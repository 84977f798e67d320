// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "doctor/Findings.h"

namespace lockstep::doctor {

/// Whether private keys, the state and passwords can be read by nobody but their owners, and the
/// settings by nobody else if there are passwords in them. Blocks.
[[nodiscard]] QList<Finding> examineSecrets(const Config& config);

} // namespace lockstep::doctor
