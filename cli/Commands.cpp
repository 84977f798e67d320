// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"

#include <array>

namespace lockstep::cli {

namespace {

constexpr const char* protection = "Protection";
constexpr const char* hosts = "Hosts and peers";
constexpr const char* jobs = "Jobs and events";
constexpr const char* settings = "Settings";
constexpr const char* program = "Program";
constexpr const char* hidden = "";

void addPeerCommands(CLI::App& app, Context& context)
{
    CLI::App* const peer = addGroup(app, "peer", "The other hosts that this one trusts");
    addPeerAdd(*peer, context);
    addPeerAccept(*peer, context);
    addPeerProbe(*peer, context);
    addPeerList(*peer, context);
    addPeerShow(*peer, context);
    addPeerSet(*peer, context);
    addPeerRemove(*peer, context);
}

struct Entry
{
    const char* group;
    void (*add)(CLI::App& app, Context& context);
};

/// The order and the groups of `help`, of the man page and of completion.
constexpr std::array entries{
    Entry{protection, addList},      Entry{protection, addShow},
    Entry{protection, addStats},     Entry{protection, addPreflight},
    Entry{protection, addProtect},   Entry{protection, addSwitchover},
    Entry{protection, addTakeover},  Entry{protection, addContinueAlone},
    Entry{protection, addUnprotect}, Entry{hosts, addPeerCommands},
    Entry{hosts, addHostCommands},   Entry{hosts, addDoctor},
    Entry{jobs, addJobCommands},     Entry{jobs, addEvents},
    Entry{settings, addSet},         Entry{settings, addConfig},
    Entry{program, addHelp},         Entry{program, addQuit},
    Entry{hidden, addDescribe},
};

/// What stands for a value in help; CommandTree.cpp reads the kind from it.
const char* wordFor(Kind kind)
{
    switch (kind) {
    case Kind::Domain:
        return "DOMAIN";
    case Kind::AnyDomain:
        return "ANY-DOMAIN";
    case Kind::Pair:
        return "PAIR";
    case Kind::Peer:
        return "PEER";
    case Kind::Stranger:
        return "STRANGER";
    case Kind::HostOrPeer:
        return "HOST|PEER";
    case Kind::Job:
        return "JOB";
    case Kind::RunningJob:
        return "RUNNING-JOB";
    case Kind::CancellableJob:
        return "CANCELLABLE-JOB";
    case Kind::Setting:
        return "KEY";
    case Kind::Host:
        return "HOST";
    case Kind::File:
        return "FILE";
    case Kind::Directory:
        return "DIR";
    case Kind::Number:
        return "NUMBER";
    case Kind::Seconds:
        return "SECONDS";
    case Kind::Milliseconds:
        return "MS";
    case Kind::Text:
        return "TEXT";
    }
    return "TEXT";
}

} // namespace

CLI::Option* ofKind(CLI::Option* option, Kind kind) { return option->type_name(wordFor(kind)); }

CLI::Option* suggesting(CLI::Option* option, const std::vector<std::string>& values)
{
    // Nearly as CLI::IsMember describes itself, but nothing is refused.
    return option->check(CLI::Validator{[](std::string& /*value*/) { return std::string{}; },
                                        "like " + CLI::detail::generate_set(values)});
}

CLI::Option* domainArgument(CLI::App* command, std::string& value, const std::string& purpose)
{
    return ofKind(command->add_option("DOMAIN", value, purpose)->required(), Kind::Domain);
}

CLI::Option* pairArgument(CLI::App* command, std::string& value, const std::string& purpose)
{
    return ofKind(command->add_option("DOMAIN", value, purpose)->required(), Kind::Pair);
}

CLI::Option* peerArgument(CLI::App* command, std::string& value, const std::string& purpose)
{
    return ofKind(command->add_option("PEER", value, purpose)->required(), Kind::Peer);
}

CLI::Option* jobArgument(CLI::App* command, quint64& value, const std::string& purpose)
{
    return ofKind(command->add_option("JOB", value, purpose)->required(), Kind::Job);
}

void addCommands(CLI::App& app, Context& context)
{
    for (const Entry& entry : entries) {
        const std::size_t before = app.get_subcommands({}).size();
        entry.add(app, context);
        const auto all = app.get_subcommands({});
        for (std::size_t n = before; n < all.size(); ++n)
            all[n]->group(entry.group);
    }
}

} // namespace lockstep::cli
