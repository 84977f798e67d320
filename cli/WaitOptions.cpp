// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/WaitOptions.h"

#include "cli/Command.h"

namespace lockstep::cli {

void addWaitOptions(CLI::App* command, WaitOptions& waiting)
{
    constexpr quint64 aDay = 86'400;
    CLI::Option* const wait =
        command->add_flag("--wait", "Return when the job has ended (what it does anyway)");
    CLI::Option* const noWait =
        command->add_flag("--no-wait", waiting.noWait, "Return when the job has been started");
    CLI::Option* const timeout =
        ofKind(command->add_option("--timeout", waiting.seconds,
                                   "Wait no longer for the job, which goes on; 1 to 86400"),
               Kind::Seconds)
            ->check(CLI::Range(quint64{1}, aDay));
    noWait->excludes(wait)->excludes(timeout);
}

} // namespace lockstep::cli
