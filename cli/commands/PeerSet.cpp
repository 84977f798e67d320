// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string peer;
    std::optional<quint64> intervalMs;
    std::optional<quint64> timeoutMs;
    std::optional<std::string> secondPath;
};

Result<int> run(const Arguments& arguments, bool json)
{
    HeartbeatChange change{
        .intervalMs = arguments.intervalMs, .timeoutMs = arguments.timeoutMs, .secondPath = {}};
    if (arguments.secondPath)
        change.secondPath = *arguments.secondPath == "none"
            ? QString{}
            : QString::fromStdString(*arguments.secondPath);
    if (!change.intervalMs && !change.timeoutMs && !change.secondPath) {
        return failure(Errc::InvalidArgument, u"there is nothing to set"_s,
                       u"Give at least one option; 'lockstep peer set --help' lists them."_s);
    }
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto peer = daemon->peer(QString::fromStdString(arguments.peer));
    if (!peer)
        return std::unexpected{peer.error()};
    const auto changed = daemon->setHeartbeat(peer->path, change);
    if (!changed)
        return std::unexpected{changed.error()};
    const QJsonObject& now = changed->properties;
    if (json) {
        printJson(now);
        return 0;
    }
    const QString second = now[u"second-path"].toString();
    writeLine(
        Stream::Out,
        u"%1: heartbeats every %2 ms, timeout %3 ms, second path %4"_s.arg(now[u"name"].toString())
            .arg(now[u"heartbeat-interval-ms"].toInteger())
            .arg(now[u"heartbeat-timeout-ms"].toInteger())
            .arg(second.isEmpty() ? u"none"_s : second));
    return 0;
}

} // namespace

void addPeerSet(CLI::App& peer, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const app =
        addCommand(peer, context, "set", "Change this host's heartbeats to and from a host",
                   [arguments, &context] { return run(*arguments, context.json); });
    peerArgument(app, arguments->peer);
    ofKind(app->add_option("--heartbeat-interval", arguments->intervalMs,
                           "Milliseconds between two heartbeats, 20 to 1000"),
           Kind::Milliseconds);
    ofKind(app->add_option("--heartbeat-timeout", arguments->timeoutMs,
                           "Milliseconds without any, two intervals to 10000"),
           Kind::Milliseconds);
    suggesting(app->add_option("--second-path", arguments->secondPath,
                               "Its address on a second network, or 'none'")
                   ->type_name("ADDRESS"),
               {"none"});
}

} // namespace lockstep::cli
