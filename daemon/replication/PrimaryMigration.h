// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "replication/MemoryTransfer.h"
#include "replication/Plan.h"
#include "replication/Qmp.h"
#include "replication/Spec.h"

namespace lockstep {

/// The longest time between two checkpoints while the guest boots. lockstepd asks for them: those
/// of QEMU's own timer let a guest run that somebody has suspended (docs/qemu.md, trap 17). Twins
/// that boot apart draw different secrets, and nothing that compare looks at tells: TCP timestamps
/// of connections accepted then jump at a takeover (RFC 7323, section 5.4), and clients drop what
/// seems old. The next checkpoint makes the twins equal.
inline constexpr std::chrono::milliseconds bootCheckpointPeriod{500};
/// QEMU's x-checkpoint-delay: after so long without lockstepd it makes one by itself, which empties
/// the shadow's overlays.
inline constexpr std::chrono::milliseconds checkpointDelay{600'000};
/// Its default, 20 s, which it has again afterwards.
inline constexpr std::chrono::milliseconds usualCheckpointDelay{20'000};
/// How long after its reset a guest counts as booting.
inline constexpr std::chrono::seconds bootTime{60};

/// The primary's RAM: migrated to the shadow while the guest runs, stopped in pre-switchover for
/// the disks and filters to follow, then into COLO. Source: QEMU docs/system/qemu-colo.
class PrimaryMigration final
{
public:
    PrimaryMigration(Qmp qmp, ReplicationSpec spec) : m_qmp{std::move(qmp)}, m_spec{std::move(spec)}
    { }

    /// All but the bandwidth.
    [[nodiscard]] Task<Result<void>> configure(MemoryTransfer transfer) const;
    /// Counts at once, for a copy that is under way, too. Once the guest is stopped for the end of
    /// the copy QEMU has no limit any more: neither what is left then nor a checkpoint is held up.
    /// Source: QEMU migration/migration.c, migration_completion_precopy; migration/ram.c,
    /// ram_save_complete.
    [[nodiscard]] Task<Result<void>> setBandwidth(Bytes perSecond) const;
    [[nodiscard]] Task<Result<void>> unconfigure() const;
    /// Returns with the guest stopped in pre-switchover. Without KVM an error may leave it paused.
    [[nodiscard]] Task<Result<void>> copyMemory(StepContext context) const;
    /// Returns with the guest running under COLO.
    [[nodiscard]] Task<Result<void>> enterColo(StepContext context) const;
    /// Ends it wherever it is, in COLO too; nothing to do if it has ended. The guest runs on alone
    /// afterwards. Timeout if QEMU does not end it within 10 s.
    [[nodiscard]] Task<Result<void>> end() const;

private:
    [[nodiscard]] Task<Result<void>> begin() const;
    [[nodiscard]] Task<Result<void>> beginToLog() const;
    [[nodiscard]] Task<Result<void>> askToEnd(const QString& status) const;
    [[nodiscard]] Task<Result<bool>> isAtRest() const;

    Qmp m_qmp;
    ReplicationSpec m_spec;
};

} // namespace lockstep
