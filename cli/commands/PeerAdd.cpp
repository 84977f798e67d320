// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Fingerprints.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string address;
    std::string name;
    std::string fingerprint;
    bool yes{false};
};

Result<RemoteObject> addPeer(Daemon& daemon, const Arguments& arguments)
{
    const QString address = QString::fromStdString(arguments.address);
    const auto probe = daemon.probe(address);
    if (!probe)
        return std::unexpected{probe.error()};
    const Stranger stranger{
        .name = probe->name, .address = address, .fingerprint = probe->fingerprint};
    const auto trusted = confirmFingerprint(
        daemon, stranger, QString::fromStdString(arguments.fingerprint), arguments.yes);
    if (!trusted)
        return std::unexpected{trusted.error()};
    return daemon.addPeer(address, *trusted, QString::fromStdString(arguments.name));
}

Result<int> run(const Arguments& arguments, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto peer = addPeer(*daemon, arguments);
    if (!peer)
        return std::unexpected{peer.error()};
    const QString name = peer->properties[u"name"].toString();
    if (json)
        printJson(peer->properties);
    else if (peer->properties[u"trust"] == "trusted"_L1)
        writeLine(Stream::Out, u"%1 and this host trust each other"_s.arg(name));
    else
        writeLine(Stream::Out,
                  u"%1 is trusted here; now run 'lockstep peer accept' on %1"_s.arg(name));
    return 0;
}

} // namespace

void addPeerAdd(CLI::App& peer, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const app =
        addCommand(peer, context, "add", "Trust another host, and ask it to trust this one",
                   [arguments, &context] { return run(*arguments, context.json); });
    app->add_option("ADDRESS", arguments->address,
                    "Its address on the dedicated link, HOST or HOST:PORT")
        ->required();
    app->add_option("--name", arguments->name, "Call it by another name than its own")
        ->type_name("NAME");
    app->add_option("--fingerprint", arguments->fingerprint,
                    "Trust it only if it shows this fingerprint")
        ->type_name("FINGERPRINT");
    app->add_flag("--yes", arguments->yes, "Trust whatever it shows, without comparing");
}

} // namespace lockstep::cli
