// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

namespace lockstep::cli {

/// What `lockstep` does without a command. At a terminal: reads lines until quit, exit or Ctrl-D;
/// a command that fails does not end it, and its status is 0. Else: reads a script from standard
/// input; its status is that of the first command that failed. `json` is --json for all of them.
[[nodiscard]] int runShell(bool json);

/// Runs the commands of one line, e.g. "list; show web1"; the status is as of a script.
[[nodiscard]] int runLine(const QString& line, bool json);

} // namespace lockstep::cli
