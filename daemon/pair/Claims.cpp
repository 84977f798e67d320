// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Claims.h"

#include <algorithm>

namespace lockstep::failover {

namespace {

using Is = Judgement::Is;

Judgement judgeBegin(const Mind& mind, const GrantSeen& now)
{
    // What was agreed between the hosts, the arbiter being out of reach, is newer than its record.
    if (now.owner == Side::Other && now.epoch >= mind.epoch)
        return {Is::Denied, now};
    return {Is::Allowed, {std::max(mind.epoch, now.epoch) + 1, Side::Own, false}};
}

Judgement judgeInStep(const Mind& mind, const GrantSeen& now)
{
    if (now.owner != Side::Own || now.epoch != mind.epoch)
        return {Is::Denied, now};
    if (now.inStep)
        return {Is::Granted, now};
    return {Is::Allowed, {mind.epoch, Side::Own, true}};
}

Judgement judgeGoAlone(const Mind& mind, const GrantSeen& now)
{
    // A record that is gone was not by a rule: nobody can tell what it said.
    if (now.owner == Side::Nobody)
        return {mind.wish == Wish::OwnAlone ? Is::Allowed : Is::Denied,
                {mind.epoch + 1, Side::Own, false}};
    if (now.owner == Side::Other)
        return {Is::Denied, now};
    // What is here is out of date until the record says that it was handed back: it was yielded
    // under this epoch, or lost to it.
    const bool stale = mind.state == PairState::Stale;
    const quint64 newer = mind.epoch + (stale ? 0 : 1);
    if (now.owner == Side::Own && now.epoch >= newer)
        return {now.inStep ? Is::Denied : Is::Granted, now};
    if (stale)
        return {Is::Denied, now};
    return {Is::Allowed, {mind.epoch + 1, Side::Own, false}};
}

Judgement judgeTakeover(const Mind& mind, const GrantSeen& now)
{
    if (now.owner == Side::Own && now.epoch > mind.epoch)
        return {Is::Granted, now};
    if (now.owner == Side::Other && now.epoch == mind.epoch && now.inStep)
        return {Is::Allowed, {mind.epoch + 1, Side::Own, false}};
    return {Is::Denied, now};
}

Judgement judgeCede(const Mind& mind, const GrantSeen& now)
{
    if (now.owner == Side::Own)
        return {Is::Allowed, {now.epoch + 1, Side::Other, false}};
    // Changes the record though the other side owns it: a claim of ours that is still under way
    // must not find what it expects.
    if (now.owner == Side::Other && now.epoch == mind.epoch)
        return {Is::Allowed, {now.epoch + 1, Side::Other, false}};
    return {Is::Granted, now};
}

} // namespace

Judgement judge(const Mind& mind, ClaimKind kind, const GrantSeen& now)
{
    switch (kind) {
    case ClaimKind::Begin:
        return judgeBegin(mind, now);
    case ClaimKind::InStep:
        return judgeInStep(mind, now);
    case ClaimKind::GoAlone:
        return judgeGoAlone(mind, now);
    case ClaimKind::Takeover:
        return judgeTakeover(mind, now);
    case ClaimKind::Cede:
        return judgeCede(mind, now);
    }
    return {};
}

} // namespace lockstep::failover
