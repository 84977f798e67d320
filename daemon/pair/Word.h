// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Mind.h"
#include "peer/PairBeat.h"

#include <optional>

namespace lockstep::failover {

/// What a host tells the other one of a pair, as a heartbeat carries it. In `health`: bit 0 known,
/// 1 sole, 2 promised, 3 handing over, 4 the sender wants an answer, 5 the guest is suspended, 8 to
/// 15 the QEMU (QemuSense), 16 to 31 the resumes of a suspended one. Role and state are the numbers
/// of their enumerations.
[[nodiscard]] PairBeat toBeat(const DomainUuid& uuid, const TheirWord& word, bool wantsAnswer);
/// A host that does not know the pair must say so.
[[nodiscard]] bool wantsAnswer(const PairBeat& beat);

/// Nothing if a number is unknown here: a newer daemon may say what this one cannot judge.
[[nodiscard]] std::optional<TheirWord> wordFrom(const PairBeat& beat);

} // namespace lockstep::failover
