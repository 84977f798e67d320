// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/MakeArbiter.h"
#include "store/Store.h"

#include <QElapsedTimer>
#include <QMap>
#include <QObject>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace lockstep {

/// The arbiters of this host's pairs, one of a kind for all of them, and whether they could decide
/// now. Must outlive all tasks of theirs.
class Arbiters final : public QObject
{
    Q_OBJECT
public:
    /// A pair's kind of arbiter, and the name of its other host.
    using Use = std::pair<ArbiterKind, QString>;
    using Maker =
        std::function<Result<std::unique_ptr<Arbiter>>(ArbiterKind, const QString& identity)>;

    /// How often arbiters in use are looked at, while nothing is asked of them. A fence agent talks
    /// to hardware that is slow, and that logs each call.
    static constexpr std::chrono::milliseconds recordPeriod{2'000};
    static constexpr std::chrono::milliseconds fencePeriod{60'000};

    Arbiters(Store& store, Maker maker);

    /// Reads which etcd the pairs' records are in. Errors: StoreError.
    [[nodiscard]] Task<Result<void>> load();
    /// The number of the etcd cluster that the pairs' records are in; empty before the first
    /// answer. Errors: StoreError.
    [[nodiscard]] static Task<Result<QString>> keptIdentity(Store& store);
    /// The next etcd that answers is the right one. Errors: StoreError.
    [[nodiscard]] static Task<Result<void>> forgetIdentity(Store& store);
    /// Errors: ArbiterNotConfigured.
    [[nodiscard]] Result<Arbiter*> of(ArbiterKind kind);
    /// Looks at the arbiters that are in use from now on, at once and then now and then.
    void watch(std::function<std::set<Use>()> uses, TaskSet& tasks);
    /// What a request came to; an error that tells nothing of the arbiter itself is none.
    void note(const Use& use, const std::optional<Error>& error);
    /// Why it could not decide; empty if it could.
    [[nodiscard]] QString problem(const Use& use) const { return m_problems.value(use); }

    /// Answers of arbiters of this kind that were not taken since this daemon started.
    [[nodiscard]] quint64 rejections(ArbiterKind kind) const;

Q_SIGNALS:
    /// It was looked at, or asked.
    void seen(const lockstep::Arbiters::Use& use, bool reachable);
    /// Its problem is another one now.
    void changed(const lockstep::Arbiters::Use& use);

private:
    void lookAtAll();
    [[nodiscard]] Task<void> look(Use use);
    [[nodiscard]] Task<void> keepIdentity();

    Store& m_store;
    Maker m_maker;
    std::map<ArbiterKind, std::unique_ptr<Arbiter>> m_arbiters;
    std::function<std::set<Use>()> m_uses;
    TaskSet* m_tasks{nullptr};
    QString m_identity; ///< Of the etcd, as it is saved.
    QMap<Use, QString> m_problems;
    std::map<ArbiterKind, quint64> m_rejections; ///< As they were told last.
    std::map<Use, qint64> m_next; ///< When it is looked at again, by the clock of m_elapsed.
    QElapsedTimer m_elapsed;
    QTimer m_timer;
};

} // namespace lockstep
