// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

namespace lockstep {

/// The shadow becomes the domain: live first, then, with clients being served, merged, plain and
/// persistent. Every part is good to repeat, so a daemon that restarts in the middle runs the rest.
class TakeoverFlow final
{
public:
    TakeoverFlow(PairParts parts, JobId job, PairRecord record);

    /// From "protected" or "interrupted", or from where an earlier run stopped ("taking-over",
    /// "merging"). Errors: NotInStep if QEMU says that the shadow has no complete state.
    [[nodiscard]] Task<Result<void>> run();

private:
    [[nodiscard]] Task<Result<void>> stopPrimary();
    [[nodiscard]] Task<Result<void>> goLive();
    [[nodiscard]] Task<Result<void>> settle();
    [[nodiscard]] Task<Result<void>> merge();
    [[nodiscard]] Task<Result<void>> keep();

    PairParts m_parts;
    JobId m_job;
    PairRecord m_record;
    const bool m_again; ///< An earlier run went live, and may have left the guest paused.
};

} // namespace lockstep
