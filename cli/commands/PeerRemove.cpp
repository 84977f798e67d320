// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

Result<int> run(const QString& name, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto peer = daemon->peer(name);
    if (!peer)
        return std::unexpected{peer.error()};
    if (const auto removed = daemon->removePeer(peer->path); !removed)
        return std::unexpected{removed.error()};
    if (json)
        printJson(peer->properties);
    else
        writeLine(Stream::Out, u"%1 is forgotten here"_s.arg(peer->properties[u"name"].toString()));
    return 0;
}

} // namespace

void addPeerRemove(CLI::App& peer, Context& context)
{
    const auto name = std::make_shared<std::string>();
    CLI::App* const app = addCommand(peer, context, "remove", "Forget a host", [name, &context] {
        return run(QString::fromStdString(*name), context.json);
    });
    peerArgument(app, *name);
}

} // namespace lockstep::cli
