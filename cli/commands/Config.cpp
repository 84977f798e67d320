// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Text.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// "1000 ms"; "-" for nothing.
QString shown(const QJsonObject& setting, const QString& member)
{
    const QString value = setting[member].toString();
    if (value.isEmpty())
        return u"-"_s;
    const QString unit = setting[u"unit"].toString();
    return unit.isEmpty() ? value : u"%1 %2"_s.arg(value, unit);
}

void printAll(const QString& file, const QJsonArray& settings)
{
    Table table{{u"KEY"_s, u"VALUE"_s, u"DEFAULT"_s, u"FROM"_s, u"ALLOWED"_s}};
    for (const auto& value : settings) {
        const QJsonObject setting = value.toObject();
        table.addRow({setting[u"key"].toString(), shown(setting, u"value"_s),
                      shown(setting, u"default"_s),
                      setting[u"from-file"].toBool() ? u"file"_s : u"default"_s,
                      setting[u"allowed"].toString()});
    }
    table.print();
    writeLine(
        Stream::Err,
        u"the file is %1; after a change: systemctl restart lockstepd (protection goes on meanwhile)"_s
            .arg(file));
}

Result<int> run(const QString& key, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto configuration = daemon->configuration();
    if (!configuration)
        return std::unexpected{configuration.error()};
    const QJsonArray settings = configuration->value(u"settings").toArray();
    if (key.isEmpty()) {
        if (json)
            printJson(*configuration);
        else
            printAll(configuration->value(u"file").toString(), settings);
        return 0;
    }
    for (const auto& value : settings) {
        const QJsonObject setting = value.toObject();
        if (setting[u"key"].toString() != key)
            continue;
        if (json)
            printJson(
                {{u"file"_s, (*configuration)[u"file"]}, {u"settings"_s, QJsonArray{setting}}});
        else
            writeLine(Stream::Out, setting[u"value"].toString());
        return 0;
    }
    return failure(Errc::InvalidArgument,
                   u"lockstepd has no setting \"%1\""_s.arg(shortened(key, 80)),
                   u"'lockstep config' lists them, section and name: control.port."_s);
}

} // namespace

void addConfig(CLI::App& app, Context& context)
{
    const auto key = std::make_shared<std::string>();
    CLI::App* const command =
        addCommand(app, context, "config", "The settings of this host's lockstepd",
                   [key, &context] { return run(QString::fromStdString(*key), context.json); });
    ofKind(command->add_option("KEY", *key, "Print the value of this one only, e.g. control.port"),
           Kind::Setting);
}

} // namespace lockstep::cli
