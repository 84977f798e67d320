// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

#include <QMap>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <chrono>
#include <map>

namespace lockstep {

/// Counts checkpoints, and makes some: now and then, and more of them while a guest boots. Decides
/// nothing.
class Watcher final : public QObject
{
    Q_OBJECT
public:
    Watcher(PairParts parts, TaskSet& tasks);

    /// Checkpoints seen since the pair became protected or the daemon started.
    [[nodiscard]] qint64 checkpoints(const DomainUuid& uuid) const
    {
        return m_checkpoints.value(uuid);
    }

    /// Paces all protected guests: what this daemon has not seen begin.
    void look();

private:
    void onQmpEvent(const DomainUuid& uuid, const QString& name);
    void onReset(const PairRecord& record);
    void onPairChanged(const DomainUuid& uuid);
    /// The next checkpoint is due so long after the one now.
    void pace(const PairRecord& record);
    [[nodiscard]] std::chrono::milliseconds period(const PairRecord& record) const;
    void onDue(const DomainUuid& uuid);
    [[nodiscard]] CheckpointReason reasonFor(const PairRecord& record) const;
    [[nodiscard]] Task<void> checkpoint(DomainUuid uuid);
    [[nodiscard]] Task<void> ask(DomainUuid uuid);
    [[nodiscard]] Task<void> warn(DomainUuid uuid);

    PairParts m_parts;
    TaskSet& m_tasks;
    QMap<DomainUuid, qint64> m_checkpoints;
    QMap<DomainUuid, int> m_resets; ///< How many; which of several the end of the boot belongs to.
    QSet<DomainUuid> m_booting;
    /// Until a checkpoint of a protected guest of this host is due.
    std::map<DomainUuid, QTimer> m_due;
    QSet<DomainUuid> m_asking; ///< QEMU has not answered yet.
};

} // namespace lockstep
