// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

namespace lockstep::cli {

/// Shows a job's progress until it ends, and returns how it ended. Ctrl-C asks at a terminal
/// whether to cancel it; else, or with a second Ctrl-C, it is left running: Cancelled, as for a job
/// that was cancelled. A job that failed is its error.
[[nodiscard]] Result<QJsonObject> followJob(Daemon& daemon, const sdbus::ObjectPath& path);

/// What commands do with a job that they have started: follow it, or only tell its number.
/// `sentence` is printed when it is done, with what it measured.
[[nodiscard]] Result<int> finishWithJob(Daemon& daemon, const sdbus::ObjectPath& path, bool wait,
                                        bool json, const QString& sentence);

} // namespace lockstep::cli
