// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "dbus/Fingerprint.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

Result<int> run(const QString& address, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto probe = daemon->probe(address);
    if (!probe)
        return std::unexpected{probe.error()};
    if (json)
        printJson({{u"name"_s, probe->name},
                   {u"address"_s, address},
                   {u"fingerprint"_s, probe->fingerprint},
                   {u"version"_s, probe->version}});
    else
        printFields({{u"name"_s, probe->name},
                     {u"address"_s, address},
                     {u"fingerprint"_s, dbus::groupedFingerprint(probe->fingerprint)},
                     {u"version"_s, probe->version}});
    return 0;
}

} // namespace

void addPeerProbe(CLI::App& peer, Context& context)
{
    const auto address = std::make_shared<std::string>();
    addCommand(peer, context, "probe", "Ask a host who it is; trusts and keeps nothing",
               [address, &context] { return run(QString::fromStdString(*address), context.json); })
        ->add_option("ADDRESS", *address, "Its address on the dedicated link, HOST or HOST:PORT")
        ->required();
}

} // namespace lockstep::cli
