// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/RateLimit.h"
#include "pair/PairEvent.h"
#include "store/Store.h"

#include <QObject>

namespace lockstep {

/// Tells everybody what happens to this host's pairs: the journal, the history in the store, and
/// who listens to `recorded`. The store must outlive it; drained() before it goes.
class Chronicle final : public QObject
{
    Q_OBJECT
public:
    explicit Chronicle(Store& store) : m_store{store} { }

    /// Goes on counting where an earlier run ended; to be awaited before the first event. A history
    /// that cannot be read is logged and changes nothing else.
    [[nodiscard]] Task<void> start();

    /// Gives the event its number and time, and tells it. Never waits and never fails: what the
    /// store cannot take is missing in the history, and that is logged.
    void record(PairEvent event);
    /// Oldest first, with all that was recorded before the call. Errors: StoreError, StoreTooNew.
    [[nodiscard]] Task<Result<QList<PairEvent>>> events(EventQuery query);
    /// Resumes when all that was recorded has reached the store, or could not.
    [[nodiscard]] Task<void> drained() { return m_tasks.drained(); }

Q_SIGNALS:
    void recorded(const lockstep::PairEvent& event);

private:
    static void log(const PairEvent& event);
    [[nodiscard]] Task<void> store(HistoryEntry entry);
    void reportLoss(const QString& why);

    Store& m_store;
    quint64 m_last{0};
    int m_waiting{0}; ///< Events on their way to the store.
    quint64 m_lost{0}; ///< Events that are missing in the history and were not logged as such yet.
    RateLimit m_complaints{3, 1.0 / 60};
    TaskSet m_tasks;
};

} // namespace lockstep
