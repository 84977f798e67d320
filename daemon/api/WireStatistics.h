// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Wire.h"
#include "statistics/Report.h"

namespace lockstep::wire {

/// What GetStatistics is asked for; `now` is in microseconds since 1970 UTC. Refuses unknown and
/// mistyped options: InvalidArgument.
[[nodiscard]] Result<StatisticsQuery> statisticsQuery(uint64_t since, uint64_t until,
                                                      const Dictionary& options, qint64 now);
/// What it answers.
[[nodiscard]] Dictionary dictionary(const StatisticsReport& report,
                                    const LifetimeFigures& lifetime);

} // namespace lockstep::wire
