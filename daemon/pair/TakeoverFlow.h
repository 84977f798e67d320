// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

namespace lockstep {

/// The shadow becomes the domain: live first, then, with clients being served, merged, plain and
/// persistent. Every part is good to repeat, so a daemon that restarts in the middle runs the rest.
/// Who may do this is decided before.
class TakeoverFlow final
{
public:
    TakeoverFlow(PairParts parts, DomainUuid uuid) : m_parts{parts}, m_uuid{uuid} { }

    /// Cuts the shadow off from its primary, and looks that it is alive and holds the primary's
    /// state: from now on there is no checkpoint that it could end in the middle of. Errors:
    /// NotInStep, those of Monitor.
    [[nodiscard]] Task<Result<void>> cutOff();
    /// Clients are served from here when it returns.
    [[nodiscard]] Task<Result<void>> goLive();
    /// Merges the overlays, in QEMU or, if that has ended, without, and makes the domain
    /// persistent. `again`: an earlier attempt may have left the guest paused.
    [[nodiscard]] Task<Result<void>> merge(std::optional<JobId> job, bool again);

private:
    [[nodiscard]] Task<Result<void>> mergeLive(std::optional<JobId> job, bool again);
    [[nodiscard]] Task<Result<void>> mergeOffline();
    [[nodiscard]] Task<Result<void>> keep();
    [[nodiscard]] Result<PairRecord> record() const;
    void progress(std::optional<JobId> job, const QString& phase, double done);

    PairParts m_parts;
    DomainUuid m_uuid;
};

} // namespace lockstep
