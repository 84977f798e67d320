// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Grant.h"

/// A domain of alpha with its shadow on beta, as the tests of arbiters use it.
namespace lockstep::samples {

inline const DomainUuid web{QUuid{QStringLiteral("1b4e28ba-2fa1-11d2-883f-0016d3cca427")}};
inline const DomainUuid db{QUuid{QStringLiteral("6fa459ea-ee8a-3ca4-894e-db77e160355e")}};
inline const PeerId alpha{QString(64, u'a')};
inline const PeerId beta{QString(64, u'b')};
inline const PeerId third{QString(64, u'c')};

inline Grant inStep(quint64 epoch) { return {Epoch{epoch}, alpha, beta, true}; }
inline Grant outOfStep(quint64 epoch) { return {Epoch{epoch}, alpha, beta, false}; }
inline Grant alone(quint64 epoch) { return {Epoch{epoch}, alpha, {}, false}; }
inline Grant takenOver(quint64 epoch) { return {Epoch{epoch}, beta, {}, false}; }

inline Claim claimOf(ClaimKind kind, std::optional<Grant> expected, Grant wanted)
{
    const bool byBeta = wanted.owner == beta;
    return {.uuid = web,
            .domain = QStringLiteral("web"),
            .kind = kind,
            .expected = std::move(expected),
            .wanted = wanted,
            .other = byBeta ? alpha : beta,
            .otherName = byBeta ? QStringLiteral("alpha") : QStringLiteral("beta")};
}

} // namespace lockstep::samples
