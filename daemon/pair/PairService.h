// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "pair/PairEvent.h"
#include "pair/Views.h"

#include <QObject>

namespace lockstep {

class PairStatistics;

/// All that a user can ask of pairs, as api/ sees it. Methods that start work return the job's id
/// at once, after the checks that need no work (UnknownDomain, WrongRole, Busy, ...); the rest of
/// the outcome is the job's. `domain` is a name, UUID or id; `peer` a name, address or fingerprint.
class PairService : public QObject
{
    Q_OBJECT
public:
    [[nodiscard]] virtual Task<Result<PreflightReport>> preflight(QString domain, QString peer,
                                                                  ProtectOptions options) = 0;
    [[nodiscard]] virtual Task<Result<QList<PlannedStep>>> plan(QString domain, QString peer,
                                                                ProtectOptions options) = 0;
    /// An empty `peer` means the one that the domain was paired with last.
    [[nodiscard]] virtual Task<Result<JobId>> protect(QString domain, QString peer,
                                                      ProtectOptions options) = 0;
    [[nodiscard]] virtual Task<Result<JobId>> takeOver(QString domain) = 0;
    /// A planned change of roles: nothing is lost. Errors: NotInStep.
    [[nodiscard]] virtual Task<Result<JobId>> switchOver(QString domain) = 0;
    /// switchOver() for every pair whose primary is on this host, one after another. Errors:
    /// NotInStep, naming the first pair that cannot.
    [[nodiscard]] virtual Task<Result<JobId>> drain() = 0;
    /// `force`: somebody knows that the other host is off and that this one has the newest state,
    /// which nobody else can tell: also for a guest that has ended.
    [[nodiscard]] virtual Task<Result<JobId>> continueAlone(QString domain, bool force) = 0;
    [[nodiscard]] virtual Task<Result<JobId>> unprotect(QString domain) = 0;
    /// Changes how a pair fails over, on both its hosts; what is not given stays. Errors:
    /// InvalidArgument, WrongRole, NotSupported, Busy; PeerUnreachable, then nothing was changed.
    [[nodiscard]] virtual Task<Result<void>> setSettings(QString domain, SettingsChange change) = 0;

    [[nodiscard]] virtual QList<PairView> pairs() const = 0;
    [[nodiscard]] virtual Result<PairView> pair(const DomainUuid& uuid) const = 0;
    [[nodiscard]] virtual QList<JobView> jobs() const = 0;
    [[nodiscard]] virtual Result<JobView> job(const JobId& id) const = 0;
    /// Asks a job to stop and undo what it did; the job's end tells when that is through.
    [[nodiscard]] virtual Result<void> cancel(const JobId& id) = 0;
    /// The history shall tell who has asked for this job. Nothing happens if it is unknown.
    virtual void attribute(const JobId& id, const QString& who) = 0;
    /// What has happened to this host's pairs. Errors: StoreError, StoreTooNew.
    [[nodiscard]] virtual Task<Result<QList<PairEvent>>> events(EventQuery query) = 0;
    /// Whether a pair needs this peer, so that it cannot be forgotten.
    [[nodiscard]] virtual bool usesPeer(const PeerId& id) const = 0;
    /// What is known of its checkpoints; nullptr if there was none yet. Good until the event loop
    /// goes on.
    [[nodiscard]] virtual const PairStatistics* statistics(const DomainUuid& uuid) const = 0;

Q_SIGNALS:
    void pairChanged(const lockstep::DomainUuid& uuid);
    void pairRemoved(const lockstep::DomainUuid& uuid);
    void jobChanged(const lockstep::JobId& id);
    void jobRemoved(const lockstep::JobId& id);
    void recorded(const lockstep::PairEvent& event);
};

} // namespace lockstep
