// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Meeting.h"
#include "pair/PairParts.h"

#include <QMap>
#include <QObject>

#include <chrono>

namespace lockstep {

/// Follows what becomes of the domains of pairs when no job works on them: a twin that leaves COLO,
/// a QEMU that ends, a guest that boots or powers itself off. Decides nothing but what to show and
/// how often there is a checkpoint while a guest boots; off is off on both hosts.
class Watcher final : public QObject
{
    Q_OBJECT
public:
    Watcher(PairParts parts, Meeting& meeting, TaskSet& tasks);

    /// Checkpoints seen since the pair became protected or the daemon started.
    [[nodiscard]] qint64 checkpoints(const DomainUuid& uuid) const
    {
        return m_checkpoints.value(uuid);
    }

Q_SIGNALS:
    void checkpointed(const lockstep::DomainUuid& uuid);

private:
    void onQmpEvent(const DomainUuid& uuid, const QString& name);
    void onLifecycle(const DomainUuid& uuid, Lifecycle event, int detail);
    void onReset(const PairRecord& record);
    [[nodiscard]] Task<void> setPace(DomainUuid uuid, std::chrono::milliseconds delay);
    [[nodiscard]] Task<void> twinLeft(DomainUuid uuid);
    [[nodiscard]] Task<void> ended(DomainUuid uuid, bool byItself);
    [[nodiscard]] Task<void> show(DomainUuid uuid, PairState state, QString reason);

    PairParts m_parts;
    Meeting& m_meeting;
    TaskSet& m_tasks;
    QMap<DomainUuid, qint64> m_checkpoints;
    QMap<DomainUuid, int> m_resets; ///< How many; which of several the end of the boot belongs to.
};

} // namespace lockstep
