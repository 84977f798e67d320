// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "base/Text.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string domain;
    std::vector<std::string> settings;
};

/// "auto-protect=yes" as D-Bus has it. Errors: InvalidArgument.
Result<void> read(const QString& word, QJsonObject& into)
{
    const auto split = word.indexOf(u'=');
    if (split < 1)
        return failure(Errc::InvalidArgument, u"\"%1\" is not KEY=VALUE"_s.arg(shortened(word, 80)),
                       u"For example: lockstep set DOMAIN auto-protect=yes."_s);
    const auto setting = findPairSetting(word.first(split));
    if (!setting)
        return std::unexpected{setting.error()};
    const PairSetting& known = **setting;
    const QString value = word.sliced(split + 1);
    if (into.contains(known.name))
        return failure(Errc::InvalidArgument, u"%1 is given twice"_s.arg(known.name));
    if (const auto allowed = checkPairSetting(known.name, value); !allowed)
        return allowed;
    into.insert(known.name,
                known.isFlag ? QJsonValue{value == pair_setting::yes} : QJsonValue{value});
    return {};
}

Result<int> run(const Arguments& arguments, bool json)
{
    QJsonObject wanted;
    for (const std::string& word : arguments.settings) {
        if (const auto taken = read(QString::fromStdString(word), wanted); !taken)
            return std::unexpected{taken.error()};
    }
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto pair = daemon->pair(QString::fromStdString(arguments.domain));
    if (!pair)
        return std::unexpected{pair.error()};
    const auto changed = daemon->setSettings(pair->path, wanted);
    if (!changed)
        return std::unexpected{changed.error()};
    const QJsonObject& now = changed->properties;
    if (json) {
        printJson(now);
        return 0;
    }
    QStringList all;
    for (const PairSetting& setting : pairSettings()) {
        const auto value = now[setting.name];
        const QString word = value.isBool()
            ? QString{value.toBool() ? pair_setting::yes : pair_setting::no}
            : value.toString();
        all << u"%1=%2"_s.arg(setting.name, word);
    }
    writeLine(Stream::Out, u"%1: %2"_s.arg(now[u"domain"].toString(), all.join(u' ')));
    return 0;
}

/// What --help says of the settings.
std::string listed()
{
    QString text;
    for (const PairSetting& setting : pairSettings()) {
        QStringList values;
        for (const auto value : setting.values)
            values << value;
        text += u"\n  %1=%2\n      %3; default: %4.\n      Changed %5."_s.arg(
            setting.name, values.join(u'|'), setting.meaning, values.constFirst(), setting.when);
    }
    return text.toStdString();
}

/// Each setting with each of its values.
std::vector<std::string> assignments()
{
    std::vector<std::string> all;
    for (const PairSetting& setting : pairSettings()) {
        for (const auto value : setting.values)
            all.push_back(u"%1=%2"_s.arg(setting.name, value).toStdString());
    }
    return all;
}

} // namespace

void addSet(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "set", "Change how a pair fails over",
                   [arguments, &context] { return run(*arguments, context.json); });
    pairArgument(command, arguments->domain);
    suggesting(
        command->add_option("SETTING", arguments->settings, "KEY=VALUE, one or more; see below"),
        assignments())
        ->required();
    command->footer("Settings:" + listed());
}

} // namespace lockstep::cli
