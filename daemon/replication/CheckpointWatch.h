// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "base/Types.h"
#include "hypervisor/Hypervisor.h"

#include <QObject>

namespace lockstep {

/// Sees the checkpoints of a primary go by: QEMU stops the guest for each, and lets it run again
/// once the shadow has it (events STOP and RESUME).
class CheckpointWatch final : public QObject
{
public:
    CheckpointWatch(Hypervisor& hypervisor, DomainUuid uuid);

    /// Returns once there has been one since this watches. Errors: Timeout, Cancelled.
    [[nodiscard]] Task<Result<void>> first(std::stop_token stop,
                                           std::chrono::milliseconds deadline) const;

private:
    bool m_stopped{false};
    bool m_seen{false};
};

/// Makes one now, and returns once it is there.
/// Errors: those of QMP, Timeout, Cancelled.
[[nodiscard]] Task<Result<void>> makeCheckpoint(Hypervisor& hypervisor, DomainUuid uuid,
                                                std::stop_token stop,
                                                std::chrono::milliseconds deadline);

} // namespace lockstep
