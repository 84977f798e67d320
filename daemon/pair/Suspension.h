// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

#include <QMap>
#include <QObject>
#include <QSet>

namespace lockstep {

/// Keeps a protected guest suspended that somebody has suspended (virsh suspend, virt-manager):
/// QEMU would let it run at the next checkpoint (docs/qemu.md, trap 17). On the primary's host it
/// sees what people do, and undoes what checkpoints do; on the other one it counts those, and stops
/// the shadow, too. Decides nothing about the pair.
class Suspension final : public QObject
{
public:
    Suspension(PairParts parts, TaskSet& tasks);

    /// Looks at all protected guests: what this daemon has not seen.
    void look();

private:
    void onQmpEvent(const DomainUuid& uuid, const QString& name);
    void onPairChanged(const DomainUuid& uuid);

    // On the primary's host.
    [[nodiscard]] Task<void> lookAt(DomainUuid uuid);
    /// It runs again: by a checkpoint, or because somebody wants it.
    [[nodiscard]] Task<void> judge(PairRecord record);
    [[nodiscard]] Task<void> note(PairRecord record, bool suspended);
    [[nodiscard]] Task<void> stop(PairRecord record);
    /// What the other host has heard and seen; nothing if it is not known.
    [[nodiscard]] std::optional<quint16> resumesThere(const PairRecord& record) const;

    // On the shadow's host.
    [[nodiscard]] Task<void> count(DomainUuid uuid);
    [[nodiscard]] Task<void> stopShadow(DomainUuid uuid);
    [[nodiscard]] Task<void> resumeShadow(DomainUuid uuid);

    PairParts m_parts;
    TaskSet& m_tasks;
    QMap<DomainUuid, int> m_changes; ///< Stops and resumes; which of them a later look belongs to.
    QMap<DomainUuid, quint16> m_known; ///< Checkpoints that have been undone.
    QMap<DomainUuid, int> m_resumed; ///< How often, since it is being judged.
    QSet<DomainUuid> m_protected; ///< As they were seen last.
    QSet<DomainUuid> m_suspendedShadows; ///< The same.
};

} // namespace lockstep
