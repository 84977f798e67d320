// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Command.h"

#include <QString>

namespace lockstep::cli {

/// What `lockstep` does without a command. At a terminal: reads lines until quit, exit or Ctrl-D;
/// a command that fails does not end it, and its status is 0. Else: reads a script from standard
/// input; its status is that of the first command that failed. `common` counts for all of them.
[[nodiscard]] int runShell(const CommonOptions& common);

/// Runs the commands of one line, e.g. "list; show web1"; the status is as of a script.
[[nodiscard]] int runLine(const QString& line, const CommonOptions& common);

} // namespace lockstep::cli
