// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/FollowJob.h"
#include "cli/Format.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

#include <chrono>
#include <cmath>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

QString percent(const QJsonObject& job)
{
    return u"%1%"_s.arg(std::floor(job[u"progress"].toDouble() * 100), 0, 'f', 0);
}

Result<int> list(bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto jobs = daemon->jobs();
    if (!jobs)
        return std::unexpected{jobs.error()};
    QJsonArray all;
    Table table{
        {u"JOB"_s, u"KIND"_s, u"DOMAIN"_s, u"STATE"_s, u"DONE"_s, u"STARTED"_s, u"PHASE"_s}};
    for (const RemoteObject& job : *jobs) {
        all.append(job.properties);
        table.addRow({QString::number(job.properties[u"id"].toInteger()),
                      job.properties[u"kind"].toString(), job.properties[u"domain"].toString(),
                      job.properties[u"state"].toString(), percent(job.properties),
                      formatTime(job.properties[u"started"].toString()),
                      job.properties[u"phase"].toString()},
                     3);
    }
    if (json)
        printJson({{u"jobs"_s, all}});
    else if (table.isEmpty())
        writeLine(Stream::Err, u"no jobs"_s);
    else
        table.print();
    return 0;
}

void printJob(const QJsonObject& job)
{
    const QString state = job[u"state"].toString();
    QList<std::pair<QString, QString>> fields{
        {u"job"_s, QString::number(job[u"id"].toInteger())},
        {u"kind"_s, job[u"kind"].toString()},
        {u"domain"_s, job[u"domain"].toString()},
        {u"state"_s, hasColours(Stream::Out) ? painted(state, colourOf(state)) : state},
        {u"phase"_s, job[u"phase"].toString()},
        {u"done"_s, percent(job)},
        {u"started"_s, formatTime(job[u"started"].toString())},
        {u"ended"_s, formatTime(job[u"ended"].toString())}};
    if (const qint64 total = job[u"bytes-total"].toInteger(); total > 0)
        fields.append(
            {u"copied"_s,
             u"%1 of %2"_s.arg(formatBytes(job[u"bytes-done"].toInteger()), formatBytes(total))});
    if (const std::chrono::microseconds left{job[u"eta-usec"].toInteger()}; left.count() > 0)
        fields.append(
            {u"time left"_s, formatDuration(std::chrono::ceil<std::chrono::seconds>(left))});
    if (job[u"error"].isObject()) {
        const Error error = errorFromJson(job[u"error"].toObject());
        fields.append({u"error"_s, error.message()});
        fields.append({u"what to do"_s, error.remedy()});
    }
    const QJsonObject result = job[u"result"].toObject();
    for (auto it = result.begin(); it != result.end(); ++it) {
        if (!it.value().isObject() && !it.value().isArray())
            fields.append({it.key(), it.value().toVariant().toString()});
    }
    printFields(fields);
}

Result<int> show(quint64 id, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto job = daemon->job(id);
    if (!job)
        return std::unexpected{job.error()};
    if (json)
        printJson(job->properties);
    else
        printJob(job->properties);
    return 0;
}

Result<int> await(quint64 id, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto job = daemon->job(id);
    if (!job)
        return std::unexpected{job.error()};
    const QString sentence =
        u"job %1 (%2 %3) is done"_s.arg(QString::number(id), job->properties[u"kind"].toString(),
                                        job->properties[u"domain"].toString());
    return finishWithJob(*daemon, job->path, {}, json, sentence);
}

Result<int> cancel(quint64 id, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto job = daemon->job(id);
    if (!job)
        return std::unexpected{job.error()};
    if (const auto cancelled = daemon->cancel(job->path); !cancelled)
        return std::unexpected{cancelled.error()};
    if (json)
        printJson(job->properties);
    else
        writeLine(
            Stream::Out,
            u"job %1 has been asked to stop; 'lockstep job show %1' tells when it has"_s.arg(id));
    return 0;
}

} // namespace

void addJobCommands(CLI::App& app, Context& context)
{
    CLI::App* const group = addGroup(app, "job", "Long work that the daemon does or has done");
    addCommand(*group, context, "list", "The jobs of this host",
               [&context] { return list(context.json); });
    const auto id = std::make_shared<quint64>(0);
    jobArgument(addCommand(*group, context, "show", "One job",
                           [id, &context] { return show(*id, context.json); }),
                *id);
    ofKind(jobArgument(addCommand(*group, context, "wait",
                                  "Wait for the end of a job that was left running",
                                  [id, &context] { return await(*id, context.json); }),
                       *id),
           Kind::RunningJob);
    ofKind(jobArgument(addCommand(*group, context, "cancel", "Stop a job and undo what it did",
                                  [id, &context] { return cancel(*id, context.json); }),
                       *id),
           Kind::CancellableJob);
}

} // namespace lockstep::cli
