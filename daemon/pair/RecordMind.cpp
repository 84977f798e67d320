// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/RecordMind.h"

#include "pair/FullCopy.h"

namespace lockstep::failover {

Arbitration arbitrationOf(ArbiterKind kind)
{
    switch (kind) {
    case ArbiterKind::Etcd:
        return Arbitration::Record;
    case ArbiterKind::Fence:
        return Arbitration::Fence;
    case ArbiterKind::Manual:
        break;
    }
    return Arbitration::Manual;
}

Mind mindOf(const PairRecord& record)
{
    Mind mind;
    mind.epoch = record.epoch.value;
    mind.arbitration = arbitrationOf(record.settings.arbiter);
    mind.primaryContinues = record.settings.primaryContinues;
    mind.autoProtect = record.settings.autoProtect;
    if (!record.isPrimary() && record.state == PairState::Stale) {
        mind.sole = false;
        return mind;
    }
    mind.known = true;
    mind.role = record.role;
    mind.state = record.state;
    mind.sole = record.sole;
    mind.claimed = record.claimed;
    mind.promised = record.promised;
    mind.promise = record.promise;
    return mind;
}

void apply(const Mind& mind, PairRecord& record)
{
    // From here on its overlays may be merged into the replica.
    if (mind.state == PairState::TakingOver)
        record.lastCopy = LastCopy::none(full_copy::tookOver);
    record.role = mind.role;
    record.state = mind.state;
    record.epoch = {mind.epoch};
    record.sole = mind.sole;
    record.claimed = mind.claimed;
    record.promised = mind.promised;
    record.promise = mind.promise;
}

} // namespace lockstep::failover
