// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Bundle.h"
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Findings.h"
#include "cli/Format.h"
#include "cli/Output.h"
#include "cli/Terminal.h"
#include "cli/Waiting.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Arguments
{
    std::vector<std::string> hosts;
    std::string file; ///< Of the bundle; empty: a name of our own.
    bool probe{false}; ///< Only QEMU, by trial.
};

void printFinding(const QJsonObject& finding)
{
    const QString severity = finding[u"severity"].toString();
    const QString padded = severity.leftJustified(7);
    const QString label = hasColours(Stream::Out) ? painted(padded, colourOf(severity)) : padded;
    writeLine(
        Stream::Out,
        u"  %1  %2: %3"_s.arg(label, finding[u"id"].toString(), finding[u"message"].toString()));
    if (const QString remedy = finding[u"remedy"].toString(); !remedy.isEmpty())
        writeLine(Stream::Out, u"           what to do: "_s + remedy);
}

void printByHost(const QJsonArray& findings)
{
    QString host;
    for (const auto& entry : findings) {
        const QJsonObject finding = entry.toObject();
        if (const QString next = finding[u"host"].toString(); next != host) {
            host = next;
            writeLine(Stream::Out, hasColours(Stream::Out) ? painted(host, Colour::Bold) : host);
        }
        printFinding(finding);
    }
}

Result<QJsonArray> examine(Daemon& daemon, const Arguments& arguments)
{
    if (arguments.probe) {
        const Waiting waiting{u"trying QEMU with two throw-away machines"_s};
        return daemon.tryQemu();
    }
    const Waiting waiting{u"looking at the hosts"_s};
    return daemon.doctor(arguments.hosts);
}

Result<int> report(const QJsonArray& findings, bool json)
{
    const int errors = count(findings, "error"_L1);
    const int warnings = count(findings, "warning"_L1);
    if (json) {
        printJson({{u"findings"_s, findings}, {u"errors"_s, errors}, {u"warnings"_s, warnings}});
    } else {
        printByHost(findings);
        writeLine(Stream::Out,
                  counted(errors, u"error"_s) + u", "_s + counted(warnings, u"warning"_s));
    }
    return errors == 0 ? 0 : 1;
}

Result<int> run(const Arguments& arguments, bool bundle, bool json)
{
    if (bundle && Bus::isRemote())
        return failure(Errc::NotSupported, u"a bundle is packed on the host that it is about"_s,
                       u"Log in there, and run 'lockstep doctor --bundle'."_s);
    auto daemon = Daemon::connect();
    if (bundle)
        return writeBundle(daemon, arguments.hosts, QString::fromStdString(arguments.file), json);
    if (!daemon)
        return std::unexpected{daemon.error()};
    return examine(*daemon, arguments).and_then([json](const QJsonArray& findings) {
        return report(findings, json);
    });
}

} // namespace

void addDoctor(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "doctor",
                   "Check this host and its peers; say what is wrong and how to mend it", {});
    CLI::Option* const host =
        ofKind(command->add_option("--host", arguments->hosts,
                                   "Only this host or peer; may be given again"),
               Kind::HostOrPeer)
            ->allow_extra_args(false);
    CLI::Option* const bundle =
        ofKind(
            command->add_option("--bundle", arguments->file,
                                "Pack logs and state for a bug report, without secrets, into FILE"),
            Kind::File)
            ->expected(0, 1);
    command
        ->add_flag("--probe", arguments->probe,
                   "Try this host's QEMU with two throw-away machines, and look at nothing else")
        ->excludes(host)
        ->excludes(bundle);
    command->callback([&context, arguments, bundle] {
        context.run = [&context, arguments, bundle] {
            return run(*arguments, bundle->count() > 0, context.json);
        };
    });
}

} // namespace lockstep::cli
