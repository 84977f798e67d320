// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"
#include "dbus/Fingerprint.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr int shownBlocks = 4;

/// "0.2 ms", "-" if it is not known.
QString roundTrip(const QJsonObject& peer)
{
    const double ms = peer[u"round-trip-microseconds"].toDouble() / 1000;
    return ms > 0 ? u"%1 ms"_s.arg(ms, 0, 'f', 1) : u"-"_s;
}

/// "0 %", "-" without heartbeats.
QString loss(const QJsonObject& peer)
{
    if (peer[u"health"] == "unknown"_L1)
        return u"-"_s;
    return u"%1 %"_s.arg(peer[u"loss-percent"].toDouble(), 0, 'f', 0);
}

Result<int> showOwn(Daemon& daemon, bool json)
{
    const auto own = daemon.own();
    if (!own)
        return std::unexpected{own.error()};
    if (json) {
        printJson(*own);
    } else {
        printFields(
            {{u"name"_s, (*own)[u"host-name"].toString()},
             {u"fingerprint"_s, dbus::groupedFingerprint((*own)[u"fingerprint"].toString())},
             {u"version"_s, (*own)[u"version"].toString()}});
    }
    return 0;
}

Result<int> run(bool own, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    if (own)
        return showOwn(*daemon, json);
    const auto peers = daemon->peers();
    if (!peers)
        return std::unexpected{peers.error()};
    QJsonArray all;
    Table table{{u"NAME"_s, u"ADDRESS"_s, u"TRUST"_s, u"LINK"_s, u"HEALTH"_s, u"RTT"_s, u"LOSS"_s,
                 u"FINGERPRINT"_s}};
    for (const RemoteObject& peer : *peers) {
        all.append(peer.properties);
        table.addRow(
            {peer.properties[u"name"].toString(), peer.properties[u"address"].toString(),
             peer.properties[u"trust"].toString(),
             peer.properties[u"connected"].toBool() ? u"connected"_s : u"unreachable"_s,
             peer.properties[u"health"].toString(), roundTrip(peer.properties),
             loss(peer.properties),
             dbus::groupedFingerprint(peer.properties[u"fingerprint"].toString(), shownBlocks)
                 + u" …"_s},
            4);
    }
    if (json)
        printJson({{u"peers"_s, all}});
    else if (table.isEmpty())
        writeLine(Stream::Err, u"no peers; add a host with 'lockstep peer add ADDRESS'"_s);
    else
        table.print();
    return 0;
}

} // namespace

void addPeerList(CLI::App& peer, Context& context)
{
    const auto own = std::make_shared<bool>(false);
    CLI::App* const app = addCommand(peer, context, "list", "The hosts that this one knows",
                                     [own, &context] { return run(*own, context.json); });
    app->add_flag("--own", *own, "Show this host's own name and fingerprint instead");
}

} // namespace lockstep::cli
