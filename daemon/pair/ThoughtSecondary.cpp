// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Thought.h"

namespace lockstep::failover {

void Thought::heardPrimary()
{
    const auto& word = m.theirs;
    if (m.sole || m.state == PairState::Stale || m.state == PairState::Undoing || !word.heard)
        return;
    if (!word.known) {
        // It was forgotten there. What never was in step, or runs there without this shadow, is
        // of no use.
        const bool wasInStep = m.state == PairState::Protected || m.state == PairState::Interrupted;
        if (!m.claimed && (!wasInStep || word.qemu == QemuSense::Plain))
            m.state = PairState::Undoing;
        return;
    }
    if (word.role != Role::Primary)
        return;
    // Off is off: nobody needs the shadow. If a claim is open it has to be settled first.
    const bool off = word.epoch == m.epoch && word.state == PairState::Off && !m.claimed;
    const bool wentOn = word.sole && word.epoch > m.epoch;
    const bool ended = word.sole && word.epoch == m.epoch
        && (word.state == PairState::Alone || word.state == PairState::Undoing);
    if (!off && !wentOn && !ended)
        return;
    m.state = PairState::Undoing;
    m.waiting = false;
}

void Thought::chooseSecondary()
{
    switch (m.state) {
    case PairState::Preparing:
    case PairState::Copying:
        if (isUseless(m.qemu) || m.qemu == QemuSense::Left || m.peer == PeerSense::Gone)
            m.state = PairState::Undoing;
        break;
    case PairState::Protected:
        if (isHealthy())
            break;
        m.state = PairState::Interrupted;
        m.impatient = false;
        m.waiting = false;
        break;
    case PairState::Interrupted:
        interruptedSecondary();
        break;
    case PairState::TakingOver:
        if (hasEnded(m.qemu)) {
            m.role = Role::Primary;
            m.state = PairState::Merging;
        } else if (!m.waiting) {
            start(Work::GoLive);
        }
        break;
    case PairState::Undoing:
        if (!m.waiting)
            start(Work::Discard);
        break;
    default:
        break;
    }
}

void Thought::interruptedSecondary()
{
    if (!m.claimed && !isTold() && isHealthy()) {
        m.state = PairState::Protected;
        return;
    }
    if (m.waiting)
        return;
    if (isUseless(m.qemu)) {
        if (m.arbitration == Arbitration::Record)
            ask(ClaimKind::Cede);
        return;
    }
    // With the primary's consent its guest goes on here, whatever was promised.
    if (primaryCeased() && (canAgree() || (m.promised && m.peer == PeerSense::Alive))) {
        m.claim = ClaimKind::Takeover;
        m.agreeing = true;
        start(Work::CutOff);
        return;
    }
    if (isTold()) {
        m.claim = ClaimKind::Takeover;
        start(Work::CutOff);
        return;
    }
    if (m.promised)
        return;
    // A primary that lives decides by itself, and sooner: its clients notice less.
    const bool mayAnswer = m.peer == PeerSense::Alive || m.peer == PeerSense::Unknown;
    if (mayAnswer && !primaryCeased() && !m.impatient && !m.claimed) {
        pauseFor(Wait::For::Patience);
        return;
    }
    if (m.arbitration != Arbitration::Manual)
        ask(ClaimKind::Takeover);
}

bool Thought::primaryCeased() const
{
    return isCurrent(m) && (isUseless(m.theirs.qemu) || m.theirs.handingOver);
}

} // namespace lockstep::failover
