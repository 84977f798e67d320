// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "replication/ChangeMaps.h"

#include <QObject>
#include <QSet>

#include <stop_token>

namespace lockstep {

/// Keeps the note of what a shadow that is lost now would lack (replication/ChangeMaps), for each
/// domain that is protected here, and keeps it short: every `period` a younger map is begun, and
/// once the shadow's host has on disk all that was written before, the older one goes. One that is
/// lost at any moment is covered by the oldest there is. Decides nothing, and nothing waits for it.
class ChangeKeeper final : public QObject
{
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds usualPeriod{60'000};

    ChangeKeeper(PairParts parts, TaskSet& tasks, std::chrono::milliseconds period = usualPeriod);

    /// Takes up the pairs that are protected already, as after a restart.
    void look();
    /// What it does in the background ends soon.
    void stop() { m_stop.request_stop(); }

private:
    void onPairChanged(const DomainUuid& uuid);
    /// The guest is off: with its QEMU the note is gone, and a replica that was kept is of no use.
    [[nodiscard]] Task<void> giveUp(PairRecord record);
    [[nodiscard]] Task<void> keep(DomainUuid uuid, Epoch epoch);
    /// One younger map in the place of the older; the first time none, but the shadow's host is
    /// asked to have the replica on disk.
    [[nodiscard]] Task<Result<void>> renew(DomainUuid uuid, Epoch epoch);
    /// Returns once the guest was stopped twice since: what was on its way to the replica then has
    /// arrived. Errors: Cancelled once the pair is not protected any more.
    [[nodiscard]] Task<Result<void>> drained(DomainUuid uuid, Epoch epoch);
    /// What was on its way has arrived, unless QEMU let the guest go on without. Errors: NotInStep.
    [[nodiscard]] Task<Result<void>> arrived(PairRecord record) const;
    /// Asks the shadow's host, and saves that it is so.
    [[nodiscard]] Task<Result<void>> flush(PairRecord record);
    [[nodiscard]] std::optional<PairRecord> current(const DomainUuid& uuid, Epoch epoch) const;

    PairParts m_parts;
    TaskSet& m_tasks;
    const std::chrono::milliseconds m_period;
    std::stop_source m_stop;
    QSet<DomainUuid> m_kept;
};

} // namespace lockstep
