// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/FollowJob.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

Result<int> switchOver(const QString& name, bool wait, bool json)
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
    return finishWithJob(*daemon, *job, wait, json,
                         u"%1 runs %2 now"_s.arg(pair->properties[u"domain"].toString(), where));
}

Result<int> drain(bool wait, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto job = daemon->drain();
    if (!job)
        return std::unexpected{job.error()};
    return finishWithJob(*daemon, *job, wait, json,
                         u"no protected domain runs on this host any more"_s);
}

} // namespace

void addSwitchover(CLI::App& app, Context& context)
{
    const auto domain = std::make_shared<std::string>();
    const auto noWait = std::make_shared<bool>(false);
    CLI::App* const command = addCommand(
        app, context, "switchover", "Let primary and shadow change roles; nothing is lost",
        [domain, noWait, &context] {
            return switchOver(QString::fromStdString(*domain), !*noWait, context.json);
        });
    command->add_option("DOMAIN", *domain, "Name, UUID or id of the domain")->required();
    command->add_flag("--no-wait", *noWait, "Return when the job has been started");
}

void addHostCommands(CLI::App& app, Context& context)
{
    CLI::App* const host = addGroup(app, "host", "This host");
    const auto noWait = std::make_shared<bool>(false);
    CLI::App* const command = addCommand(
        *host, context, "drain",
        "Switch every protected domain that runs here over to its other host, one after another",
        [noWait, &context] { return drain(!*noWait, context.json); });
    command->add_flag("--no-wait", *noWait, "Return when the job has been started");
}

} // namespace lockstep::cli
