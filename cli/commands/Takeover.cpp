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
    WaitOptions waiting;
};

Result<int> run(const Arguments& arguments, bool json)
{
    const Decision decision{.domain = QString::fromStdString(arguments.domain),
                            .yes = arguments.yes,
                            .waiting = arguments.waiting};
    return carryOut(
        decision, &Daemon::takeOver,
        u"Taking over stops the domain that runs there and goes on with its shadow here."_s,
        u"%1 runs here now"_s, json);
}

} // namespace

void addTakeover(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "takeover", "Let the shadow on this host go live",
                   [arguments, &context] { return run(*arguments, context.json); });
    pairArgument(command, arguments->domain);
    command->add_flag("--yes", arguments->yes,
                      "Do not ask, even if the other host seems to be alive");
    addWaitOptions(command, arguments->waiting);
}

} // namespace lockstep::cli
