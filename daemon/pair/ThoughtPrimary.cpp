// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Thought.h"

namespace lockstep::failover {

void Thought::heardSecondary()
{
    const auto& word = m.theirs;
    // They have taken over from us.
    if (word.heard && word.known && word.role == Role::Primary && word.sole && word.epoch > m.epoch
        && !m.sole && m.state != PairState::Stale)
        becomeStale(word.epoch);
}

bool Thought::canBuild() const
{
    const bool free = m.theirs.heard && m.theirs.epoch <= m.epoch
        && (!m.theirs.known || m.theirs.state == PairState::Stale)
        && m.theirs.qemu != QemuSense::Left && m.theirs.qemu != QemuSense::Colo
        && m.theirs.qemu != QemuSense::Plain;
    return (m.autoProtect || m.wish == Wish::Protect) && m.qemu == QemuSense::Plain
        && m.peer == PeerSense::Alive && free;
}

void Thought::choosePrimary()
{
    switch (m.state) {
    case PairState::Alone:
        if (hasEnded(m.qemu))
            m.state = PairState::Off;
        else if (!m.waiting && canBuild())
            ask(ClaimKind::Begin);
        break;
    case PairState::Confirming:
        if (!isHealthy())
            interrupt();
        else if (!m.waiting && m.confirmed)
            ask(ClaimKind::InStep);
        else if (!m.waiting)
            start(Work::Confirm);
        break;
    case PairState::Protected:
        if (isHealthy())
            careForPromise();
        else
            interrupt();
        break;
    case PairState::Interrupted:
        interruptedPrimary();
        break;
    case PairState::Undoing:
        if (!m.waiting)
            start(Work::Detach);
        break;
    case PairState::Off:
        if (m.sole && m.qemu == QemuSense::Plain)
            m.state = PairState::Alone;
        else if (!m.sole && !m.waiting)
            askToGoAlone();
        break;
    case PairState::Merging:
        if (!m.waiting)
            start(Work::Merge);
        break;
    case PairState::Stale:
        if (m.waiting)
            break;
        if (!hasEnded(m.qemu) && m.qemu != QemuSense::Unknown)
            start(Work::Destroy);
        else if (m.theirs.heard && !livesThere())
            callBack();
        break;
    default:
        break;
    }
}

bool Thought::shadowLives() const
{
    return m.theirs.heard && m.theirs.known && m.theirs.role == Role::Secondary
        && m.theirs.epoch == m.epoch && !isUseless(m.theirs.qemu)
        && (m.theirs.state == PairState::Protected || m.theirs.state == PairState::Interrupted
            || m.theirs.state == PairState::TakingOver);
}

void Thought::askToGoAlone()
{
    if (canAgree())
        agree(ClaimKind::GoAlone);
    else if (mayAsk())
        ask(ClaimKind::GoAlone);
    else if (m.wantsAlone())
        goOn(ClaimKind::GoAlone); // their word that the other host is off
}

void Thought::interrupt()
{
    const bool off = m.qemu == QemuSense::Off || m.qemu == QemuSense::Plain;
    if (m.sole)
        m.state = off ? PairState::Off : PairState::Undoing;
    else
        m.state = off ? PairState::Off : PairState::Interrupted;
    m.waiting = false;
    m.impatient = false;
}

void Thought::interruptedPrimary()
{
    if (!m.claimed && m.wish == Wish::Nothing && isHealthy()) {
        m.state = m.confirmed ? PairState::Protected : PairState::Confirming;
        return;
    }
    if (m.qemu == QemuSense::Off) {
        m.state = PairState::Off;
        return;
    }
    if (m.waiting)
        return;
    if (m.promised && !isUseless(m.qemu)) {
        goOn(ClaimKind::GoAlone);
        return;
    }
    // A shadow that can take over is better than a guest that has to boot.
    if (isUseless(m.qemu) && !m.claimed && !m.wantsAlone() && (shadowLives() || !m.impatient))
        pauseFor(Wait::For::Backoff);
    else
        askToGoAlone();
}

void Thought::callBack()
{
    if (canAgree() && !m.theirs.known)
        agree(ClaimKind::GoAlone);
    else if (m.arbitration == Arbitration::Record)
        ask(ClaimKind::GoAlone);
}

bool Thought::livesThere() const
{
    return m.theirs.known && m.theirs.epoch >= m.epoch
        && (m.theirs.role == Role::Primary || m.theirs.state == PairState::TakingOver);
}

void Thought::careForPromise()
{
    if (m.arbitration != Arbitration::Record)
        return;
    const bool wanted = m.primaryContinues && m.arbiterLost;
    if (m.promised && !wanted) {
        // This side stops to count on it before the other is told.
        m.promised = false;
        m.promise += 1;
        act(AskPromise{m.promise, false});
    } else if (!m.promised && wanted && m.peer == PeerSense::Alive && !m.waiting) {
        m.promise += 1;
        act(AskPromise{m.promise, true});
        pauseFor(Wait::For::Retry);
    } else if (!m.promised && !wanted && m.theirs.heard && m.theirs.promised
               && m.theirs.epoch == m.epoch && !m.waiting) {
        m.promise += 1;
        act(AskPromise{m.promise, false});
        pauseFor(Wait::For::Retry);
    }
}

} // namespace lockstep::failover
