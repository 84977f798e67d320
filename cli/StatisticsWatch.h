// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

#include <QStringList>

namespace lockstep::cli {

/// Which statistics are shown.
struct StatisticsSelection
{
    QStringList domains; ///< Empty: all pairs of this host.
    std::chrono::milliseconds length{0}; ///< So much of the time until now.
    quint64 checkpoints{0}; ///< The newest so many one by one.
};

/// Of each pair what it is ("uuid", "domain", "role", "state", "peer-name") and what
/// Daemon::statistics() gives, by domain. Errors: as of Daemon::pair() and Daemon::statistics().
[[nodiscard]] Result<QList<QJsonObject>> selectStatistics(Daemon& daemon,
                                                          const StatisticsSelection& selection);

/// Shows them anew each second, until Ctrl-C: in place on a terminal, else one after the other. A
/// daemon that goes is waited for. Returns the exit status. Errors: as of selectStatistics() at
/// first; DaemonUnavailable if the bus is gone.
[[nodiscard]] Result<int> watchStatistics(Daemon& daemon, const StatisticsSelection& selection,
                                          bool json);

} // namespace lockstep::cli
