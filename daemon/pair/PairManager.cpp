// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairManager.h"

#include "pair/KeptReplicas.h"
#include "pair/PreflightFlow.h"
#include "pair/ProtectFlow.h"
#include "replication/Describe.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A heartbeat there, a look into libvirt, and a heartbeat back; also for what is just being
// discarded.
constexpr auto helloDeadline = 3s;
constexpr auto stopDeadline = 20s;
// libvirt's daemon is restarted within that: a package's update is no reason to refuse a command.
constexpr auto libvirtPatience = 10s;

} // namespace

PairManager::PairManager(Hypervisor& hypervisor, Peers& peers, Store& store, Chronicle& chronicle,
                         const Config& config, StatisticsStore* statistics)
    : m_hypervisor{hypervisor}, m_peers{peers}, m_chronicle{chronicle}, m_config{config},
      m_pairs{store, chronicle}, m_statistics{hypervisor, m_pairs, statistics}, m_jobs{chronicle},
      m_arbiters{store,
                 [&config](ArbiterKind kind, const QString& identity) {
                     return makeArbiter(kind, config, identity);
                 }},
      m_drivers{parts(), m_tasks, StartGuard::usualFolder}, m_requests{parts(), m_drivers, m_tasks},
      m_watcher{parts(), m_tasks}, m_suspension{parts(), m_tasks}, m_settings{parts(), m_drivers},
      m_governors{parts(), m_settings, m_tasks}, m_changes{parts(), m_tasks}
{
    connect(&m_pairs, &PairTable::changed, this, &PairService::pairChanged);
    connect(&m_pairs, &PairTable::removed, this, &PairService::pairRemoved);
    connect(&m_jobs, &JobTable::changed, this, &PairService::jobChanged);
    connect(&m_jobs, &JobTable::removed, this, &PairService::jobRemoved);
    connect(&m_chronicle, &Chronicle::recorded, this, &PairService::recorded);
    connect(&m_statistics, &Statistics::changed, this, &PairService::pairChanged);
    connect(&m_drivers, &PairDrivers::changed, this, &PairService::pairChanged);
    connect(&m_hourly, &QTimer::timeout, this, [this] { m_tasks.add(giveUpOldReplicas()); });
    const auto onPeer = [this](const PeerId& peer) {
        const auto records = m_pairs.all();
        for (const auto& record : records) {
            if (record.peer == peer)
                Q_EMIT pairChanged(record.uuid);
        }
    };
    connect(&m_peers, &Peers::connected, this, onPeer);
    connect(&m_peers, &Peers::connected, this,
            [this](const PeerId& peer) { m_tasks.add(m_settings.tellAll(peer)); });
    connect(&m_peers, &Peers::disconnected, this, onPeer);
    connect(&m_arbiters, &Arbiters::changed, this, [this](const Arbiters::Use& use) {
        const auto records = m_pairs.all();
        for (const auto& record : records) {
            if (Arbiters::Use{record.settings.arbiter, record.peerName} == use)
                Q_EMIT pairChanged(record.uuid);
        }
    });
}

Task<void> PairManager::giveUpOldReplicas()
{
    const KeptReplicas kept{m_config};
    co_await kept.giveUpOld();
}

PairParts PairManager::parts()
{
    return {m_hypervisor, m_peers,     m_pairs,      m_jobs,
            m_arbiters,   m_chronicle, m_statistics, m_config};
}

Task<Result<void>> PairManager::start()
{
    LOCKSTEP_CO_CHECK(co_await m_pairs.load());
    m_tasks.add(m_statistics.load()); // nothing waits for it
    LOCKSTEP_CO_CHECK(co_await m_arbiters.load());
    m_drivers.load();
    m_requests.answer();
    connect(&m_hypervisor, &Hypervisor::connected, this, [this] { m_tasks.add(begin()); });
    if (m_hypervisor.isConnected())
        m_tasks.add(begin());
    co_return {};
}

Task<void> PairManager::begin()
{
    // Once: later losses of libvirtd change nothing for the domains, nor for their pairs.
    if (std::exchange(m_begun, true))
        co_return;
    co_await m_drivers.begin();
    m_suspension.look();
    m_watcher.look();
    m_governors.begin();
    m_changes.look();
    m_tasks.add(giveUpOldReplicas());
    m_hourly.start(1h);
    m_arbiters.watch(
        [this] {
            std::set<Arbiters::Use> uses;
            const auto records = m_pairs.all();
            for (const auto& record : records)
                uses.emplace(record.settings.arbiter, record.peerName);
            return uses;
        },
        m_tasks);
}

Task<void> PairManager::stop()
{
    const auto all = m_jobs.all();
    for (const auto& job : all) {
        if (job.cancellable)
            (void)m_jobs.cancel(job.id);
    }
    m_hourly.stop();
    m_governors.stop();
    m_changes.stop();
    // What cannot be saved, or asked, is not waited for any longer.
    QTimer::singleShot(stopDeadline, this, [this] { m_drivers.stop(); });
    co_await m_tasks.drained();
    m_drivers.stop();
    co_await m_statistics.stop();
}

QMap<QString, quint64> PairManager::lastMinute(const DomainUuid& uuid) const
{
    const PairStatistics* const known = m_statistics.find(uuid);
    if (!known)
        return {};
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    const Sums sums = known->sums(now - Minute::length + 1, now + 1);
    return {{u"seconds"_s, sums.seconds},           {u"checkpoints"_s, sums.checkpoints},
            {u"asked-by-qemu"_s, sums.asked},       {u"stopped-usec"_s, sums.stopped},
            {u"longest-stop-usec"_s, sums.longest}, {u"released-packets"_s, sums.released},
            {u"memory-bytes"_s, sums.memory},       {u"disk-bytes"_s, sums.disk}};
}

PairView PairManager::toView(const PairRecord& record) const
{
    PairView view = record.toView();
    const auto peer = m_peers.peer(record.peer);
    view.peerConnected = peer && peer->connected;
    view.checkpoints = m_watcher.checkpoints(record.uuid);
    if (record.state == PairState::Protected)
        view.lastMinute = lastMinute(record.uuid);
    view.arbiterError = m_arbiters.problem({record.settings.arbiter, record.peerName});
    view.arbiterRejections = m_arbiters.rejections(record.settings.arbiter);
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

QSet<quint16> PairManager::channelPorts() const
{
    QSet<quint16> ports;
    const auto records = m_pairs.all();
    for (const auto& record : records) {
        ports << record.spec.nbdPort << record.spec.migrationPort;
        for (const auto& nic : record.spec.nics)
            ports << nic.requestPort << nic.responsePort;
    }
    return ports;
}

Task<Result<PairManager::Subject>> PairManager::subject(QString domain, QString peer)
{
    co_await m_hypervisor.connectedWithin(libvirtPatience);
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
    if (!found.connected && !found.isHeard())
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
    const auto before = m_pairs.find(what.domain.uuid);
    LOCKSTEP_CO_CHECK(withChange(before ? before->settings : PairSettings{}, options, m_arbiters));
    LOCKSTEP_CO_TRY(job, m_jobs.start(u"protect"_s, what.domain.uuid, what.domain.name, true));
    m_tasks.add(runProtect(job, what, options));
    co_return job;
}

Task<void> PairManager::runProtect(JobId job, Subject subject, ProtectOptions options)
{
    const auto driver = co_await readyDriver(subject, options, m_jobs.stopToken(job));
    if (!driver) {
        m_jobs.finish(job, std::unexpected{driver.error()});
        m_drivers.sweep();
        co_return;
    }
    (*driver)->setOptions(options);
    (*driver)->want(job, u"protect"_s, failover::Wish::Protect);
}

Task<Result<PairDriver*>> PairManager::readyDriver(Subject subject, ProtectOptions options,
                                                   std::stop_token stop)
{
    LOCKSTEP_CO_TRY(report, co_await runPreflight(parts(), subject.domain, subject.peer, options));
    LOCKSTEP_CO_CHECK(ProtectFlow::verdict(report));
    const auto uuid = subject.domain.uuid;
    const auto before = m_pairs.find(uuid);
    LOCKSTEP_CO_TRY(settings,
                    withChange(before ? before->settings : PairSettings{}, options, m_arbiters));
    PairRecord record;
    record.uuid = uuid;
    record.domain = subject.domain.name;
    record.peer = subject.peer.id;
    record.peerName = subject.peer.name;
    record.state = PairState::Alone;
    record.spec.uuid = uuid;
    record.spec.domain = subject.domain.name; // without it no later daemon could read the record
    record.settings = settings;
    auto* driver = co_await m_drivers.add(record);
    if (before) {
        LOCKSTEP_CO_CHECK(co_await m_pairs.update(uuid, [&](PairRecord& now) {
            now.peer = subject.peer.id;
            now.peerName = subject.peer.name;
            now.settings = settings;
        }));
        driver->setPeer(subject.peer);
        driver->setSettings(settings);
    }
    // What the other host knows of the pair it says with its heartbeats.
    for (auto waited = 0ms; waited < helloDeadline; waited += 10ms) {
        driver = m_drivers.find(uuid);
        if (!driver)
            break;
        const auto& theirs = driver->mind().theirs;
        if (driver->isStarted() && theirs.heard
            && (!theirs.known || theirs.state == PairState::Stale))
            break;
        m_peers.beatSoon(subject.peer.id);
        LOCKSTEP_CO_CHECK(co_await pause(10ms, stop));
    }
    if (!driver)
        co_return failure(Errc::Cancelled, u"the pair was removed meanwhile"_s);
    if (!driver->isStarted())
        co_return failure(Errc::Busy, u"domain %1 is being looked at"_s.arg(record.domain));
    co_return driver;
}

Task<Result<PairManager::Pair>> PairManager::pairFor(QString domain)
{
    co_await m_hypervisor.connectedWithin(libvirtPatience);
    const auto info = co_await m_hypervisor.find(domain);
    auto record = info ? m_pairs.find(info->uuid) : std::nullopt;
    if (!info) {
        const auto records = m_pairs.all();
        const auto found = std::ranges::find_if(records, [&](const PairRecord& candidate) {
            return candidate.domain == domain || toString(candidate.uuid) == domain;
        });
        if (found == records.end())
            co_return std::unexpected{info.error()};
        record = *found;
    }
    if (!record)
        co_return failure(Errc::UnknownPair, u"domain %1 is not protected"_s.arg(info->name));
    auto* const driver = m_drivers.find(record->uuid);
    if (!driver || !driver->isStarted())
        co_return failure(Errc::Busy,
                          u"domain %1 is being %2"_s.arg(record->domain,
                                                         driver ? u"looked at"_s : u"forgotten"_s));
    co_return Pair{*record, driver};
}

} // namespace lockstep
