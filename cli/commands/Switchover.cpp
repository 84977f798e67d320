// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/FollowJob.h"
#include "cli/WaitOptions.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

Result<int> switchOver(const QString& name, const WaitOptions& waiting, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto pair = daemon->pair(name);
    if (!pair)
        return std::unexpected{pair.error()};
    const auto job = daemon->switchOver(pair->path);
    if (!job)
        return std::unexpected{job.error()};
    const bool isPrimary = pair->properties[u"role"].toString() == u"primary";
    const QString where =
        isPrimary ? u"on %1"_s.arg(pair->properties[u"peer-name"].toString()) : u"here"_s;
    return finishWithJob(*daemon, *job, waiting, json,
                         u"%1 runs %2 now"_s.arg(pair->properties[u"domain"].toString(), where));
}

Result<int> drain(const WaitOptions& waiting, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto job = daemon->drain();
    if (!job)
        return std::unexpected{job.error()};
    return finishWithJob(*daemon, *job, waiting, json,
                         u"no protected domain runs on this host any more"_s);
}

} // namespace

void addSwitchover(CLI::App& app, Context& context)
{
    const auto domain = std::make_shared<std::string>();
    const auto waiting = std::make_shared<WaitOptions>();
    CLI::App* const command = addCommand(
        app, context, "switchover", "Let primary and shadow change roles; nothing is lost",
        [domain, waiting, &context] {
            return switchOver(QString::fromStdString(*domain), *waiting, context.json);
        });
    pairArgument(command, *domain);
    addWaitOptions(command, *waiting);
}

void addHostCommands(CLI::App& app, Context& context)
{
    CLI::App* const host = addGroup(app, "host", "This host");
    const auto waiting = std::make_shared<WaitOptions>();
    CLI::App* const command = addCommand(
        *host, context, "drain",
        "Switch every protected domain that runs here over to its other host, one after another",
        [waiting, &context] { return drain(*waiting, context.json); });
    addWaitOptions(command, *waiting);
}

} // namespace lockstep::cli
