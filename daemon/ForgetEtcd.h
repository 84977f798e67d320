// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "base/Error.h"

namespace lockstep {

/// Forgets which etcd cluster the pairs' records are in: for an administrator who has set etcd up
/// anew. The next answer decides which one it is from then on; not for a lockstepd that runs.
/// Blocks. Errors: StoreError.
[[nodiscard]] Result<void> forgetEtcd(const Config& config);

} // namespace lockstep
