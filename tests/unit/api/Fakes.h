// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/ConfigView.h"
#include "doctor/DoctorService.h"
#include "hypervisor/Hypervisor.h"
#include "pair/PairService.h"
#include "peer/Peers.h"
#include "statistics/PairStatistics.h"

#include <map>

namespace lockstep::test {

/// Knows the pairs and jobs that the test puts in; starts the job that the test has prepared.
/// Answers from the event loop, as the real one.
class FakePairService final : public PairService
{
    Q_OBJECT
public:
    std::map<DomainUuid, PairView> pairViews;
    std::map<JobId, JobView> jobViews;
    std::optional<Error> refusal; ///< What every request fails with.
    QStringList calls; ///< E.g. "protect web1 beta /images arbiter=etcd".
    QStringList askedBy; ///< Who asked for which job, e.g. "2 root".
    PreflightReport report;
    QList<PlannedStep> steps;
    QList<PairEvent> history; ///< Oldest first.
    std::map<DomainUuid, PairStatistics> figures; ///< What is known of checkpoints.
    mutable int looks{0}; ///< How often all pairs were asked for.

    void put(const PairView& view);
    void put(const JobView& view);
    /// Adds it to the history, with the next id, and announces it.
    void record(PairEvent event);
    void drop(const DomainUuid& uuid);
    void drop(const JobId& id);

    Task<Result<PreflightReport>> preflight(QString domain, QString peer,
                                            ProtectOptions options) override;
    Task<Result<QList<PlannedStep>>> plan(QString domain, QString peer,
                                          ProtectOptions options) override;
    Task<Result<JobId>> protect(QString domain, QString peer, ProtectOptions options) override;
    Task<Result<JobId>> takeOver(QString domain) override;
    Task<Result<JobId>> switchOver(QString domain) override;
    Task<Result<JobId>> drain() override;
    Task<Result<JobId>> continueAlone(QString domain, bool force) override;
    Task<Result<JobId>> unprotect(QString domain) override;
    Task<Result<void>> setSettings(QString domain, SettingsChange change) override;
    QList<PairView> pairs() const override;
    Result<PairView> pair(const DomainUuid& uuid) const override;
    QList<JobView> jobs() const override;
    Result<JobView> job(const JobId& id) const override;
    Result<void> cancel(const JobId& id) override;
    void attribute(const JobId& id, const QString& who) override;
    Task<Result<QList<PairEvent>>> events(EventQuery query) override;
    bool usesPeer(const PeerId& id) const override;
    const PairStatistics* statistics(const DomainUuid& uuid) const override;

    /// The job that the next request starts; changed by the test to let it proceed.
    JobView nextJob;

private:
    Task<Result<JobId>> start(QString call);
};

class FakePeers final : public Peers
{
    Q_OBJECT
public:
    std::map<PeerId, PeerInfo> infos;
    Result<PeerProbe> probed{std::unexpect, Errc::PeerUnreachable, QStringLiteral("no answer")};
    QStringList calls;

    void put(const PeerInfo& info);

    PeerId ownId() const override;
    QString ownName() const override { return QStringLiteral("alpha"); }
    QList<PeerInfo> peers() const override;
    Result<PeerInfo> find(const QString& nameOrId) const override;
    Result<PeerInfo> peer(const PeerId& id) const override;
    Task<Result<PeerProbe>> probe(QString address) override;
    Task<Result<PeerInfo>> add(QString address, PeerId expected, QString name) override;
    Task<Result<PeerInfo>> accept(QString nameOrId, PeerId expected) override;
    Task<Result<void>> remove(PeerId id) override;
    Task<Result<QJsonObject>> call(PeerId id, QString method, QJsonObject params,
                                   std::chrono::milliseconds deadline) override;
    void handle(const QString& method, Handler handler) override;
    Task<Result<QString>> qemuCredentials(PeerId id, uint uid, uint gid) override;
    Task<Result<void>> setHeartbeat(PeerId id, HeartbeatSettings settings) override;
    void setPairBeats(PairBeats) override { }
    void beatSoon(const PeerId&) override { }
    QList<PairBeat> pairsOf(const PeerId&) const override { return {}; }
    std::optional<PairBeat> pairHealth(const PeerId&, const DomainUuid&) const override
    {
        return {};
    }
};

/// Finds the domains that the test names; nothing else is asked of it here.
class FakeHypervisor final : public Hypervisor
{
    Q_OBJECT
public:
    QList<DomainInfo> known;
    std::optional<Error> refusal; ///< What domains() fails with.

    bool isConnected() const override { return true; }
    Task<Result<DomainInfo>> find(QString nameUuidOrId) override;
    Task<Result<std::chrono::milliseconds>> waitsForMonitor(DomainUuid domain) override;
    Task<Result<QList<DomainInfo>>> domains() override;
    Task<Result<HostFacts>> hostFacts() override;
    Task<Result<QString>> xml(DomainUuid domain, XmlKind kind) override;
    Task<Result<QString>> cpuProblem(QString domainXml) override;
    Task<Result<DomainInfo>> createPaused(QString domainXml) override;
    Task<Result<void>> define(QString domainXml) override;
    Task<Result<void>> undefine(DomainUuid domain) override;
    Task<Result<void>> destroy(DomainUuid domain) override;
    Task<Result<void>> resume(DomainUuid domain) override;
    Task<Result<void>> suspend(DomainUuid domain) override;
    Task<Result<QString>> addIoThread(DomainUuid domain, unsigned id) override;
    Task<Result<void>> removeIoThread(DomainUuid domain, unsigned id) override;
    std::shared_ptr<Monitor> monitor(DomainUuid domain) override;
};

/// Finds what the test wants, of the hosts that are asked for.
class FakeDoctor final : public DoctorService
{
public:
    QList<Finding> findings;
    QStringList asked;
    bool waits{false}; ///< For goOn().

    [[nodiscard]] bool isAsked() const { return m_isAsked; }
    void goOn() { m_goOn.complete(true); }
    Task<Result<QList<Finding>>> examine(QStringList hosts) override;
    int trials{0};
    std::optional<Error> trialProblem; ///< What tryQemu() fails with.
    Task<Result<QList<Finding>>> tryQemu() override;

private:
    bool m_isAsked{false};
    OneShot<bool> m_goOn;
};

/// A protected pair "web1" towards "beta", and that peer.
[[nodiscard]] PairView samplePair();
[[nodiscard]] PeerInfo samplePeer();
/// Job 1, which copies a disk of "web1".
[[nodiscard]] JobView sampleJob();
/// A setting from the file and a secret one.
[[nodiscard]] ConfigView sampleConfiguration(const QString& file);
/// A checkpoint that has ended then (microseconds since 1970 UTC).
[[nodiscard]] Checkpoint sampleCheckpoint(qint64 time);
/// "web1" has become protected.
[[nodiscard]] PairEvent sampleEvent();

} // namespace lockstep::test
