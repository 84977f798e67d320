// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "cli/Assignments.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// What is set now and counts later.
void tellWhatWaits(const QJsonObject& wanted, const QJsonObject& pair)
{
    const QString state = pair[u"state"].toString();
    QStringList later;
    for (const PairSetting& setting : pairSettings()) {
        if (setting.nextShadow && wanted.contains(setting.name))
            later << setting.name;
    }
    if (later.isEmpty() || state == u"alone" || state == u"off")
        return;
    writeLine(Stream::Err,
              u"%1: counts when the next shadow is made: %2"_s.arg(pair[u"domain"].toString(),
                                                                   later.join(u" and "_s)));
}

struct Arguments
{
    std::string domain;
    std::vector<std::string> settings;
};

Result<int> run(const Arguments& arguments, bool json)
{
    QJsonObject wanted;
    if (const auto taken = readAssignments(arguments.settings, wanted); !taken)
        return std::unexpected{taken.error()};
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
    for (const PairSetting& setting : pairSettings())
        all << u"%1=%2"_s.arg(setting.name, showPairSetting(setting, now[memberOf(setting)]));
    writeLine(Stream::Out, u"%1: %2"_s.arg(now[u"domain"].toString(), all.join(u' ')));
    tellWhatWaits(wanted, now);
    return 0;
}

} // namespace

void addSet(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "set", "Change how a pair is kept in step and fails over",
                   [arguments, &context] { return run(*arguments, context.json); });
    pairArgument(command, arguments->domain);
    suggesting(
        command->add_option("SETTING", arguments->settings, "KEY=VALUE, one or more; see below"),
        assignments())
        ->required();
    command->footer(settingsHelp());
}

} // namespace lockstep::cli
