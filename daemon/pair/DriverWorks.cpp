// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Channels.h"
#include "pair/DetachFlow.h"
#include "pair/PairDriver.h"
#include "pair/PreflightFlow.h"
#include "pair/ProtectFlow.h"
#include "pair/Reasons.h"
#include "pair/ShadowBuild.h"
#include "pair/TakeoverFlow.h"
#include "replication/ChangeMaps.h"
#include "store/StartGuard.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace failover;

namespace {

// Longer than it takes to find that the other host is not there any more.
constexpr auto discardDeadline = 30s;
constexpr auto dropDeadline = 5s;

QString nameOf(Work work)
{
    switch (work) {
    case Work::CutOff:
        return u"cutting the shadow off"_s;
    case Work::Build:
        return u"protecting"_s;
    case Work::Confirm:
        return u"confirming the shadow"_s;
    case Work::Detach:
        return u"going on alone"_s;
    case Work::GoLive:
        return u"going live"_s;
    case Work::Merge:
        return u"merging the overlays"_s;
    case Work::Discard:
        return u"discarding the shadow"_s;
    case Work::Destroy:
        return u"destroying the out of date copy"_s;
    default:
        return {};
    }
}

} // namespace

Task<void> PairDriver::work(Work work)
{
    ++m_working;
    const auto outcome = co_await carryOut(work);
    --m_working;
    if (m_stopped)
        co_return;
    if (!outcome) {
        const Error error = outcome.error().during(nameOf(work));
        if (!m_error || m_error->message() != outcome.error().message())
            tell(EventKind::Fault, Severity::Warning, error.message());
        m_error = outcome.error();
        m_why = outcome.error().message();
    }
    const auto sense = [&] -> std::optional<QemuSense> {
        if (!outcome)
            return std::nullopt;
        if (work == Work::Build)
            return QemuSense::Colo;
        if (work == Work::Detach || work == Work::GoLive)
            return QemuSense::Plain;
        return std::nullopt;
    }();
    if (sense && !hasEnded(m_mind.qemu) && m_mind.qemu != *sense)
        happen(QemuChanged{*sense});
    m_again = !outcome;
    happen(WorkEnded{outcome.has_value()});
    const auto record = m_parts.pairs.find(m_uuid);
    if (outcome && work == Work::Build && record && !areChannelsUp(record->spec))
        m_qemu.cut(u"the connection to the twin is gone"_s);
}

Task<Result<void>> PairDriver::carryOut(Work work)
{
    TakeoverFlow takeover{m_parts, m_uuid};
    switch (work) {
    case Work::CutOff:
        co_return co_await takeover.cutOff();
    case Work::Build:
        co_return co_await build();
    case Work::Confirm:
        co_return co_await confirm();
    case Work::Detach:
        co_return co_await detach();
    case Work::GoLive:
        co_return co_await goLive();
    case Work::Merge:
        co_return co_await takeover.merge(m_job.ensure(u"takeover"_s), m_again);
    case Work::Discard:
        co_return co_await discard();
    case Work::Destroy:
        co_return co_await destroy();
    default:
        co_return {};
    }
}

Task<Result<void>> PairDriver::build()
{
    const bool byItself = !m_job.id();
    const JobId job = m_job.ensure(u"protect"_s);
    m_qemu.renew();
    LOCKSTEP_CO_TRY(domain, co_await m_parts.hypervisor.find(toString(m_uuid)));
    LOCKSTEP_CO_TRY(peer, m_parts.peers.peer(m_draft.peer));
    ++m_failures;
    if (byItself) { // else it was checked before there was anything to undo
        LOCKSTEP_CO_TRY(report, co_await runPreflight(m_parts, domain, peer, m_options));
        LOCKSTEP_CO_CHECK(ProtectFlow::verdict(report));
    }
    ProtectFlow flow{m_parts, job, domain, peer, m_options};
    co_return co_await flow.run();
}

Task<Result<void>> PairDriver::confirm()
{
    m_job.progress(u"confirm the shadow"_s, 0.97);
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_uuid));
    const QJsonObject request{{u"uuid"_s, toString(m_uuid)},
                              {u"epoch"_s, qint64(record.epoch.value)}};
    const auto reply = co_await m_parts.peers.call(record.peer, u"shadow.confirm"_s, request);
    if (!reply)
        co_return std::unexpected{reply.error()};
    co_return {};
}

Task<Result<void>> PairDriver::detach()
{
    const auto job = m_job.ensure(u"continue-alone"_s);
    if (hasEnded(m_mind.qemu))
        co_return {}; // all that there was to take apart has gone with it
    DetachFlow flow{m_parts, m_uuid};
    // A protection that was not complete may have left the guest paused; one that was did not.
    const bool wasBuilding = m_job.kind() == u"protect" || !m_mind.confirmed;
    co_return co_await flow.run(job, m_again || wasBuilding, [this] {
        if (m_job.kind() == u"protect")
            return;
        m_job.setResult(u"live-ms"_s, m_sinceLoss.elapsed());
        spdlog::info("pair {}: live alone after {} ms", m_draft.domain.toStdString(),
                     m_sinceLoss.elapsed());
    });
}

Task<Result<void>> PairDriver::goLive()
{
    (void)m_job.ensure(u"takeover"_s);
    m_job.progress(u"go live"_s, 0.1);
    TakeoverFlow flow{m_parts, m_uuid};
    LOCKSTEP_CO_CHECK(co_await flow.goLive());
    const auto record = m_parts.pairs.find(m_uuid);
    if (record && record->suspended)
        tell(EventKind::Note, Severity::Warning,
             u"the guest was suspended, and still is: virsh resume lets it run"_s);
    m_job.setResult(u"live-ms"_s, m_sinceLoss.elapsed());
    spdlog::info("pair {}: live after {} ms", m_draft.domain.toStdString(), m_sinceLoss.elapsed());
    co_return {};
}

void PairDriver::followSuspension()
{
    const auto record = m_parts.pairs.find(m_uuid);
    const auto& theirs = m_mind.theirs;
    const bool protects = !m_mind.isPrimary() && m_mind.state == PairState::Protected
        && m_mind.work == Work::Nothing && theirs.known && theirs.role == Role::Primary
        && theirs.epoch == m_mind.epoch;
    if (protects && record && record->suspended != theirs.suspended)
        m_tasks.add(suspend(theirs.suspended));
}

Task<void> PairDriver::suspend(bool wanted)
{
    // Saved: a takeover must know of it, whatever happens until then.
    const auto saved = co_await m_parts.pairs.update(m_uuid, [wanted](PairRecord& record) {
        record.suspended = wanted;
        record.resumes = 0;
    });
    if (!saved)
        warnAbout(m_draft, saved.error());
    m_parts.peers.beatSoon(m_draft.peer);
}

Task<Result<void>> PairDriver::discard()
{
    if (m_building) {
        m_building->request_stop();
        while (m_building)
            LOCKSTEP_CO_CHECK(co_await pause(20ms));
    }
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_uuid));
    const auto severed = severChannels(record.spec);
    if (!severed)
        warnAbout(record, severed.error());
    // Nobody will ask for what it lacks: the primary has ended, or forgotten the pair.
    const auto& theirs = m_mind.theirs;
    if (theirs.heard && (!theirs.known || theirs.state == PairState::Off))
        record.lastCopy = {};
    co_return co_await ShadowBuild::discard(m_parts, record);
}

Task<Result<void>> PairDriver::destroy()
{
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_uuid));
    // Its main loop may wait for the dead connections, and would not even hear that it shall end.
    const auto severed = severChannels(record.spec);
    if (!severed)
        warnAbout(record, severed.error());
    co_return co_await m_parts.hypervisor.destroy(m_uuid);
}

Task<void> PairDriver::builtOrNot(Result<void> outcome)
{
    m_building.reset();
    if (outcome || m_mind.state != PairState::Copying)
        co_return;
    m_why = outcome.error().message();
    happen(QemuChanged{QemuSense::Died});
}

Task<void> PairDriver::discarded(std::chrono::milliseconds deadline)
{
    if (!m_saved.known && !m_mind.known)
        co_return;
    const OneShot<bool> done;
    done.expire(deadline, false);
    m_onDiscarded.push_back(done);
    (void)co_await done;
}

Task<void> PairDriver::finishJob(Result<void> outcome)
{
    ++m_working;
    const bool wasNew = std::exchange(m_isNew, false) && !outcome;
    const bool wanted = std::exchange(m_forget, false) && outcome;
    if (outcome && m_job.kind() == u"protect")
        m_job.setResult(u"epoch"_s, qint64(m_mind.epoch));
    const bool idle = m_mind.state == PairState::Alone || m_mind.state == PairState::Off
        || m_mind.state == PairState::Stale;
    if ((wasNew || wanted) && idle) {
        const auto forgotten = co_await forget();
        if (!forgotten && outcome)
            outcome = forgotten;
    }
    m_job.finish(outcome);
    --m_working;
}

Task<Result<void>> PairDriver::forgetGrant()
{
    // Read anew: a daemon that was started since does not know what was granted.
    LOCKSTEP_CO_TRY(arbiter, m_parts.arbiters.of(m_draft.settings.arbiter));
    LOCKSTEP_CO_TRY(now, co_await arbiter->read(m_uuid));
    if (!now || now->owner != m_parts.peers.ownId())
        co_return {};
    co_return co_await arbiter->forget(m_uuid, *now);
}

Task<void> PairDriver::forgetCopy()
{
    // What cannot be done now costs some memory or disk space: QEMU ends, and replicas that are
    // kept are removed in time.
    const auto record = m_parts.pairs.find(m_uuid);
    if (!record)
        co_return;
    if (!hasEnded(m_mind.qemu)) {
        const ChangeMaps maps{Qmp{m_parts.hypervisor.monitor(m_uuid)}, record->spec.disks};
        const auto dropped = co_await maps.dropOthers();
        if (!dropped)
            warnAbout(*record, dropped.error());
    }
    if (!record->isPrimary())
        co_return;
    const QJsonObject request{{u"uuid"_s, toString(m_uuid)}};
    const auto dropped =
        co_await m_parts.peers.call(record->peer, u"replica.drop"_s, request, dropDeadline);
    if (!dropped)
        spdlog::debug("pair {}: {}", record->domain.toStdString(),
                      dropped.error().message().toStdString());
}

Task<Result<void>> PairDriver::forget()
{
    m_job.progress(u"discard the shadow"_s, 0.9);
    // It discards it by itself once it hears that this side goes on alone.
    for (auto waited = 0ms; waited < discardDeadline; waited += 50ms) {
        const bool gone =
            !m_mind.theirs.heard || !m_mind.theirs.known || m_mind.theirs.state == PairState::Stale;
        if (m_stopped || m_mind.peer != PeerSense::Alive || (m_mind.theirs.heard && gone))
            break;
        LOCKSTEP_CO_CHECK(co_await pause(50ms));
    }
    if (m_mind.sole && m_draft.settings.arbiter == ArbiterKind::Etcd) {
        const auto gone = co_await forgetGrant();
        if (!gone)
            warnAbout(m_draft, gone.error());
    }
    co_await forgetCopy();
    Mind nothing;
    nothing.epoch = m_mind.epoch;
    nothing.peer = m_mind.peer;
    nothing.sole = false;
    m_mind = nothing;
    m_saved = nothing;
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.remove(m_uuid));
    co_return m_guard.forget(m_uuid);
}

} // namespace lockstep
