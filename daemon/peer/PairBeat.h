// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Types.h"

#include <QList>

#include <functional>

namespace lockstep {

/// What a heartbeat says of one pair. The numbers are the pair layer's and only carried here; one
/// that a newer daemon sends and this one does not know must be taken as "unknown".
struct PairBeat
{
    DomainUuid uuid;
    quint8 role{0};
    quint8 state{0};
    Epoch epoch;
    quint32 health{0}; ///< Flags.
    friend bool operator==(const PairBeat&, const PairBeat&) = default;
};

/// What our heartbeats to a peer say of the pairs that we have with it.
using PairBeats = std::function<QList<PairBeat>(const PeerId& peer)>;

} // namespace lockstep
