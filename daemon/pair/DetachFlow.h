// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"

namespace lockstep {

class PrimaryGraph;

/// Ends protection on the primary: the guest goes on alone as a plain domain, whatever of the
/// protection was there. Good to repeat. Who may do this is decided before.
class DetachFlow final
{
public:
    DetachFlow(PairParts parts, DomainUuid uuid) : m_parts{parts}, m_uuid{uuid} { }

    /// `live` is called once clients are served. `resume`: let the guest run even if it was found
    /// paused, as an attempt that failed leaves it.
    [[nodiscard]] Task<Result<void>> run(std::optional<JobId> job, bool resume,
                                         std::function<void()> live);

private:
    /// What the guest sends from here on leaves at once, and nothing waits for the peer any more.
    [[nodiscard]] static Task<Result<void>> letOut(const PairRecord& record, PrimaryGraph& graph);

    PairParts m_parts;
    DomainUuid m_uuid;
};

} // namespace lockstep
