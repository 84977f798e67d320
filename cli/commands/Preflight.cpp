// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "cli/Assignments.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Findings.h"
#include "cli/Format.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::string domain;
    std::string peer;
    std::string imageDirectory;
    std::vector<std::string> settings;
    std::optional<bool> reuseDisks;
};

void printFinding(const QJsonObject& finding)
{
    const QString severity = finding[u"severity"].toString();
    const QString label =
        hasColours(Stream::Out) ? painted(severity, colourOf(severity)) : severity;
    writeLine(Stream::Out,
              u"%1: %2 [%3, on %4]"_s.arg(label, finding[u"message"].toString(),
                                          finding[u"id"].toString(), finding[u"host"].toString()));
    if (const QString remedy = finding[u"remedy"].toString(); !remedy.isEmpty())
        writeLine(Stream::Out, u"  what to do: "_s + remedy);
}

Result<int> run(const Arguments& arguments, bool json)
{
    QJsonObject settings;
    if (arguments.reuseDisks)
        settings.insert(pair_setting::reuseDisks, *arguments.reuseDisks);
    if (const auto taken = readAssignments(arguments.settings, settings); !taken)
        return std::unexpected{taken.error()};
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    auto report =
        daemon->preflight({.domain = QString::fromStdString(arguments.domain),
                           .peer = QString::fromStdString(arguments.peer),
                           .imageDirectory = QString::fromStdString(arguments.imageDirectory),
                           .settings = settings});
    if (!report)
        return std::unexpected{report.error()};
    const QJsonArray findings = (*report)[u"findings"].toArray();
    const int errors = count(findings, "error"_L1);
    if (json) {
        report->insert(u"protectable"_s, errors == 0);
        printJson(*report);
    } else {
        for (const auto& finding : findings)
            printFinding(finding.toObject());
        const QString verdict = errors == 0 ? u"%1 can be protected towards %2: %3, %4"_s
                                            : u"%1 cannot be protected towards %2: %3, %4"_s;
        writeLine(Stream::Out,
                  verdict.arg((*report)[u"domain"].toString(), (*report)[u"peer"].toString(),
                              counted(errors, u"error"_s),
                              counted(count(findings, "warning"_L1), u"warning"_s)));
    }
    return errors == 0 ? 0 : info(Errc::PreflightFailed).exitStatus;
}

} // namespace

void addPreflight(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = addCommand(
        app, context, "preflight", "Check whether a domain can be protected; changes nothing",
        [arguments, &context] { return run(*arguments, context.json); });
    ofKind(domainArgument(command, arguments->domain,
                          "Name or UUID of a domain, which may be off, or id of a running one"),
           Kind::AnyDomain);
    peerArgument(command, arguments->peer,
                 "The host that its shadow shall run on; the last one if left out")
        ->required(false);
    command
        ->add_option("--image-directory", arguments->imageDirectory,
                     "Directory on PEER for the replica images")
        ->type_name("PATH");
    command->add_flag(
        "--reuse-disks,!--no-reuse-disks", arguments->reuseDisks,
        "Copy onto the out of date images that PEER has; default: as it is for the pair");
    suggesting(command->add_option("--set", arguments->settings,
                                   "KEY=VALUE: any setting, as if protecting with it"),
               assignments());
}

} // namespace lockstep::cli
