// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "dbus/Fingerprint.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

QString describe(const QJsonObject& path)
{
    const auto ms = [&path](QStringView key) {
        return QString::number(path[key].toDouble() / 1000, 'f', 1);
    };
    QString state = u"%1, %2"_s.arg(path[u"remote-address"].toString(),
                                    path[u"up"].toBool() ? u"up"_s : u"down"_s);
    if (path[u"round-trip-us"].toInteger() == 0)
        return state;
    return u"%1, round trip %2 ms (%3 to %4), loss %5 %"_s
        .arg(state, ms(u"round-trip-us"), ms(u"round-trip-min-us"), ms(u"round-trip-max-us"))
        .arg(path[u"loss-percent"].toDouble(), 0, 'f', 1);
}

QList<std::pair<QString, QString>> heartbeatFields(const QJsonObject& peer)
{
    QList<std::pair<QString, QString>> fields{
        {u"health"_s,
         u"%1: %2"_s.arg(peer[u"health"].toString(), peer[u"health-reason"].toString())},
        {u"heartbeats"_s,
         u"every %1 ms, timeout %2 ms"_s.arg(peer[u"heartbeat-interval-ms"].toInteger())
             .arg(peer[u"heartbeat-timeout-ms"].toInteger())}};
    for (const auto& path : peer[u"paths"].toArray())
        fields.append({u"%1 path"_s.arg(path[u"name"].toString()), describe(path.toObject())});
    QStringList rejected;
    const QJsonObject counts = peer[u"rejected-datagrams"].toObject();
    for (auto it = counts.begin(); it != counts.end(); ++it)
        rejected << u"%1 %2"_s.arg(it.value().toInteger()).arg(it.key());
    if (!rejected.isEmpty())
        fields.append({u"rejected"_s, rejected.join(u", "_s)});
    return fields;
}

Result<int> run(const QString& name, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto found = daemon->peer(name);
    if (!found)
        return std::unexpected{found.error()};
    const QJsonObject& peer = found->properties;
    if (json) {
        printJson(peer);
        return 0;
    }
    QList<std::pair<QString, QString>> fields{
        {u"name"_s, peer[u"name"].toString()},
        {u"fingerprint"_s, dbus::groupedFingerprint(peer[u"fingerprint"].toString())},
        {u"address"_s,
         u"%1 port %2"_s.arg(peer[u"address"].toString()).arg(peer[u"port"].toInteger())},
        {u"trust"_s, peer[u"trust"].toString()},
        {u"link"_s, peer[u"connected"].toBool() ? u"connected"_s : u"unreachable"_s}};
    const auto addIfKnown = [&](const QString& label, QStringView key) {
        if (const QString value = peer[key].toString(); !value.isEmpty())
            fields.append({label, value});
    };
    addIfKnown(u"our end"_s, u"local-address");
    addIfKnown(u"its end"_s, u"remote-address");
    addIfKnown(u"version"_s, u"version");
    addIfKnown(u"last error"_s, u"last-error");
    fields.append(heartbeatFields(peer));
    printFields(fields);
    return 0;
}

} // namespace

void addPeerShow(CLI::App& peer, Context& context)
{
    const auto name = std::make_shared<std::string>();
    CLI::App* const app =
        addCommand(peer, context, "show", "All that is known of one host",
                   [name, &context] { return run(QString::fromStdString(*name), context.json); });
    peerArgument(app, *name);
}

} // namespace lockstep::cli
