// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"
#include "cli/WaitOptions.h"

namespace lockstep::cli {

/// Shows a job's progress until it ends, and returns how it ended. Ctrl-C asks at a terminal
/// whether to cancel it; else, or with a second Ctrl-C, it is left running: Cancelled, as for a job
/// that was cancelled. SIGTERM leaves it running without asking. A job that failed is its error;
/// with a limit: Timeout if it goes on longer.
[[nodiscard]] Result<QJsonObject> followJob(Daemon& daemon, const sdbus::ObjectPath& path,
                                            std::optional<std::chrono::seconds> limit);

/// What commands do with a job that they have started: follow it, as long as --timeout says, or
/// only tell its number. `sentence` is printed when it is done, with what it measured.
[[nodiscard]] Result<int> finishWithJob(Daemon& daemon, const sdbus::ObjectPath& path,
                                        const WaitOptions& waiting, bool json,
                                        const QString& sentence);

} // namespace lockstep::cli
