// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

namespace lockstep {

/// Ends protection on the primary: the guest goes on alone as a plain domain. What becomes of the
/// pair afterwards is the difference between "continue-alone" and "unprotect".
class DetachFlow final
{
public:
    enum class Kind {
        ContinueAlone, ///< The pair stays, as "alone", and can be protected again.
        Unprotect,     ///< The pair is forgotten on both hosts.
    };

    DetachFlow(PairParts parts, JobId job, PairRecord record, Kind kind);

    [[nodiscard]] Task<Result<void>> run();

private:
    [[nodiscard]] Task<Result<void>> releaseShadow();
    [[nodiscard]] Task<Result<void>> discardShadow();

    PairParts m_parts;
    JobId m_job;
    PairRecord m_record;
    Kind m_kind;
};

} // namespace lockstep
