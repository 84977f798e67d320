// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "pair/Preflight.h"

namespace lockstep {

/// Collects the facts of both hosts and evaluates them; changes nothing. Errors: those of the peer
/// and of libvirt; what speaks against protection is a finding, not an error.
[[nodiscard]] Task<Result<PreflightReport>> runPreflight(PairParts parts, DomainInfo domain,
                                                         PeerInfo peer, ProtectOptions options);

/// The other host's half, asked by the peer's daemon ("preflight.facts").
[[nodiscard]] Task<Result<QJsonObject>> answerPreflight(PairParts parts, PeerId peer,
                                                        QJsonObject request);

} // namespace lockstep
