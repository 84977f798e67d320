// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Output.h"
#include "cli/UsageError.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace {

using namespace lockstep;
using namespace lockstep::cli;
using namespace Qt::StringLiterals;

void addCommands(CLI::App& app, Context& context)
{
    CLI::App* const peer = addGroup(app, "peer", "The other hosts that this one trusts");
    addPeerAdd(*peer, context);
    addPeerAccept(*peer, context);
    addPeerList(*peer, context);
    addPeerShow(*peer, context);
    addPeerSet(*peer, context);
    addPeerRemove(*peer, context);
    addPreflight(app, context);
    addDoctor(app, context);
    addProtect(app, context);
    addList(app, context);
    addShow(app, context);
    addEvents(app, context);
    addTakeover(app, context);
    addSwitchover(app, context);
    addContinueAlone(app, context);
    addUnprotect(app, context);
    addHostCommands(app, context);
    addJobCommands(app, context);
}

} // namespace

int main(int argc, char* argv[])
{
    Context context;
    CLI::App app{"Keeps libvirt virtual machines alive when their host dies", "lockstep"};
    app.set_version_flag("--version", "lockstep " LOCKSTEP_VERSION);
    app.add_flag("--json", context.json,
                 "Print JSON on standard output (see lockstep's docs/cli.md)");
    app.require_subcommand(1);
    addCommands(app, context);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& request) {
        return app.exit(request); // --help or --version
    } catch (const CLI::ParseError& error) {
        // Where parsing stopped, --json may not have been seen.
        const std::span arguments{argv, static_cast<std::size_t>(argc)};
        const bool json =
            std::ranges::any_of(arguments, [](std::string_view word) { return word == "--json"; });
        return printError(usageError(app, error), json);
    }
    const auto status = context.run();
    return status ? *status : printError(status.error(), context.json);
}
