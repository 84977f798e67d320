// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Fingerprints.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

#include <QStringList>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string peer;
    std::string fingerprint;
    bool yes{false};
};

/// The host that was named, or the only one that asked.
Result<RemoteObject> find(Daemon& daemon, const QString& name)
{
    if (!name.isEmpty())
        return daemon.peer(name);
    const auto peers = daemon.peers();
    if (!peers)
        return std::unexpected{peers.error()};
    QList<RemoteObject> waiting;
    QStringList names;
    for (const RemoteObject& peer : *peers) {
        if (peer.properties[u"trust"] == "asked"_L1) {
            waiting.append(peer);
            names.append(peer.properties[u"name"].toString());
        }
    }
    if (waiting.isEmpty()) {
        return failure(
            Errc::UnknownPeer, u"no host waits to be accepted"_s,
            u"Run 'lockstep peer add' with this host's address on the other host first."_s);
    }
    if (waiting.size() > 1) {
        return failure(Errc::InvalidArgument,
                       u"several hosts wait to be accepted: %1"_s.arg(names.join(u", "_s)),
                       u"Name one of them: 'lockstep peer accept %1'."_s.arg(names.first()));
    }
    return waiting.first();
}

Result<int> run(const Arguments& arguments, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto peer = find(*daemon, QString::fromStdString(arguments.peer));
    if (!peer)
        return std::unexpected{peer.error()};
    const Stranger stranger{.name = peer->properties[u"name"].toString(),
                            .address = peer->properties[u"address"].toString(),
                            .fingerprint = peer->properties[u"fingerprint"].toString()};
    const auto accepted =
        confirmFingerprint(*daemon, stranger, QString::fromStdString(arguments.fingerprint),
                           arguments.yes)
            .and_then([&](const QString& fingerprint) {
                return daemon->acceptPeer(peer->path, fingerprint);
            });
    if (!accepted)
        return std::unexpected{accepted.error()};
    if (json)
        printJson(accepted->properties);
    else
        writeLine(Stream::Out, u"%1 and this host trust each other"_s.arg(stranger.name));
    return 0;
}

} // namespace

void addPeerAccept(CLI::App& peer, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const app =
        addCommand(peer, context, "accept", "Trust a host that asked to pair with this one",
                   [arguments, &context] { return run(*arguments, context.json); });
    ofKind(peerArgument(app, arguments->peer, "Which one, if several asked"), Kind::Stranger)
        ->required(false);
    app->add_option("--fingerprint", arguments->fingerprint,
                    "Trust it only if it shows this fingerprint")
        ->type_name("FINGERPRINT");
    app->add_flag("--yes", arguments->yes, "Trust whatever it shows, without comparing");
}

} // namespace lockstep::cli
