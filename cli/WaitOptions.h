// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>

namespace lockstep::cli {

/// Whether a command stays with the job that it started; for how long, says --timeout, which every
/// command has (Bus::timeout()).
struct WaitOptions
{
    bool noWait{false};
};

/// Adds --wait and --no-wait to a command that starts a job.
void addWaitOptions(CLI::App* command, WaitOptions& waiting);

} // namespace lockstep::cli
