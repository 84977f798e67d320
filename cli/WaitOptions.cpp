// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/WaitOptions.h"

namespace lockstep::cli {

void addWaitOptions(CLI::App* command, WaitOptions& waiting)
{
    CLI::Option* const wait =
        command->add_flag("--wait", "Return when the job has ended (what it does anyway)");
    command->add_flag("--no-wait", waiting.noWait, "Return when the job has been started")
        ->excludes(wait);
}

} // namespace lockstep::cli
