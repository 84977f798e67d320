// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Decision.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string domain;
    WaitOptions waiting;
};

Result<int> run(const Arguments& arguments, bool json)
{
    const Decision decision{.domain = QString::fromStdString(arguments.domain),
                            .waiting = arguments.waiting};
    return carryOut(decision, &Daemon::unprotect, QString{}, u"%1 is a plain domain again"_s, json);
}

} // namespace

void addUnprotect(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "unprotect", "End the protection of a domain",
                   [arguments, &context] { return run(*arguments, context.json); });
    pairArgument(command, arguments->domain);
    addWaitOptions(command, arguments->waiting);
}

} // namespace lockstep::cli
