// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/RecordEvent.h"

namespace lockstep {

PairEvent eventOf(const PairRecord& record, EventKind kind)
{
    PairEvent event;
    event.kind = kind;
    event.uuid = record.uuid;
    event.domain = record.domain;
    event.role = record.role;
    event.state = record.state;
    event.epoch = record.epoch;
    event.peer = record.peerName;
    return event;
}

} // namespace lockstep
