// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/JobTable.h"

#include <algorithm>
#include <ranges>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto keptEnded = 100;

PairEvent eventOf(const JobView& view)
{
    PairEvent event;
    event.kind = EventKind::Job;
    event.uuid = view.uuid;
    event.domain = view.domain;
    event.fields = {{u"job"_s, static_cast<qint64>(view.id.value)},
                    {u"job-kind"_s, view.kind},
                    {u"job-state"_s, toString(view.state)}};
    if (!view.by.isEmpty())
        event.fields[u"by"] = view.by;
    return event;
}

} // namespace

Result<JobId> JobTable::start(const QString& kind, const DomainUuid& uuid, const QString& domain,
                              bool cancellable)
{
    for (const auto& job : m_jobs | std::views::values) {
        if (job.view.uuid == uuid && job.view.state == JobState::Running) {
            return failure(Errc::Busy,
                           u"domain %1: job %2 (%3) is at work"_s.arg(
                               domain, QString::number(job.view.id.value), job.view.kind));
        }
    }
    const JobId id{++m_last};
    Job job;
    job.view.id = id;
    job.view.kind = kind;
    job.view.domain = domain;
    job.view.uuid = uuid;
    job.view.phase = u"check"_s;
    job.view.cancellable = cancellable;
    job.view.started = QDateTime::currentDateTimeUtc();
    recordJob(job.view);
    m_jobs.emplace(id.value, std::move(job));
    Q_EMIT changed(id);
    return id;
}

void JobTable::attribute(const JobId& id, const QString& who)
{
    const auto found = m_jobs.find(id.value);
    if (found == m_jobs.end() || who.isEmpty())
        return;
    JobView& view = found->second.view;
    view.by = who;
    PairEvent event = eventOf(view);
    event.kind = EventKind::Note;
    event.text =
        u"job %1 (%2) was asked for by %3"_s.arg(QString::number(id.value), view.kind, who);
    m_chronicle.record(std::move(event));
}

std::stop_token JobTable::stopToken(const JobId& id) const
{
    const auto found = m_jobs.find(id.value);
    return found == m_jobs.end() ? std::stop_token{} : found->second.stop.get_token();
}

void JobTable::progress(const JobId& id, const QString& phase, double progress, Bytes done,
                        Bytes total)
{
    const auto found = m_jobs.find(id.value);
    if (found == m_jobs.end())
        return;
    JobView& view = found->second.view;
    view.phase = phase;
    view.progress = std::clamp(progress, 0.0, 1.0);
    view.bytesDone = done;
    view.bytesTotal = total;
    const auto now = TimeLeft::Clock::now();
    found->second.timeLeft.report(phase, view.progress, total.value > 0, now);
    view.timeLeft = found->second.timeLeft.at(now);
    Q_EMIT changed(id);
}

void JobTable::setCancellable(const JobId& id, bool cancellable)
{
    const auto found = m_jobs.find(id.value);
    if (found == m_jobs.end())
        return;
    found->second.view.cancellable = cancellable;
    Q_EMIT changed(id);
}

void JobTable::setResult(const JobId& id, const QString& name, const QJsonValue& value)
{
    const auto found = m_jobs.find(id.value);
    if (found != m_jobs.end())
        found->second.view.result.insert(name, value);
}

void JobTable::finish(const JobId& id, const Result<void>& outcome)
{
    const auto found = m_jobs.find(id.value);
    if (found == m_jobs.end())
        return;
    JobView& view = found->second.view;
    view.ended = QDateTime::currentDateTimeUtc();
    view.cancellable = false;
    view.timeLeft = {};
    if (outcome) {
        view.state = JobState::Done;
        view.progress = 1;
    } else {
        view.state =
            outcome.error().code() == Errc::Cancelled ? JobState::Cancelled : JobState::Failed;
        view.error = outcome.error();
    }
    recordJob(view);
    Q_EMIT changed(id);
    forgetOld();
}

void JobTable::recordJob(const JobView& view)
{
    PairEvent event = eventOf(view);
    QString how = u"begins"_s;
    if (view.state == JobState::Done) {
        how = u"is done"_s;
        event.fields[u"result"] = view.result;
    } else if (view.error) {
        const bool cancelled = view.state == JobState::Cancelled;
        event.severity = cancelled ? Severity::Warning : Severity::Error;
        how = (cancelled ? u"was cancelled: "_s : u"has failed: "_s) + view.error->message();
        event.fields[u"error"] = QString{info(view.error->code()).name};
    }
    event.text = u"job %1 (%2) %3"_s.arg(QString::number(view.id.value), view.kind, how);
    m_chronicle.record(std::move(event));
}

void JobTable::forgetOld()
{
    auto ended = std::ranges::count_if(
        m_jobs, [](const auto& entry) { return entry.second.view.state != JobState::Running; });
    for (auto job = m_jobs.begin(); job != m_jobs.end() && ended > keptEnded;) {
        if (job->second.view.state == JobState::Running) {
            ++job;
            continue;
        }
        const JobId id = job->second.view.id;
        job = m_jobs.erase(job);
        --ended;
        Q_EMIT removed(id);
    }
}

QList<JobView> JobTable::all() const
{
    QList<JobView> views;
    for (const auto& job : m_jobs | std::views::values)
        views.append(job.view);
    return views;
}

Result<JobView> JobTable::find(const JobId& id) const
{
    const auto found = m_jobs.find(id.value);
    if (found == m_jobs.end())
        return failure(Errc::UnknownJob, u"there is no job %1"_s.arg(id.value));
    return found->second.view;
}

bool JobTable::isBusy(const DomainUuid& uuid) const
{
    return std::ranges::any_of(m_jobs, [&](const auto& entry) {
        return entry.second.view.uuid == uuid && entry.second.view.state == JobState::Running;
    });
}

Result<void> JobTable::cancel(const JobId& id)
{
    const auto found = m_jobs.find(id.value);
    if (found == m_jobs.end())
        return failure(Errc::UnknownJob, u"there is no job %1"_s.arg(id.value));
    if (!found->second.view.cancellable) {
        return failure(Errc::Busy,
                       found->second.view.state == JobState::Running
                           ? u"job %1 cannot be cancelled any more"_s.arg(id.value)
                           : u"job %1 has ended"_s.arg(id.value),
                       u"See 'lockstep job show %1'."_s.arg(id.value));
    }
    // By value: a callback may end the job and erase it.
    std::stop_source stop = found->second.stop;
    stop.request_stop();
    return {};
}

} // namespace lockstep
