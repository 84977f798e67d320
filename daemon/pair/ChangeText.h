// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairEvent.h"
#include "pair/Record.h"

namespace lockstep {

/// What is in force: "colo", "remus with 25 ms".
[[nodiscard]] QString choiceText(const Protocol& protocol);
/// What the history says of a change of settings: "settings changed: auto-protect yes, channels 4
/// for the next shadow", or "auto: remus with 25 ms: answers differ" if lockstepd has picked what
/// is in force, and says `why`.
[[nodiscard]] QString changeText(const PairSettings& before, const PairSettings& now,
                                 const QString& why);
/// The same as an event of the pair as it is now.
[[nodiscard]] PairEvent changeEvent(const PairRecord& now, const PairSettings& before,
                                    const QString& why);

} // namespace lockstep
