// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairDriver.h"

#include "pair/Channels.h"
#include "pair/Reasons.h"
#include "pair/RecordMind.h"
#include "pair/Word.h"
#include "replication/Qmp.h"
#include "store/StartGuard.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace failover;

namespace {

constexpr auto retryDelay = 1s;
constexpr auto patience = 500ms;
constexpr auto handOverDelay = 3s;
constexpr auto shortBackoff = 3s;
constexpr auto longestBackoff = 5min;

PeerSense senseOf(PeerHealth health)
{
    switch (health) {
    case PeerHealth::Unknown:
        return PeerSense::Unknown;
    case PeerHealth::Alive:
    case PeerHealth::Slow:
    case PeerHealth::PathDown:
        return PeerSense::Alive;
    case PeerHealth::DaemonGone:
        return PeerSense::DaemonGone;
    case PeerHealth::Gone:
        return PeerSense::Gone;
    }
    return PeerSense::Unknown;
}

/// While these are at work the monitor is theirs.
bool usesMonitor(Work work)
{
    switch (work) {
    case Work::CutOff:
    case Work::Build:
    case Work::Detach:
    case Work::GoLive:
    case Work::Merge:
    case Work::Discard:
    case Work::Destroy:
        return true;
    default:
        return false;
    }
}

} // namespace

PairDriver::PairDriver(PairParts parts, PairRecord record, bool isNew, StartGuard& guard,
                       TaskSet& tasks)
    : m_parts{parts}, m_uuid{record.uuid}, m_guard{guard}, m_tasks{tasks},
      m_draft{std::move(record)}, m_isNew{isNew}, m_mind{mindOf(m_draft)}, m_saved{m_mind},
      m_qemu{parts, m_uuid, tasks}, m_job{parts.jobs, m_uuid, m_draft.domain}
{
    if (isNew)
        m_saved.known = false;
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, [this] { happen(TimerEnded{}); });
    m_unknown.setSingleShot(true);
    connect(&m_unknown, &QTimer::timeout, this, [this] {
        if (m_mind.peer == PeerSense::Unknown) {
            m_why = u"nothing was heard of %1"_s.arg(m_draft.peerName);
            happen(PeerChanged{PeerSense::Gone});
        }
    });
    connect(&m_qemu, &QemuWatch::sensed, this, [this](QemuSense sense) {
        if (!m_started) // start() looks itself
            return;
        // What a flow does to QEMU it tells itself.
        const bool expected =
            usesMonitor(m_mind.work) && sense != QemuSense::Died && sense != QemuSense::Off;
        if (m_mind.qemu != sense && !expected) {
            m_why = m_qemu.why();
            if (!m_why.isEmpty() && m_mind.known)
                tell(EventKind::Fault, Severity::Warning, m_why);
            happen(QemuChanged{sense});
        }
    });
    connect(&m_qemu, &QemuWatch::idle, this, [this] {
        if (isVacant())
            Q_EMIT vacant();
    });
}

Task<void> PairDriver::start()
{
    ++m_working;
    const auto sense = co_await m_qemu.look();
    --m_working;
    if (m_stopped || std::exchange(m_started, true))
        co_return;
    m_unknown.start(unknownHolds);
    m_why = u"lockstepd was restarted"_s;
    m_shown = reason(); // what its record says tells more
    m_again = m_mind.state == PairState::Merging;
    happen(Started{sense});
    hear();
}

Task<void> PairDriver::look()
{
    ++m_working;
    const auto sense = co_await m_qemu.look();
    --m_working;
    if (sense != m_mind.qemu)
        happen(QemuChanged{sense});
    if (isVacant())
        Q_EMIT vacant();
}

void PairDriver::stop()
{
    m_stopped = true;
    m_timer.stop();
    m_unknown.stop();
    m_qemu.setWatching(false);
    m_todo.clear();
    for (const auto& answer : std::exchange(m_answers, {}))
        answer.complete(false);
}

bool PairDriver::isVacant() const
{
    return !m_acting && m_todo.empty() && m_working == 0 && m_qemu.isIdle() && !m_building
        && !m_mind.known && !m_job.id() && !m_parts.pairs.find(m_uuid);
}

TheirWord PairDriver::word() const
{
    TheirWord word;
    word.heard = true;
    word.known = m_saved.known;
    word.role = m_saved.role;
    word.state = m_saved.state;
    word.epoch = m_saved.known ? m_saved.epoch : 0;
    word.sole = m_saved.known && m_saved.sole;
    word.promised = m_saved.promised;
    word.qemu = m_mind.qemu;
    word.handingOver = m_saved.state == PairState::Interrupted && m_mind.isHandingOver();
    const auto record = m_parts.pairs.find(m_uuid);
    word.suspended = record && record->suspended;
    word.resumes = word.suspended ? record->resumes : quint16{0};
    return word;
}

void PairDriver::hear()
{
    if (!m_started || m_stopped)
        return;
    const auto info = m_parts.peers.peer(m_draft.peer);
    if (!info)
        return;
    const auto& beat = info->heartbeat;
    const auto sense = senseOf(beat.health);
    const bool timedOut = sense == PeerSense::Unknown && !m_unknown.isActive();
    if (sense != m_mind.peer && !timedOut) {
        if (sense != PeerSense::Alive)
            m_why = u"%1: %2"_s.arg(m_draft.peerName, beat.reason);
        happen(PeerChanged{sense});
    }
    // QEMU's channels take that link, and would find out much later.
    const bool linkDown =
        beat.health == PeerHealth::PathDown && !beat.paths.isEmpty() && !beat.paths.constFirst().up;
    if (linkDown && m_mind.qemu == QemuSense::Colo && !usesMonitor(m_mind.work)) {
        if (sever())
            m_qemu.cut(u"the dedicated link to %1 is down"_s.arg(m_draft.peerName));
    }
    const auto said = m_parts.peers.pairHealth(m_draft.peer, m_uuid);
    const auto word = said ? wordFrom(*said) : std::nullopt;
    if (m_mind.peer == PeerSense::Alive && word && m_mind.theirs != *word) {
        if (word->handingOver)
            m_why = u"%1 hands it over"_s.arg(m_draft.peerName);
        else if (word->qemu == QemuSense::Died || word->qemu == QemuSense::Hung)
            m_why = u"QEMU on %1 %2"_s.arg(m_draft.peerName,
                                           word->qemu == QemuSense::Died ? u"has died" : u"hangs");
        happen(TheySaid{*word});
        followSuspension();
    }
}

void PairDriver::arbiterSeen(bool reachable)
{
    if (m_started && m_mind.work == Work::Nothing && m_mind.arbiterLost == reachable)
        happen(ArbiterSeen{reachable});
}

Result<JobId> PairDriver::want(const QString& kind, Wish wish, bool forget)
{
    if (!m_started)
        return failure(Errc::Busy,
                       u"lockstepd has just started, and looks at domain %1"_s.arg(m_draft.domain),
                       u"Try again in some seconds."_s);
    auto job = m_parts.jobs.start(kind, m_uuid, m_draft.domain, kind == u"protect");
    if (job) {
        m_forget = forget;
        want(*job, kind, wish);
    }
    return job;
}

void PairDriver::want(JobId job, const QString& kind, Wish wish)
{
    m_job.adopt(job, kind);
    m_sinceLoss.start();
    m_why = u"it was asked for"_s;
    m_error.reset();
    happen(Told{wish});
}

void PairDriver::setPeer(const PeerInfo& peer)
{
    if (peer.id == m_draft.peer)
        return;
    m_draft.peer = peer.id;
    m_draft.peerName = peer.name;
    m_unknown.start(unknownHolds);
    happen(PeerChanged{PeerSense::Unknown});
    hear();
}

void PairDriver::await(JobId job, const QString& kind)
{
    m_awaiting = true;
    m_job.adopt(job, kind);
    m_sinceLoss.start();
}

void PairDriver::giveUpWaiting(const Error& error)
{
    if (!std::exchange(m_awaiting, false))
        return;
    m_error = error;
    happen(Told{Wish::Nothing}); // the job ends with it
}

void PairDriver::insist()
{
    if (!std::exchange(m_awaiting, false))
        return;
    m_why = u"it was asked for"_s;
    m_error.reset();
    happen(Told{Wish::TakeOver});
}

Task<bool> PairDriver::ask(Event question)
{
    if (!m_started || m_stopped)
        co_return false;
    const OneShot<bool> answer;
    m_answers.push_back(answer);
    happen(question);
    co_return co_await answer;
}

Task<bool> PairDriver::askToBuild(PairRecord record)
{
    // The record that is there stays until this one is agreed to.
    const auto before = std::exchange(m_draft, std::move(record));
    m_isFresh = true;
    m_qemu.renew();
    m_why.clear();
    const bool agreed = co_await ask(AskedToBuild{m_draft.epoch.value});
    if (agreed)
        setSettings(m_parts.pairs.find(m_uuid).value_or(before).settings);
    else
        m_draft = before;
    m_isFresh = false;
    co_return agreed;
}

void PairDriver::setSettings(const PairSettings& settings)
{
    m_draft.settings = settings;
    m_mind.arbitration = arbitrationOf(settings.arbiter);
    m_mind.primaryContinues = settings.primaryContinues;
    m_mind.autoProtect = settings.autoProtect;
}

void PairDriver::reconsider()
{
    // Whoever waits for a shadow to take over waits on.
    if (m_started && m_mind.wish == Wish::Nothing)
        happen(TimerEnded{});
}

QString PairDriver::reason() const
{
    return reasonFor(m_mind,
                     {.domain = m_draft.domain,
                      .peer = m_draft.peerName,
                      .why = m_why,
                      .error = m_error ? m_error->message() : QString{},
                      .arbiter = nameOf(m_draft.settings.arbiter)});
}

void PairDriver::happen(const Event& event)
{
    if (m_stopped)
        return;
    const Mind before = m_mind;
    auto decision = decide(before, event);
    m_mind = decision.mind;
    if (m_mind.state == PairState::Interrupted && before.state != PairState::Interrupted
        && !m_job.id())
        m_sinceLoss.start();
    if (m_mind.state == PairState::Protected) {
        m_failures = 0;
        if (before.state != PairState::Protected) {
            m_why.clear();
            m_error.reset();
        }
    }
    ++m_decisions;
    for (const auto& action : decision.actions)
        m_todo.push_back({action, m_mind, reason(), m_decisions});
    adjust();
    if (!m_acting) {
        m_acting = true;
        m_tasks.add(act());
    }
}

/// What follows from the mind without being an action of its own.
void PairDriver::adjust()
{
    const bool engaged = m_mind.known
        && (m_mind.state == PairState::Confirming || m_mind.state == PairState::Protected
            || m_mind.state == PairState::Interrupted);
    m_qemu.setWatching(engaged && !usesMonitor(m_mind.work) && !hasEnded(m_mind.qemu));
}

Task<void> PairDriver::act()
{
    while (!m_stopped) {
        if (m_todo.empty()) {
            co_await showReason();
            if (m_todo.empty())
                break;
            continue;
        }
        const auto planned = m_todo.front();
        m_todo.pop_front();
        if (planned.decision == m_broken)
            continue;
        if (!co_await perform(planned)) {
            m_broken = planned.decision;
            happen(ArbiterSilent{false}); // what was to be asked of it was not
        }
    }
    m_acting = false;
    if (m_stopped)
        co_return;
    // It may see that it is cut off before it hears why.
    m_awaiting = m_awaiting
        && (m_mind.state == PairState::Protected || m_mind.state == PairState::Interrupted);
    const auto ended =
        m_job.id() && !m_awaiting ? PairJob::outcome(m_job.kind(), m_mind) : std::nullopt;
    if (ended && !std::exchange(m_finishing, true)) {
        const auto error = m_error.value_or(refusal(m_job.kind(), m_draft, m_mind));
        co_await finishJob(*ended ? Result<void>{} : std::unexpected{error});
        m_finishing = false;
    }
    if (isVacant())
        Q_EMIT vacant();
}

Task<void> PairDriver::showReason()
{
    // What holds the pair up may be another thing now, though all else that is saved is the same.
    const QString text = reason();
    if (!m_saved.known || savedPart(m_saved) != savedPart(m_mind) || text == m_shown)
        co_return;
    m_shown = text;
    const auto shown =
        co_await m_parts.pairs.update(m_uuid, [text](PairRecord& record) { record.reason = text; });
    if (!shown)
        warnAbout(m_draft, shown.error());
}

Task<bool> PairDriver::perform(Planned planned)
{
    if (std::holds_alternative<Save>(planned.action)) {
        co_await save(planned.mind, planned.reason);
    } else if (std::holds_alternative<Sever>(planned.action)) {
        if (!sever())
            co_return false;
        // One that has ended, or hangs, cannot go on because its connections are gone, too.
        if (!isUseless(m_mind.qemu))
            m_qemu.cut(m_why);
    } else if (std::holds_alternative<ReadRecord>(planned.action)) {
        m_tasks.add(readRecord());
    } else if (const auto* change = std::get_if<Swap>(&planned.action)) {
        m_tasks.add(swap(*change));
    } else if (const auto* begin = std::get_if<Begin>(&planned.action)) {
        m_tasks.add(work(begin->work));
    } else if (const auto* waits = std::get_if<Wait>(&planned.action)) {
        wait(waits->what);
    } else if (std::holds_alternative<Tell>(planned.action)) {
        m_parts.peers.beatSoon(m_draft.peer);
    } else if (const auto* reply = std::get_if<Reply>(&planned.action)) {
        if (!m_answers.empty()) {
            m_answers.front().complete(reply->yes);
            m_answers.pop_front();
        }
    } else if (const auto* promise = std::get_if<AskPromise>(&planned.action)) {
        m_tasks.add(askPromise(planned.mind.epoch, *promise));
    } else if (const auto* letGo = std::get_if<AskToLetGo>(&planned.action)) {
        m_tasks.add(askToLetGo(planned.mind.epoch, letGo->kind));
    }
    co_return true;
}

void PairDriver::tell(EventKind kind, Severity severity, const QString& text)
{
    PairEvent event;
    event.kind = kind;
    event.severity = severity;
    event.uuid = m_uuid;
    event.domain = m_draft.domain;
    event.peer = m_draft.peerName;
    event.text = text;
    if (m_mind.known) {
        event.role = m_mind.role;
        event.state = m_mind.state;
        event.epoch = Epoch{m_mind.epoch};
    }
    m_parts.chronicle.record(std::move(event));
}

void PairDriver::wait(Wait::For what)
{
    std::chrono::milliseconds time = retryDelay;
    if (what == Wait::For::Patience)
        time = patience;
    else if (what == Wait::For::HandOver)
        time = handOverDelay;
    else if (what == Wait::For::Backoff)
        time = m_mind.state == PairState::Alone
            ? std::min<std::chrono::milliseconds>(longestBackoff,
                                                  shortBackoff * (1 << std::min(m_failures, 7)))
            : shortBackoff;
    m_timer.start(time);
}

bool PairDriver::sever()
{
    const auto record = m_parts.pairs.find(m_uuid);
    if (!record)
        return true;
    // Should it go on alone, its replicas' connections are cut when it may answer: DetachFlow.
    const auto severed = severAllButReplicas(record->spec);
    if (severed)
        return true;
    m_error = severed.error();
    tell(EventKind::Fault, Severity::Error, severed.error().message());
    return false;
}

} // namespace lockstep
