// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/ChangeKeeper.h"
#include "pair/Governors.h"
#include "pair/JobTable.h"
#include "pair/PairDrivers.h"
#include "pair/PairParts.h"
#include "pair/PairService.h"
#include "pair/PeerRequests.h"
#include "pair/SettingsFlow.h"
#include "pair/Statistics.h"
#include "pair/Suspension.h"
#include "pair/Watcher.h"

#include <QSet>
#include <QTimer>

namespace lockstep {

/// The pairs of this host and the flows that work on them. Construct it, start() it once libvirt
/// and the store are there, stop() it before its parts go.
class PairManager final : public PairService
{
    Q_OBJECT
public:
    /// Without a store for them statistics begin anew with each run.
    PairManager(Hypervisor& hypervisor, Peers& peers, Store& store, Chronicle& chronicle,
                const Config& config, StatisticsStore* statistics);

    /// Loads the pairs, answers peers, and goes on with what an earlier run left. Errors:
    /// StoreError.
    [[nodiscard]] Task<Result<void>> start();
    /// Cancels what can be cancelled and resumes when nothing runs any more. Pairs stay protected.
    [[nodiscard]] Task<void> stop();

    [[nodiscard]] Task<Result<PreflightReport>> preflight(QString domain, QString peer,
                                                          ProtectOptions options) override;
    [[nodiscard]] Task<Result<QList<PlannedStep>>> plan(QString domain, QString peer,
                                                        ProtectOptions options) override;
    [[nodiscard]] Task<Result<JobId>> protect(QString domain, QString peer,
                                              ProtectOptions options) override;
    [[nodiscard]] Task<Result<JobId>> takeOver(QString domain) override;
    [[nodiscard]] Task<Result<JobId>> switchOver(QString domain) override;
    [[nodiscard]] Task<Result<JobId>> drain() override;
    [[nodiscard]] Task<Result<JobId>> continueAlone(QString domain, bool force) override;
    [[nodiscard]] Task<Result<JobId>> unprotect(QString domain) override;
    [[nodiscard]] Task<Result<void>> setSettings(QString domain, SettingsChange change) override;
    [[nodiscard]] QList<PairView> pairs() const override;
    [[nodiscard]] Result<PairView> pair(const DomainUuid& uuid) const override;
    [[nodiscard]] QList<JobView> jobs() const override { return m_jobs.all(); }
    [[nodiscard]] Result<JobView> job(const JobId& id) const override { return m_jobs.find(id); }
    [[nodiscard]] Result<void> cancel(const JobId& id) override { return m_jobs.cancel(id); }
    void attribute(const JobId& id, const QString& who) override { m_jobs.attribute(id, who); }
    [[nodiscard]] Task<Result<QList<PairEvent>>> events(EventQuery query) override
    {
        return m_chronicle.events(query);
    }
    [[nodiscard]] bool usesPeer(const PeerId& id) const override;
    [[nodiscard]] const PairStatistics* statistics(const DomainUuid& uuid) const override
    {
        return m_statistics.find(uuid);
    }

    /// Ports of QEMU's channels that this host's pairs have taken.
    [[nodiscard]] QSet<quint16> channelPorts() const;

private:
    struct Subject
    {
        DomainInfo domain;
        PeerInfo peer;
    };
    struct Pair
    {
        PairRecord record;
        PairDriver* driver;
    };
    [[nodiscard]] PairParts parts();
    [[nodiscard]] Task<void> begin();
    [[nodiscard]] Task<void> giveUpOldReplicas();
    [[nodiscard]] PairView toView(const PairRecord& record) const;
    [[nodiscard]] QMap<QString, quint64> lastMinute(const DomainUuid& uuid) const;
    [[nodiscard]] Task<Result<Subject>> subject(QString domain, QString peer);
    /// The pair of a domain that may be off, or even gone from libvirt. Errors: UnknownDomain,
    /// UnknownPair, HypervisorUnavailable while it has not been looked at yet.
    [[nodiscard]] Task<Result<Pair>> pairFor(QString domain);
    [[nodiscard]] Task<void> runProtect(JobId job, Subject subject, ProtectOptions options);
    [[nodiscard]] Task<Result<PairDriver*>> readyDriver(Subject subject, ProtectOptions options,
                                                        std::stop_token stop);
    /// The primary's side is asked to hand the domain over to the shadow here.
    /// The primary is well, and is asked. `insists`: the shadow goes live if it does not answer.
    [[nodiscard]] Result<JobId> askForHandOver(const Pair& pair, bool insists);
    [[nodiscard]] Task<void> requestHandOver(PairRecord record, OneShot<Result<void>> answer);
    [[nodiscard]] Task<void> awaitHandOver(PairRecord record, bool insists);
    [[nodiscard]] Task<void> runDrain(JobId job, QList<PairRecord> records);
    [[nodiscard]] Task<Result<void>> drainOne(PairRecord record);
    /// Somebody wants it to have no shadow: it does not get one by itself any more.
    /// Errors: NotInStep, if what is defined here could be started from half a copy.
    [[nodiscard]] Task<Result<void>> checkForgettable(PairRecord record);
    [[nodiscard]] Task<Result<void>> stayAlone(DomainUuid uuid);

    Hypervisor& m_hypervisor;
    Peers& m_peers;
    Chronicle& m_chronicle;
    const Config& m_config;
    PairTable m_pairs;
    Statistics m_statistics;
    JobTable m_jobs;
    Arbiters m_arbiters;
    TaskSet m_tasks;
    PairDrivers m_drivers;
    PeerRequests m_requests;
    Watcher m_watcher;
    Suspension m_suspension;
    SettingsFlow m_settings;
    Governors m_governors;
    ChangeKeeper m_changes;
    QTimer m_hourly;
    bool m_begun{false};
};

} // namespace lockstep
