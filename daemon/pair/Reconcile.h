// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Record.h"

#include <QJsonObject>

namespace lockstep {

/// What the other host says of a pair when the two meet again.
struct TheirView
{
    bool known{false};          ///< It has a record of the pair.
    Role role{Role::Primary};
    PairState state{PairState::Off};
    Epoch epoch;
    bool domainRuns{false};     ///< A domain of this UUID runs there.

    [[nodiscard]] QJsonObject toJson() const;
    /// Errors: ProtocolError.
    [[nodiscard]] static Result<TheirView> fromJson(const QJsonObject& json);
};

/// What this host must do with its own part of the pair. Pure: see reconcile().
enum class Consequence {
    None,
    DiscardShadow, ///< The primary goes on without it, or is off: the shadow here is out of date.
    BecomeStale, ///< The other side has taken over: what is here is held or off, and out of date.
    ShadowLost, ///< We count on a shadow that the other side does not have.
    Conflict, ///< Both sides are live, or claim the same epoch: touch nothing, tell somebody.
};

/// The rule by which two hosts agree after they lost sight of each other: the higher epoch is the
/// later decision. A domain that may be the only live one is never given up.
[[nodiscard]] Consequence reconcile(const PairRecord& own, const TheirView& theirs);

} // namespace lockstep
