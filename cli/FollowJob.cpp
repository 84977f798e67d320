// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/FollowJob.h"

#include "cli/Interrupt.h"
#include "cli/JobWatch.h"
#include "cli/Output.h"
#include "cli/Progress.h"
#include "cli/Terminal.h"
#include "cli/WireJson.h"

#include <QStringList>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Signals bring changes at once; this only bounds how late Ctrl-C is seen if it comes just before
// the wait.
constexpr auto tick = 200ms;

QString nameOf(const QJsonObject& job)
{
    return u"job %1 (%2 %3)"_s.arg(job[u"id"].toInteger())
        .arg(job[u"kind"].toString(), job[u"domain"].toString());
}

bool canCancel(const QJsonObject& job) { return job[u"cancellable"].toBool(); }

QString howItGoes(const QJsonObject& job)
{
    const QString shows =
        u"'lockstep job wait %1' takes it up again, 'lockstep job show %1' tells how it goes"_s;
    return (canCancel(job) ? shows + u", 'lockstep job cancel %1' undoes it."_s : shows + u'.')
        .arg(job[u"id"].toInteger());
}

/// The daemon, or the way to it, was lost: the job may go on all the same.
Error lost(const Error& error, const sdbus::ObjectPath& path)
{
    const QString number = fromBus(path).section(u'/', -1);
    return {
        error.code(), u"%1; job %2 may go on there"_s.arg(error.message(), number),
        u"%1 Then 'lockstep job show %2' tells what became of it."_s.arg(error.remedy(), number)};
}

enum class Wish { Wait, Cancel, Leave };

Wish askWish(const QJsonObject& job)
{
    if (!canAsk() || Interrupt::isTermination())
        return Wish::Leave;
    const int before = Interrupt::count();
    const QString question = canCancel(job)
        ? u"%1 is running: [c]ancel it, [l]eave it running, or Enter to wait on? "_s
        : u"%1 is running, and cannot be cancelled: [l]eave it running, or Enter to wait on? "_s;
    const QString answer = ask(question.arg(nameOf(job)));
    if (Interrupt::count() > before || answer.startsWith(u'l', Qt::CaseInsensitive))
        return Wish::Leave;
    const bool cancels = canCancel(job) && answer.startsWith(u'c', Qt::CaseInsensitive);
    return cancels ? Wish::Cancel : Wish::Wait;
}

/// What Ctrl-C came to. Errors: Cancelled to leave the job running.
Result<void> onInterrupt(Daemon& daemon, const sdbus::ObjectPath& path, const QJsonObject& job)
{
    switch (askWish(job)) {
    case Wish::Wait:
        return {};
    case Wish::Cancel:
        if (const auto done = daemon.cancel(path); !done)
            printError(done.error(), false);
        return {};
    case Wish::Leave:
        break;
    }
    return failure(Errc::Cancelled, nameOf(job) + u" goes on in the daemon"_s, howItGoes(job));
}

Result<QJsonObject> outcome(const QJsonObject& job)
{
    if (job[u"state"] == "done"_L1)
        return job;
    if (job[u"error"].isObject())
        return std::unexpected{errorFromJson(job[u"error"].toObject())};
    return failure(Errc::Cancelled, nameOf(job) + u" was cancelled"_s);
}

} // namespace

Result<QJsonObject> followJob(Daemon& daemon, const sdbus::ObjectPath& path,
                              std::optional<std::chrono::seconds> limit)
{
    const auto begin = Clock::now();
    const Interrupt interrupt;
    ProgressView view;
    JobWatch watch{daemon, path};
    int seen = 0;
    auto job = watch.refresh();
    while (job && (*job)[u"state"] == "running"_L1) {
        view.show(*job);
        if (Interrupt::count() > seen) {
            view.clear();
            if (auto wish = onInterrupt(daemon, path, *job); !wish)
                return std::unexpected{wish.error()};
            seen = Interrupt::count();
        }
        if (limit && Clock::now() - begin >= *limit) {
            view.clear();
            return failure(
                Errc::Timeout,
                u"%1 takes longer than %2 s; it goes on in the daemon"_s.arg(nameOf(*job))
                    .arg(limit->count()),
                howItGoes(*job));
        }
        job = watch.next(tick);
    }
    view.clear();
    const bool isLost = !job
        && (job.error().code() == Errc::DaemonUnavailable || job.error().code() == Errc::Timeout);
    if (isLost)
        return std::unexpected{lost(job.error(), path)};
    if (!job)
        return job;
    return outcome(*job);
}

Result<int> finishWithJob(Daemon& daemon, const sdbus::ObjectPath& path, const WaitOptions& waiting,
                          bool json, const QString& sentence)
{
    const auto job =
        waiting.noWait ? daemon.jobProperties(path) : followJob(daemon, path, Bus::timeout());
    if (!job)
        return std::unexpected{job.error()};
    if (json) {
        printJson(*job);
    } else if (waiting.noWait) {
        const qint64 id = (*job)[u"id"].toInteger();
        writeLine(
            Stream::Out,
            u"job %1 has been started; 'lockstep job show %1' tells how it goes, 'job wait %1' waits for its end"_s
                .arg(id));
    } else {
        QStringList measured;
        const QJsonObject result = (*job)[u"result"].toObject();
        for (auto it = result.begin(); it != result.end(); ++it) {
            if (!it.value().isObject() && !it.value().isArray())
                measured += u"%1 %2"_s.arg(it.key(), it.value().toVariant().toString());
        }
        writeLine(Stream::Out,
                  measured.isEmpty() ? sentence
                                     : u"%1 (%2)"_s.arg(sentence, measured.join(u", "_s)));
    }
    return 0;
}

} // namespace lockstep::cli
