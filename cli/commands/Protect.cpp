// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "cli/Assignments.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/FollowJob.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"
#include "cli/WaitOptions.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string domain;
    std::string peer;
    std::string imageDirectory;
    std::string arbiter;
    std::string onArbiterLoss;
    std::string mode;
    std::string period;
    std::vector<std::string> settings;
    std::optional<bool> autoProtect;
    std::optional<bool> reuseDisks;
    bool dryRun{false};
    WaitOptions waiting;
};

/// The values that a setting can have, first the default.
std::vector<std::string> allowed(QLatin1StringView name)
{
    std::vector<std::string> words;
    if (const auto setting = findPairSetting(name)) {
        for (const QString& word : wordsFor(**setting))
            words.push_back(word.toStdString());
    }
    return words;
}

/// Errors: InvalidArgument.
Result<QJsonObject> settingsFrom(const Arguments& arguments)
{
    std::vector<std::string> words = arguments.settings;
    for (const auto& [name, value] :
         {std::pair{pair_setting::arbiter, arguments.arbiter},
          std::pair{pair_setting::onArbiterLoss, arguments.onArbiterLoss},
          std::pair{pair_setting::mode, arguments.mode},
          std::pair{pair_setting::period, arguments.period}}) {
        if (!value.empty())
            words.push_back(QString{name + u'='}.toStdString() + value);
    }
    QJsonObject settings;
    if (arguments.autoProtect)
        settings.insert(pair_setting::autoProtect, *arguments.autoProtect);
    if (arguments.reuseDisks)
        settings.insert(pair_setting::reuseDisks, *arguments.reuseDisks);
    return readAssignments(words, settings).transform([&settings] { return settings; });
}

Result<int> showPlan(Daemon& daemon, const ProtectRequest& request, bool json)
{
    const auto steps = daemon.plan(request);
    if (!steps)
        return std::unexpected{steps.error()};
    if (json) {
        printJson({{u"steps"_s, *steps}});
        return 0;
    }
    Table table{{u"STEP"_s, u"HOST"_s, u"WHAT"_s, u"UNDONE BY"_s}};
    int number = 0;
    for (const auto& value : *steps) {
        const QJsonObject step = value.toObject();
        const QString undo = step[u"undo"].toString();
        table.addRow({QString::number(++number), step[u"host"].toString(),
                      step[u"title"].toString(), undo.isEmpty() ? u"-"_s : undo});
    }
    table.print();
    return 0;
}

Result<int> run(const Arguments& arguments, bool json)
{
    const auto settings = settingsFrom(arguments);
    if (!settings)
        return std::unexpected{settings.error()};
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const ProtectRequest request{.domain = QString::fromStdString(arguments.domain),
                                 .peer = QString::fromStdString(arguments.peer),
                                 .imageDirectory = QString::fromStdString(arguments.imageDirectory),
                                 .settings = *settings};
    if (arguments.dryRun)
        return showPlan(*daemon, request, json);
    const auto job = daemon->protect(request);
    if (!job)
        return std::unexpected{job.error()};
    return finishWithJob(*daemon, *job, arguments.waiting, json,
                         u"%1 is protected"_s.arg(request.domain));
}

} // namespace

void addProtect(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "protect", "Give a running domain a live shadow on another host",
                   [arguments, &context] { return run(*arguments, context.json); });
    domainArgument(command, arguments->domain);
    peerArgument(command, arguments->peer, "The host for the shadow; the last one if left out")
        ->required(false);
    command
        ->add_option("--image-directory", arguments->imageDirectory,
                     "Directory on PEER for the replica images")
        ->type_name("PATH");
    command
        ->add_option("--arbiter", arguments->arbiter,
                     "Who decides which host goes on when they lose each other; default: manual")
        ->check(CLI::IsMember(allowed(pair_setting::arbiter)));
    command
        ->add_option("--on-arbiter-loss", arguments->onArbiterLoss,
                     "What happens when the arbiter is needed and out of reach; default: wait")
        ->check(CLI::IsMember(allowed(pair_setting::onArbiterLoss)));
    command->add_flag("--auto-protect,!--no-auto-protect", arguments->autoProtect,
                      "Give it a shadow again by itself when it has lost one; default: no");
    command->add_flag("--reuse-disks,!--no-reuse-disks", arguments->reuseDisks,
                      "Copy onto the out of date images that PEER has; default: make new ones");
    command
        ->add_option(
            "--mode", arguments->mode,
            "When output leaves: with the shadow's same answer (colo), with a checkpoint each "
            "period (remus) or for each output (kemari), or what the guest's work needs (auto); "
            "default: colo")
        ->check(CLI::IsMember(allowed(pair_setting::mode)));
    ofKind(command->add_option(
               "--period", arguments->period,
               "Of mode remus, e.g. 25ms; of mode colo: a checkpoint at least so often"),
           Kind::Text);
    suggesting(command->add_option("--set", arguments->settings,
                                   "KEY=VALUE: any setting; 'lockstep help set' lists them"),
               assignments());
    command->add_flag("--dry-run", arguments->dryRun, "Show the steps, and do none");
    addWaitOptions(command, arguments->waiting);
}

} // namespace lockstep::cli
