// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Decision.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string domain;
    bool yes{false};
    bool force{false};
    WaitOptions waiting;
};

Result<int> run(const Arguments& arguments, bool json)
{
    const Decision decision{.domain = QString::fromStdString(arguments.domain),
                            .yes = arguments.yes,
                            .waiting = arguments.waiting};
    return carryOut(decision, arguments.force ? &Daemon::ownAlone : &Daemon::continueAlone,
                    u"Continuing alone gives up the shadow there and with it the protection."_s,
                    u"%1 goes on here, unprotected"_s, json);
}

} // namespace

void addContinueAlone(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = addCommand(
        app, context, "continue-alone", "Let the primary on this host go on without its shadow",
        [arguments, &context] { return run(*arguments, context.json); });
    pairArgument(command, arguments->domain);
    command->add_flag("--yes", arguments->yes,
                      "Do not ask, even if the other host seems to be alive");
    command->add_flag("--force", arguments->force,
                      "The other host is off for certain, and this one has the newest state");
    addWaitOptions(command, arguments->waiting);
}

} // namespace lockstep::cli
