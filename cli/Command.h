// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace lockstep::cli {

/// What the command line came to.
struct Context
{
    bool json{false};
    /// The command, with its arguments; returns the exit status. Set by the parser.
    std::function<Result<int>()> run;
};

using Command = std::function<Result<int>()>;

/// Adds a command that takes the global options after its name, too.
inline CLI::App* addCommand(CLI::App& parent, Context& context, const std::string& name,
                            const std::string& purpose, Command command)
{
    CLI::App* const app = parent.add_subcommand(name, purpose);
    app->fallthrough();
    app->callback([&context, command = std::move(command)] { context.run = command; });
    return app;
}

/// A command that only groups others.
inline CLI::App* addGroup(CLI::App& parent, const std::string& name, const std::string& purpose)
{
    CLI::App* const app = parent.add_subcommand(name, purpose);
    app->fallthrough();
    app->require_subcommand(1);
    return app;
}

// One file each in commands/.
void addPeerAdd(CLI::App& peer, Context& context);
void addPeerAccept(CLI::App& peer, Context& context);
void addPeerList(CLI::App& peer, Context& context);
void addPeerShow(CLI::App& peer, Context& context);
void addPeerSet(CLI::App& peer, Context& context);
void addPeerRemove(CLI::App& peer, Context& context);
void addPreflight(CLI::App& app, Context& context);
void addDoctor(CLI::App& app, Context& context);
void addProtect(CLI::App& app, Context& context);
void addList(CLI::App& app, Context& context);
void addShow(CLI::App& app, Context& context);
void addEvents(CLI::App& app, Context& context);
void addTakeover(CLI::App& app, Context& context);
void addSwitchover(CLI::App& app, Context& context);
void addHostCommands(CLI::App& app, Context& context);
void addContinueAlone(CLI::App& app, Context& context);
void addUnprotect(CLI::App& app, Context& context);
void addJobCommands(CLI::App& app, Context& context);

} // namespace lockstep::cli
