// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/JobTable.h"
#include "pair/Meeting.h"
#include "pair/PairParts.h"
#include "pair/PairService.h"
#include "pair/Recovery.h"
#include "pair/ShadowKeeper.h"
#include "pair/Watcher.h"

namespace lockstep {

/// The pairs of this host and the flows that work on them. Construct it, start() it once libvirt
/// and the store are there, stop() it before its parts go.
class PairManager final : public PairService
{
    Q_OBJECT
public:
    PairManager(Hypervisor& hypervisor, Peers& peers, Store& store, const Config& config);

    /// Loads the pairs, answers peers, and recovers what an earlier run left. Errors: StoreError.
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
    [[nodiscard]] Task<Result<JobId>> continueAlone(QString domain) override;
    [[nodiscard]] Task<Result<JobId>> unprotect(QString domain) override;
    [[nodiscard]] QList<PairView> pairs() const override;
    [[nodiscard]] Result<PairView> pair(const DomainUuid& uuid) const override;
    [[nodiscard]] QList<JobView> jobs() const override { return m_jobs.all(); }
    [[nodiscard]] Result<JobView> job(const JobId& id) const override { return m_jobs.find(id); }
    [[nodiscard]] Result<void> cancel(const JobId& id) override { return m_jobs.cancel(id); }
    [[nodiscard]] bool usesPeer(const PeerId& id) const override;

private:
    struct Subject
    {
        DomainInfo domain;
        PeerInfo peer;
    };
    [[nodiscard]] PairParts parts();
    void answerPeers();
    [[nodiscard]] Task<void> recover();
    [[nodiscard]] PairView toView(const PairRecord& record) const;
    [[nodiscard]] Task<Result<Subject>> subject(QString domain, QString peer);
    /// The pair of a domain that may be off, or even gone from libvirt.
    [[nodiscard]] Task<Result<PairRecord>> recordFor(QString domain);
    [[nodiscard]] Task<void> runProtect(JobId job, Subject subject, ProtectOptions options);
    [[nodiscard]] Task<void> runTakeover(JobId job, PairRecord record);
    [[nodiscard]] Task<void> runDetach(JobId job, PairRecord record, bool forget);
    [[nodiscard]] Task<void> runForget(JobId job, PairRecord record);

    Hypervisor& m_hypervisor;
    Peers& m_peers;
    const Config& m_config;
    PairTable m_pairs;
    JobTable m_jobs;
    TaskSet m_tasks;
    ShadowKeeper m_keeper;
    Meeting m_meeting;
    Watcher m_watcher;
    Recovery m_recovery;
    bool m_recovering{false};
};

} // namespace lockstep
