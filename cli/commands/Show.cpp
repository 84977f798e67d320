// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// E.g. "etcd (wait): cannot decide: witness does not answer".
QString arbiterOf(const QJsonObject& pair)
{
    QString text = pair[u"arbiter"].toString();
    if (text == u"etcd")
        text += u" (on loss: %1)"_s.arg(pair[u"on-arbiter-loss"].toString());
    if (const qint64 rejections = pair[u"arbiter-rejections"].toInteger(); rejections > 0)
        text += u"; answers rejected: %1"_s.arg(rejections);
    const QString error = pair[u"arbiter-error"].toString();
    return error.isEmpty() ? text : u"%1; cannot decide: %2"_s.arg(text, error);
}

/// E.g. "auto (now remus with 25ms)".
QString modeAndChoice(const QJsonObject& pair)
{
    QString mode = pair[u"mode"].toString();
    if (mode != pair_setting::automatic)
        return mode;
    QString now = pair[u"mode-in-force"].toString();
    const auto setting = findPairSetting(pair_setting::period);
    if (const auto period = pair[u"period-in-force-usec"]; setting && period.toInteger() > 0)
        now += u" with %1"_s.arg(showPairSetting(**setting, period));
    return u"%1 (now %2)"_s.arg(mode, now);
}

/// E.g. "remus, period=25ms": with what differs from its default.
QString modeOf(const QJsonObject& pair)
{
    QStringList parts{modeAndChoice(pair)};
    for (const PairSetting& setting : pairSettings()) {
        // The others have lines of their own.
        const bool isOfMode = setting.kind != PairSetting::Kind::Flag
            && (setting.kind != PairSetting::Kind::Word
                || setting.name == pair_setting::compression);
        const auto value = pair[memberOf(setting)];
        if (isOfMode && value != defaultOf(setting))
            parts << u"%1=%2"_s.arg(setting.name, showPairSetting(setting, value));
    }
    return parts.join(u", "_s);
}

void printPair(const QJsonObject& pair)
{
    const QString word = pair[u"state"].toString();
    const QString shown = hasColours(Stream::Out) ? painted(word, colourOf(word)) : word;
    const QString state =
        pair[u"suspended"].toBool() ? u"%1, the guest is suspended"_s.arg(shown) : shown;
    printFields(
        {{u"domain"_s, pair[u"domain"].toString()},
         {u"uuid"_s, pair[u"uuid"].toString()},
         {u"role"_s, pair[u"role"].toString()},
         {u"state"_s, state},
         {u"since"_s, formatTime(pair[u"since"].toString())},
         {u"reason"_s, pair[u"reason"].toString()},
         {u"peer"_s,
          u"%1 (%2)"_s.arg(pair[u"peer-name"].toString(),
                           pair[u"peer-connected"].toBool() ? u"connected"_s : u"unreachable"_s)},
         {u"arbiter"_s, arbiterOf(pair)},
         {u"auto-protect"_s, pair[u"auto-protect"].toBool() ? u"yes"_s : u"no"_s},
         {u"reuse-disks"_s, pair[u"reuse-disks"].toBool() ? u"yes"_s : u"no"_s},
         {u"mode"_s, modeOf(pair)},
         {u"epoch"_s, QString::number(pair[u"epoch"].toInteger())},
         {u"checkpoints"_s, QString::number(pair[u"checkpoints"].toInteger())}});
    Table disks{{u"DISK"_s, u"SIZE"_s, u"SOURCE"_s, u"REPLICA"_s}};
    for (const auto& value : pair[u"disks"].toArray()) {
        const QJsonObject disk = value.toObject();
        disks.addRow({disk[u"target"].toString(), formatBytes(disk[u"size-bytes"].toInteger()),
                      disk[u"source"].toString(), disk[u"replica"].toString()});
    }
    Table nics{{u"NIC"_s, u"MAC"_s, u"BRIDGE"_s}};
    for (const auto& value : pair[u"nics"].toArray()) {
        const QJsonObject nic = value.toObject();
        nics.addRow({nic[u"alias"].toString(), nic[u"mac"].toString(), nic[u"bridge"].toString()});
    }
    for (const Table& table : {disks, nics}) {
        if (table.isEmpty())
            continue;
        writeLine(Stream::Out, {});
        table.print();
    }
}

Result<int> run(const QString& domain, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto pair = daemon->pair(domain);
    if (!pair)
        return std::unexpected{pair.error()};
    if (json)
        printJson(pair->properties);
    else
        printPair(pair->properties);
    return 0;
}

} // namespace

void addShow(CLI::App& app, Context& context)
{
    const auto domain = std::make_shared<std::string>();
    CLI::App* const command =
        addCommand(app, context, "show", "All that is known of one pair", [domain, &context] {
            return run(QString::fromStdString(*domain), context.json);
        });
    pairArgument(command, *domain);
}

} // namespace lockstep::cli
