// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Decide.h"
#include "pair/PairJob.h"
#include "pair/PairParts.h"
#include "pair/QemuWatch.h"

#include <QElapsedTimer>
#include <QTimer>

#include <deque>

namespace lockstep {

class StartGuard;

/// Drives one pair on this host: what happens to it goes into failover::decide(), and what that
/// decides is done, one thing after the other. Decides nothing itself. Made for each pair that this
/// host knows of, and for one that it is asked to know; vacant() when there is nothing left of it.
class PairDriver final : public QObject
{
    Q_OBJECT
public:
    /// A peer of which nothing was heard since this daemon started is taken for gone after this.
    static constexpr std::chrono::milliseconds unknownHolds{5'000};

    /// `record` is as it is in the table, or, `isNew`, as it is to begin: nothing is saved until
    /// the pair has something to lose.
    PairDriver(PairParts parts, PairRecord record, bool isNew, StartGuard& guard, TaskSet& tasks);

    [[nodiscard]] const DomainUuid& uuid() const { return m_uuid; }
    [[nodiscard]] const PeerId& peer() const { return m_draft.peer; }
    [[nodiscard]] const failover::Mind& mind() const { return m_mind; }
    /// Writes down for libvirt's hook what the record says; an error is logged.
    void guard();
    /// Looks at QEMU and begins, or goes on where an earlier daemon stopped.
    [[nodiscard]] Task<void> start();
    /// What is decided from now on is not done any more.
    void stop();
    [[nodiscard]] bool isVacant() const;
    /// It has looked at its QEMU: only now anything can be asked of it.
    [[nodiscard]] bool isStarted() const { return m_started; }

    /// What the other host is told: nothing that is not saved.
    [[nodiscard]] failover::TheirWord word() const;
    /// The peer's health or what it says of this pair may be another one.
    void hear();
    void arbiterSeen(bool reachable);

    /// Somebody wants something; the job tells what becomes of it. Errors: Busy.
    /// `forget`: the pair is forgotten once that has come to a good end.
    [[nodiscard]] Result<JobId> want(const QString& kind, failover::Wish wish, bool forget = false);
    /// The same for a job that is there already.
    void want(JobId job, const QString& kind, failover::Wish wish);
    /// How it fails over from now on. Its arbiter may be another one only while this host alone
    /// runs the domain; all else at any time. Saved by whoever calls this.
    void setSettings(const PairSettings& settings);
    /// Decides anew, after something that it decides by has changed.
    void reconsider();
    /// The other host is another one now. Only while the pair has no shadow; as setSettings().
    void setPeer(const PeerInfo& peer);
    /// A job for what the other side begins; it fails with `late` unless that comes soon.
    void await(JobId job, const QString& kind);
    void giveUpWaiting(const Error& error);
    /// The same job is to be done without the other side.
    void insist();
    [[nodiscard]] bool isAwaiting() const { return m_awaiting; }
    /// What the next protection is to be made with.
    void setOptions(const ProtectOptions& options) { m_options = options; }
    /// Tries again now what waits for its time.
    void hurry() { happen(failover::TimerEnded{}); }

    /// A question of the other host; the answer, false if there is none any more.
    [[nodiscard]] Task<bool> ask(failover::Event question);
    /// This host is to keep a shadow: its record, if it agrees.
    [[nodiscard]] Task<bool> askToBuild(PairRecord record);
    /// Looks at this side's QEMU now; what is new about it has happened when this returns.
    [[nodiscard]] Task<void> look();
    /// Something was sensed.
    void happen(const failover::Event& event);
    /// A shadow is being made here; stop() stops that.
    void setBuilding(std::stop_source stop) { m_building = std::move(stop); }
    [[nodiscard]] Task<void> builtOrNot(Result<void> outcome);
    /// Returns once there is no shadow here any more, or after `deadline`.
    [[nodiscard]] Task<void> discarded(std::chrono::milliseconds deadline);
    [[nodiscard]] bool isBuilding() const { return m_building.has_value(); }

Q_SIGNALS:
    /// There is no pair any more, nor anything that works on one.
    void vacant();
    /// Something that is shown, but not in its record.
    void changed();

private:
    struct Planned
    {
        failover::Order action;
        failover::Mind mind; ///< As it was decided.
        QString reason;
        quint64 decision{0};
    };

    [[nodiscard]] Task<void> act();
    /// False if what follows of the same decision must not be done.
    [[nodiscard]] Task<bool> perform(Planned planned);
    [[nodiscard]] Task<void> save(failover::Mind mind, QString reason);
    [[nodiscard]] Task<Result<void>> write(failover::Mind mind, QString reason);
    /// Whether the domain may be started here.
    [[nodiscard]] static bool mayStart(const failover::Mind& mind,
                                       const std::optional<PairRecord>& record);
    [[nodiscard]] Task<void> showReason();
    [[nodiscard]] bool sever();
    void wait(failover::Wait::For what);
    /// Adds to the pair's history.
    void tell(EventKind kind, Severity severity, const QString& text);
    void adjust();
    /// A shadow knows whether its primary is suspended.
    void followSuspension();
    [[nodiscard]] Task<void> suspend(bool wanted);
    [[nodiscard]] QString reason() const;

    // DriverRequests.cpp: what is asked of others
    [[nodiscard]] bool mayGoOnThere() const;
    [[nodiscard]] Task<void> readRecord();
    [[nodiscard]] Task<void> swap(failover::Swap action);
    void answered(const Error& error, bool sent);
    [[nodiscard]] Task<void> askPromise(quint64 epoch, failover::AskPromise word);
    [[nodiscard]] Task<void> askToLetGo(quint64 epoch, ClaimKind kind);
    [[nodiscard]] Arbiters::Use use() const;
    [[nodiscard]] failover::GrantSeen seenFrom(const std::optional<Grant>& grant) const;
    [[nodiscard]] std::optional<Grant> grantFrom(const failover::GrantSeen& seen) const;

    // DriverWorks.cpp: what is done here
    [[nodiscard]] Task<void> work(failover::Work work);
    [[nodiscard]] Task<Result<void>> carryOut(failover::Work work);
    [[nodiscard]] Task<Result<void>> build();
    [[nodiscard]] Task<Result<void>> confirm();
    [[nodiscard]] Task<Result<void>> detach();
    [[nodiscard]] Task<Result<void>> goLive();
    [[nodiscard]] Task<Result<void>> discard();
    [[nodiscard]] Task<Result<void>> destroy();
    [[nodiscard]] Task<void> finishJob(Result<void> outcome);
    [[nodiscard]] Task<Result<void>> forget();
    [[nodiscard]] Task<Result<void>> forgetGrant();
    /// Neither host needs to know what a replica that is gone lacks.
    [[nodiscard]] Task<void> forgetCopy();

    PairParts m_parts;
    const DomainUuid m_uuid;
    StartGuard& m_guard;
    TaskSet& m_tasks;
    PairRecord m_draft; ///< Of what is not saved yet, and what does not change.
    bool m_isNew;
    bool m_isFresh{false}; ///< The draft is of a new shadow here, and has not been saved.
    failover::Mind m_mind;
    failover::Mind m_saved;
    std::deque<Planned> m_todo;
    quint64 m_decisions{0};
    quint64 m_broken{0}; ///< This decision could not be done.
    bool m_acting{false};
    bool m_stopped{false};
    bool m_started{false};
    int m_working{0}; ///< Tasks of this object.
    std::deque<OneShot<bool>> m_answers;
    std::list<OneShot<bool>> m_onDiscarded;
    std::optional<Grant> m_grant; ///< As it was read last.
    std::optional<Error> m_error; ///< What went wrong last.
    QString m_shown; ///< The reason that was saved last.
    QString m_why; ///< What began it all.
    QemuWatch m_qemu;
    PairJob m_job;
    ProtectOptions m_options;
    std::optional<std::stop_source> m_building;
    bool m_forget{false};
    bool m_finishing{false};
    bool m_awaiting{false}; ///< The job waits for the other side to begin.
    bool m_again{false}; ///< An attempt to go on has failed, and may have left the guest paused.
    int m_failures{0}; ///< Of attempts to protect, in a row.
    QElapsedTimer m_sinceLoss;
    QTimer m_timer;
    QTimer m_unknown;
};

} // namespace lockstep
