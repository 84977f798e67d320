// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <CLI/CLI.hpp>

#include <QtTypes>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::cli {

/// Options that count for every command, and for all those of a shell.
struct CommonOptions
{
    bool json{false};
    std::optional<quint64> timeout; ///< In seconds: how long to wait for an answer, or for a job.
};

/// What the command line came to.
struct Context : CommonOptions
{
    bool lines{false}; ///< The command prints one JSON value a line, so its error is one, too.
    std::string connect; ///< The host to speak to, as of parseTarget(); empty for this one.
    bool inShell{false}; ///< The line was typed in the shell, or stands in a script.
    bool leave{false}; ///< The shell shall end.
    /// The command, with its arguments; returns the exit status. Set by the parser; not set if
    /// there was none.
    std::function<Result<int>()> run;
};

using Command = std::function<Result<int>()>;

/// `list --all`, in commands/ListAll.cpp.
[[nodiscard]] Result<int> listAllDomains(bool json);

/// Adds a command that takes the global options after its name, too. Which group of `help` it is
/// shown in, and where, says the table in Commands.cpp.
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

/// What an argument names, which says how it is completed and what help calls its value.
enum class Kind {
    Domain, ///< A running domain of libvirt.
    AnyDomain, ///< One of libvirt that may be off.
    Pair, ///< A domain that is, or was, protected.
    Peer,
    Stranger, ///< A host that asked to pair with this one.
    HostOrPeer, ///< This host, or a peer.
    Job,
    RunningJob,
    CancellableJob,
    Setting, ///< Of lockstepd, as in lockstepd.conf.
    Host, ///< Another host, as ssh knows it.
    File,
    Directory,
    Number,
    Seconds,
    Milliseconds,
    Text,
};

/// Says of what kind an argument is; returns it.
CLI::Option* ofKind(CLI::Option* option, Kind kind);
/// Offers `values` in completion and in the documents, but takes others, too.
CLI::Option* suggesting(CLI::Option* option, const std::vector<std::string>& values);

/// The usual positional arguments; required unless ->required(false).
CLI::Option* domainArgument(CLI::App* command, std::string& value,
                            const std::string& purpose = "Name, UUID or id of a running domain");
CLI::Option* pairArgument(CLI::App* command, std::string& value,
                          const std::string& purpose = "Name, UUID or id of the domain");
CLI::Option*
peerArgument(CLI::App* command, std::string& value,
             const std::string& purpose = "Its name, address or the beginning of its fingerprint");
CLI::Option* jobArgument(CLI::App* command, quint64& value,
                         const std::string& purpose = "Its number");

/// Adds all commands, in the order of `help`. Both arguments must outlive what they are parsed to.
void addCommands(CLI::App& app, Context& context);

// One file each in commands/.
void addPeerAdd(CLI::App& peer, Context& context);
void addPeerAccept(CLI::App& peer, Context& context);
void addPeerProbe(CLI::App& peer, Context& context);
void addPeerList(CLI::App& peer, Context& context);
void addPeerShow(CLI::App& peer, Context& context);
void addPeerSet(CLI::App& peer, Context& context);
void addPeerRemove(CLI::App& peer, Context& context);
void addPreflight(CLI::App& app, Context& context);
void addDoctor(CLI::App& app, Context& context);
void addProtect(CLI::App& app, Context& context);
void addList(CLI::App& app, Context& context);
void addShow(CLI::App& app, Context& context);
void addStats(CLI::App& app, Context& context);
void addSet(CLI::App& app, Context& context);
void addConfig(CLI::App& app, Context& context);
void addEvents(CLI::App& app, Context& context);
void addTakeover(CLI::App& app, Context& context);
void addSwitchover(CLI::App& app, Context& context);
void addHostCommands(CLI::App& app, Context& context);
void addContinueAlone(CLI::App& app, Context& context);
void addUnprotect(CLI::App& app, Context& context);
void addJobCommands(CLI::App& app, Context& context);
void addHelp(CLI::App& app, Context& context);
void addDescribe(CLI::App& app, Context& context);
void addQuit(CLI::App& app, Context& context);

} // namespace lockstep::cli
