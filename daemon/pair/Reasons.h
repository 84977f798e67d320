// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Mind.h"
#include "pair/Record.h"

namespace lockstep {

/// What a reason is made of, beside the mind.
struct ReasonParts
{
    QString domain;
    QString peer;
    QString why; ///< What began it; may be empty.
    QString error; ///< What went wrong last; may be empty.
    QString arbiter;
};

/// One sentence: why the pair is in its state and, if something is to do, what.
[[nodiscard]] QString reasonFor(const failover::Mind& mind, const ReasonParts& parts);

/// Why a job of this kind has not done what it is for, if nothing else went wrong.
[[nodiscard]] Error refusal(const QString& kind, const PairRecord& record,
                            const failover::Mind& mind);

/// What libvirt's hook says when somebody wants to start the domain here.
[[nodiscard]] QString startRefusal(const failover::Mind& mind, const PairRecord& record);

} // namespace lockstep
