// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairService.h"
#include "peer/Peers.h"

#include <QByteArray>

namespace lockstep {

/// This host's figures for Prometheus and the like, in the OpenMetrics text format.
/// docs/metrics.md has all of them.
[[nodiscard]] QByteArray exposition(const PairService& pairs, const Peers& peers);

} // namespace lockstep
