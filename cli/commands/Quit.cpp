// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"

namespace lockstep::cli {

void addQuit(CLI::App& app, Context& context)
{
    if (!context.inShell)
        return;
    for (const char* name : {"quit", "exit"}) {
        addCommand(app, context, name, "Leave the shell", [&context] {
            context.leave = true;
            return 0;
        });
    }
}

} // namespace lockstep::cli
