// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairManager.h"

#include "pair/DetachFlow.h"
#include "pair/PreflightFlow.h"
#include "pair/ProtectFlow.h"
#include "pair/TakeoverFlow.h"
#include "replication/Describe.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;

PairManager::PairManager(Hypervisor& hypervisor, Peers& peers, Store& store, const Config& config)
    : m_hypervisor{hypervisor}, m_peers{peers}, m_config{config}, m_pairs{store},
      m_keeper{parts(), m_tasks}, m_meeting{parts(), m_keeper, m_tasks},
      m_watcher{parts(), m_meeting, m_tasks}, m_recovery{parts(), m_keeper}
{
    connect(&m_pairs, &PairTable::changed, this, &PairService::pairChanged);
    connect(&m_pairs, &PairTable::removed, this, &PairService::pairRemoved);
    connect(&m_jobs, &JobTable::changed, this, &PairService::jobChanged);
    connect(&m_jobs, &JobTable::removed, this, &PairService::jobRemoved);
    connect(&m_watcher, &Watcher::checkpointed, this, &PairService::pairChanged);
    const auto onPeer = [this](const PeerId& peer) {
        const auto records = m_pairs.all();
        for (const auto& record : records) {
            if (record.peer == peer)
                Q_EMIT pairChanged(record.uuid);
        }
    };
    connect(&m_peers, &Peers::connected, this, onPeer);
    connect(&m_peers, &Peers::disconnected, this, onPeer);
}

PairParts PairManager::parts() { return {m_hypervisor, m_peers, m_pairs, m_jobs, m_config}; }

Task<Result<void>> PairManager::start()
{
    LOCKSTEP_CO_CHECK(co_await m_pairs.load());
    answerPeers();
    connect(&m_hypervisor, &Hypervisor::connected, this, [this] { m_tasks.add(recover()); });
    if (m_hypervisor.isConnected())
        m_tasks.add(recover());
    co_return {};
}

Task<void> PairManager::recover()
{
    // Once: later losses of libvirtd change nothing for the domains, nor for their pairs.
    if (std::exchange(m_recovering, true))
        co_return;
    co_await m_recovery.recoverAll();
    // A peer that was there before this was done has seen a state that is no more.
    const auto records = m_pairs.all();
    for (const auto& record : records) {
        const auto peer = m_peers.peer(record.peer);
        if (peer && peer->connected)
            (void)co_await m_meeting.compare(record.uuid);
    }
}

Task<void> PairManager::stop()
{
    const auto all = m_jobs.all();
    for (const auto& job : all) {
        if (job.cancellable)
            (void)m_jobs.cancel(job.id);
    }
    co_await m_tasks.drained();
}

void PairManager::answerPeers()
{
    m_peers.handle(u"preflight.facts"_s, [this](PeerId peer, QJsonObject request) {
        return answerPreflight(parts(), peer, request);
    });
    m_peers.handle(u"shadow.prepare"_s, [this](PeerId peer, QJsonObject request) {
        return m_keeper.prepare(peer, request);
    });
    m_peers.handle(u"shadow.confirm"_s, [this](PeerId peer, QJsonObject request) {
        return m_keeper.confirm(peer, request);
    });
    m_peers.handle(u"shadow.release"_s, [this](PeerId peer, QJsonObject request) {
        return m_keeper.release(peer, request);
    });
    m_peers.handle(u"shadow.discard"_s, [this](PeerId peer, QJsonObject request) {
        return m_keeper.discard(peer, request);
    });
    m_peers.handle(u"primary.yield"_s, [this](PeerId peer, QJsonObject request) {
        return m_meeting.yield(peer, request);
    });
    m_peers.handle(u"pair.compare"_s, [this](PeerId peer, QJsonObject request) {
        return m_meeting.answer(peer, request);
    });
}

PairView PairManager::toView(const PairRecord& record) const
{
    PairView view = record.toView();
    const auto peer = m_peers.peer(record.peer);
    view.peerConnected = peer && peer->connected;
    view.checkpoints = m_watcher.checkpoints(record.uuid);
    if (record.state == PairState::Protected && !view.peerConnected && view.reason.isEmpty()) {
        const QString decide = record.isPrimary() ? u"continue-alone"_s : u"takeover"_s;
        view.reason = u"no contact with %1; if it is gone, decide with 'lockstep %2 %3'"_s.arg(
            record.peerName, decide, record.domain);
    }
    return view;
}

QList<PairView> PairManager::pairs() const
{
    QList<PairView> views;
    const auto records = m_pairs.all();
    for (const auto& record : records)
        views.append(toView(record));
    return views;
}

Result<PairView> PairManager::pair(const DomainUuid& uuid) const
{
    const auto record = m_pairs.find(uuid);
    if (!record)
        return failure(Errc::UnknownPair, u"domain %1 is not protected"_s.arg(toString(uuid)));
    return toView(*record);
}

bool PairManager::usesPeer(const PeerId& id) const
{
    return std::ranges::any_of(
        m_pairs.all(), [&](const auto& record) { return record.peer == id && record.isEngaged(); });
}

Task<Result<PairManager::Subject>> PairManager::subject(QString domain, QString peer)
{
    LOCKSTEP_CO_TRY(info, co_await m_hypervisor.find(domain));
    const auto record = m_pairs.find(info.uuid);
    if (record && record->isEngaged()) {
        if (!record->isPrimary()) {
            co_return failure(
                Errc::WrongRole,
                u"host %1 holds the shadow of domain %2; its primary runs on %3"_s.arg(
                    m_peers.ownName(), info.name, record->peerName));
        }
        co_return failure(Errc::AlreadyProtected,
                          u"domain %1 is %2 towards %3"_s.arg(info.name, toString(record->state),
                                                              record->peerName));
    }
    if (record && record->state == PairState::Stale) {
        co_return failure(Errc::WrongRole,
                          u"domain %1 lives on %2; what is here is out of date"_s.arg(
                              info.name, record->peerName));
    }
    if (peer.isEmpty() && !record)
        co_return failure(
            Errc::InvalidArgument,
            u"domain %1 was never protected: name the host to protect it towards"_s.arg(info.name));
    LOCKSTEP_CO_TRY(found, m_peers.find(peer.isEmpty() && record ? record->peer.value : peer));
    if (found.trust != PeerTrust::Trusted) {
        co_return failure(
            found.trust == PeerTrust::Asked ? Errc::UnknownPeer : Errc::PeerNotAccepted,
            found.trust == PeerTrust::Asked
                ? u"host %1 asked to pair, and nobody here has accepted it"_s.arg(found.name)
                : u"host %1 has not accepted this host yet"_s.arg(found.name));
    }
    if (!found.connected)
        co_return failure(Errc::PeerUnreachable,
                          u"no connection to %1: %2"_s.arg(found.name, found.lastError));
    co_return Subject{info, found};
}

Task<Result<PreflightReport>> PairManager::preflight(QString domain, QString peer,
                                                     ProtectOptions options)
{
    LOCKSTEP_CO_TRY(what, co_await subject(domain, peer));
    co_return co_await runPreflight(parts(), what.domain, what.peer, options);
}

Task<Result<QList<PlannedStep>>> PairManager::plan(QString domain, QString peer,
                                                   ProtectOptions options)
{
    LOCKSTEP_CO_TRY(what, co_await subject(domain, peer));
    LOCKSTEP_CO_TRY(report, co_await runPreflight(parts(), what.domain, what.peer, options));
    LOCKSTEP_CO_CHECK(ProtectFlow::verdict(report));
    PairRecord record;
    record.uuid = what.domain.uuid;
    record.peerName = what.peer.name;
    LOCKSTEP_CO_TRY(description, co_await describe(&m_hypervisor, what.domain.uuid));
    record.spec = description.spec;
    co_return ProtectFlow::plannedSteps(parts(), record);
}

Task<Result<JobId>> PairManager::protect(QString domain, QString peer, ProtectOptions options)
{
    LOCKSTEP_CO_TRY(what, co_await subject(domain, peer));
    if (what.domain.state == DomainState::Off || what.domain.state == DomainState::Crashed)
        co_return failure(Errc::DomainNotRunning, u"domain %1 is off"_s.arg(what.domain.name));
    LOCKSTEP_CO_TRY(job, m_jobs.start(u"protect"_s, what.domain.uuid, what.domain.name, true));
    m_tasks.add(runProtect(job, what, options));
    co_return job;
}

Task<void> PairManager::runProtect(JobId job, Subject subject, ProtectOptions options)
{
    ProtectFlow flow{parts(), job, subject.domain, subject.peer, options};
    const auto outcome = co_await flow.run();
    m_jobs.finish(job, outcome);
    // What the two hosts told each other meanwhile was not acted on.
    if (m_pairs.find(subject.domain.uuid)) {
        const auto compared = co_await m_meeting.compare(subject.domain.uuid);
        if (!compared)
            spdlog::debug("comparing after the job: {}", compared.error().message().toStdString());
    }
}

Task<Result<PairRecord>> PairManager::recordFor(QString domain)
{
    const auto info = co_await m_hypervisor.find(domain);
    if (info) {
        if (auto record = m_pairs.find(info->uuid))
            co_return *record;
        co_return failure(Errc::UnknownPair, u"domain %1 is not protected"_s.arg(info->name));
    }
    const auto records = m_pairs.all();
    for (const auto& record : records) {
        if (record.domain == domain || toString(record.uuid) == domain)
            co_return record;
    }
    co_return std::unexpected{info.error()};
}

Task<Result<JobId>> PairManager::takeOver(QString domain)
{
    LOCKSTEP_CO_TRY(record, co_await recordFor(domain));
    // Whoever has gone live and could not finish may try again.
    const bool unfinished = record.isPrimary() && record.state == PairState::Merging;
    if (!unfinished && (record.isPrimary() || record.state == PairState::Stale)) {
        co_return failure(Errc::WrongRole,
                          u"host %1 has no shadow of domain %2 to go live: it is %3 here"_s.arg(
                              m_peers.ownName(), record.domain, toString(record.state)));
    }
    if (!unfinished && record.state != PairState::Protected
        && record.state != PairState::Interrupted && record.state != PairState::TakingOver)
        co_return failure(Errc::NotInStep,
                          u"the shadow of domain %1 is %2, not in step"_s.arg(
                              record.domain, toString(record.state)));
    LOCKSTEP_CO_TRY(job, m_jobs.start(u"takeover"_s, record.uuid, record.domain, false));
    m_tasks.add(runTakeover(job, record));
    co_return job;
}

Task<void> PairManager::runTakeover(JobId job, PairRecord record)
{
    TakeoverFlow flow{parts(), job, record};
    m_jobs.finish(job, co_await flow.run());
}

Task<Result<JobId>> PairManager::continueAlone(QString domain)
{
    LOCKSTEP_CO_TRY(record, co_await recordFor(domain));
    if (!record.isPrimary()) {
        co_return failure(Errc::WrongRole,
                          u"host %1 holds the shadow of domain %2; the primary is on %3"_s.arg(
                              m_peers.ownName(), record.domain, record.peerName));
    }
    if (record.state != PairState::Protected && record.state != PairState::Interrupted
        && record.state != PairState::Undoing)
        co_return failure(Errc::NotProtected,
                          u"domain %1 is %2; there is no shadow to leave"_s.arg(
                              record.domain, toString(record.state)));
    LOCKSTEP_CO_TRY(job, m_jobs.start(u"continue-alone"_s, record.uuid, record.domain, false));
    m_tasks.add(runDetach(job, record, false));
    co_return job;
}

Task<Result<JobId>> PairManager::unprotect(QString domain)
{
    LOCKSTEP_CO_TRY(record, co_await recordFor(domain));
    const bool live = record.state == PairState::Protected || record.state == PairState::Interrupted
        || record.state == PairState::Undoing;
    if (live && !record.isPrimary()) {
        co_return failure(Errc::WrongRole,
                          u"host %1 holds the shadow of domain %2; unprotect it on %3"_s.arg(
                              m_peers.ownName(), record.domain, record.peerName));
    }
    if (!live && record.isEngaged())
        co_return failure(Errc::Busy,
                          u"domain %1 is %2"_s.arg(record.domain, toString(record.state)));
    LOCKSTEP_CO_TRY(job, m_jobs.start(u"unprotect"_s, record.uuid, record.domain, false));
    m_tasks.add(live ? runDetach(job, record, true) : runForget(job, record));
    co_return job;
}

Task<void> PairManager::runDetach(JobId job, PairRecord record, bool forget)
{
    const auto kind = forget ? DetachFlow::Kind::Unprotect : DetachFlow::Kind::ContinueAlone;
    DetachFlow flow{parts(), job, record, kind};
    m_jobs.finish(job, co_await flow.run());
}

Task<void> PairManager::runForget(JobId job, PairRecord record)
{
    // Whatever the other host still holds of it has to go; without a record nobody would say so.
    const auto told = co_await m_meeting.compare(record.uuid);
    if (!told)
        spdlog::debug("forgetting {}: {}", record.domain.toStdString(),
                      told.error().message().toStdString());
    m_jobs.finish(job, co_await m_pairs.remove(record.uuid));
}

} // namespace lockstep
