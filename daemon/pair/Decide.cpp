// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Decide.h"

#include "pair/Thought.h"

namespace lockstep::failover {

bool shadowLost(const Mind& mind)
{
    if (mind.qemu == QemuSense::Left || mind.peer == PeerSense::Gone)
        return true;
    if (!mind.theirs.heard)
        return false;
    if (!mind.theirs.known)
        return true;
    if (mind.theirs.role == Role::Primary)
        return mind.theirs.epoch >= mind.epoch;
    if (mind.theirs.epoch != mind.epoch)
        return false;
    return isUseless(mind.theirs.qemu) || mind.theirs.state == PairState::Stale
        || mind.theirs.state == PairState::Undoing;
}

bool primaryLost(const Mind& mind)
{
    if (mind.qemu == QemuSense::Left || mind.peer == PeerSense::Gone)
        return true;
    return isCurrent(mind) && mind.theirs.role == Role::Primary
        && (isUseless(mind.theirs.qemu) || mind.theirs.handingOver);
}

Decision decide(const Mind& before, const Event& event)
{
    Thought thought{before};
    std::visit([&](const auto& what) { thought.on(what); }, event);
    return thought.finish();
}

} // namespace lockstep::failover
