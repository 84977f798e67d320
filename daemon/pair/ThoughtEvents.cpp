// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Thought.h"

namespace lockstep::failover {

void Thought::on(const Started& event)
{
    m.qemu = event.qemu;
    m.peer = PeerSense::Unknown;
    m.theirs = {};
    m.work = Work::Nothing;
    m.waiting = false;
    m.impatient = false;
    m.arbiterLost = false;
    m.first = false;
    m.confirmed = false;
    m.agreeing = false;
    m.wish = Wish::Nothing;
    // The plan of a protection that was not complete is lost with the daemon that ran it.
    if (m.state == PairState::Preparing || m.state == PairState::Copying)
        m.state = PairState::Undoing;
}

void Thought::on(const PeerChanged& event)
{
    m.peer = event.peer;
    if (m.peer != PeerSense::Alive)
        m.theirs = {};
}

void Thought::on(const TheySaid& event)
{
    m.theirs = event.word;
    m.theirs.heard = true;
}

void Thought::on(const ArbiterRead& event)
{
    if (m.work != Work::Read)
        return;
    m.work = Work::Nothing;
    m.arbiterLost = false;
    consider(event.now);
}

void Thought::on(const ArbiterAnswered& event)
{
    if (m.work != Work::Claim)
        return;
    m.work = Work::Nothing;
    m.arbiterLost = false;
    if (event.granted)
        granted(event.now);
    else
        consider(event.now);
}

void Thought::on(const ArbiterSilent& event)
{
    if (m.work != Work::Read && m.work != Work::Claim)
        return;
    if (m.work == Work::Claim && !event.sent && m.first) {
        m.claimed = false;
        m.sole = m.sole || m.claim == ClaimKind::InStep;
    }
    m.work = Work::Nothing;
    m.arbiterLost = true;
    if (!m.claimed)
        m.wish = Wish::Nothing;
    pauseFor(Wait::For::Retry);
}

void Thought::on(const WorkEnded& event)
{
    const Work ended = std::exchange(m.work, Work::Nothing);
    if (!event.done) {
        failed(ended);
        return;
    }
    succeeded(ended);
}

void Thought::on(const TimerEnded&)
{
    m.waiting = false;
    m.impatient = true;
    if (m.wish == Wish::HandOver)
        m.wish = Wish::Nothing;
}

void Thought::on(const AskedToBuild& event)
{
    const bool live = m.known && (m.sole || m.claimed) && m.state != PairState::Stale;
    const bool engaged = m.known && !m.isPrimary() && m.state != PairState::Stale;
    const bool free = !live && !engaged && m.work == Work::Nothing
        && (m.qemu == QemuSense::Unknown || hasEnded(m.qemu))
        && (!m.known || event.epoch > m.epoch);
    if (free) {
        m.known = true;
        m.role = Role::Secondary;
        m.state = PairState::Copying;
        m.epoch = event.epoch;
        m.qemu = QemuSense::Unknown;
        m.sole = false;
        m.claimed = false;
        m.promised = false;
        m.promise = 0;
        m.theirs = {};
    }
    m_reply = Reply{free};
}

void Thought::on(const AskedToConfirm& event)
{
    const bool ready = m.known && !m.isPrimary() && m.epoch == event.epoch
        && (m.state == PairState::Copying || m.state == PairState::Protected)
        && m.qemu == QemuSense::Colo;
    if (ready)
        m.state = PairState::Protected;
    m_reply = Reply{ready};
}

void Thought::on(const AskedToPromise& event)
{
    // A claim that is under way cannot be taken back, so its maker cannot give its word.
    const bool may = m.known && !m.isPrimary() && m.epoch == event.epoch && !m.sole
        && event.number > m.promise && (!event.promise || (!m.claimed && m.work == Work::Nothing));
    if (may) {
        m.promised = event.promise;
        m.promise = event.number;
    }
    m_reply = Reply{may};
}

void Thought::on(const Promised& event)
{
    if (m.isPrimary() && m.epoch == event.epoch && m.promise == event.number
        && m.state == PairState::Protected && m.arbiterLost)
        m.promised = true;
}

void Thought::on(const AskedToLetGo& event)
{
    if (event.kind == ClaimKind::GoAlone)
        releasePrimary(event.epoch);
    else
        yieldToShadow(event.epoch);
}

void Thought::on(const LetGo& event)
{
    if (m.work != Work::Agree)
        return;
    m.work = Work::Nothing;
    if (event.epoch != m.epoch || m.sole)
        return;
    const bool calledBack = m.state == PairState::Stale && hasEnded(m.qemu);
    if (m.isPrimary()
        && (m.state == PairState::Interrupted || m.state == PairState::Off || calledBack))
        goOn(ClaimKind::GoAlone);
    else if (!m.isPrimary() && m.state == PairState::Interrupted && !isUseless(m.qemu))
        goOn(ClaimKind::Takeover);
}

void Thought::on(const Told& event) { m.wish = takesUp(event.wish) ? event.wish : Wish::Nothing; }

bool Thought::takesUp(Wish wish)
{
    const bool engaged =
        !m.sole && (m.state == PairState::Protected || m.state == PairState::Interrupted);
    // Back in step after a loss it may find itself cut off again, and has a shadow to leave.
    const bool hasShadow = engaged || (!m.sole && m.state == PairState::Confirming);
    switch (wish) {
    case Wish::Nothing:
        return false;
    case Wish::Protect:
        if (!m.isPrimary() || m.state != PairState::Alone || m.work != Work::Nothing)
            return false;
        m.waiting = false;
        return true;
    case Wish::GoAlone: {
        // One that hangs may do so in a checkpoint, for want of the connections that are cut then.
        const bool better = m.qemu == QemuSense::Hung && shadowLives();
        if (!m.isPrimary() || !hasShadow || hasEnded(m.qemu) || better)
            return false;
        break;
    }
    case Wish::OwnAlone:
        if (!m.isPrimary() || m.sole || m.peer == PeerSense::Alive)
            return false;
        if (m.state == PairState::Off) {
            m.waiting = false;
            return true;
        }
        if (!hasShadow)
            return false;
        break;
    case Wish::TakeOver: {
        const bool ready = !isHealthy() || m.arbitration == Arbitration::Manual;
        if (m.isPrimary() || !engaged || isUseless(m.qemu) || !ready)
            return false;
        break;
    }
    case Wish::HandOver:
        if (!m.isPrimary() || m.state != PairState::Protected || m.work != Work::Nothing
            || !isHealthy() || !shadowLives() || m.theirs.qemu != QemuSense::Colo)
            return false;
        m.state = PairState::Interrupted;
        act(Sever{});
        pauseFor(Wait::For::HandOver);
        return true;
    }
    m.state = PairState::Interrupted;
    m.waiting = false;
    m.impatient = true;
    return true;
}

Decision Thought::finish()
{
    // A state that is left at once leads to the next.
    for (auto state = m.state; m.known && m.work == Work::Nothing; state = m.state) {
        choose();
        if (m.state == state)
            break;
    }
    if (m.wish == Wish::Protect && m.work == Work::Nothing)
        m.wish = Wish::Nothing;
    std::vector<Order> actions;
    if (savedPart(m) != savedPart(m_before)) {
        actions.emplace_back(Save{});
    }
    if (m_reply)
        actions.emplace_back(*m_reply);
    actions.insert(actions.end(), m_actions.begin(), m_actions.end());
    const bool tells = m.known != m_before.known || m.state != m_before.state
        || m.role != m_before.role || m.epoch != m_before.epoch || m.qemu != m_before.qemu
        || m.isHandingOver() != m_before.isHandingOver();
    if (tells)
        actions.emplace_back(Tell{});
    return {m, std::move(actions)};
}

void Thought::releasePrimary(quint64 epoch)
{
    const bool shadow = m.known && !m.isPrimary() && m.epoch == epoch;
    if (shadow && !m.sole && m.state == PairState::Undoing) {
        m_reply = Reply{true};
        return;
    }
    if (shadow && isSettled() && m.state != PairState::TakingOver) {
        m.state = PairState::Undoing;
        m.claimed = false;
        m_reply = Reply{true};
        return;
    }
    m_reply = Reply{!m.known && (hasEnded(m.qemu) || m.qemu == QemuSense::Unknown)};
}

void Thought::yieldToShadow(quint64 epoch)
{
    const bool stale = m.known && m.state == PairState::Stale && m.epoch == epoch + 1;
    const bool held = m.known && m.isPrimary() && m.epoch == epoch && isSettled()
        && m.state == PairState::Interrupted && (isUseless(m.qemu) || m.wish == Wish::HandOver);
    if (held)
        becomeStale(epoch + 1);
    m_reply = Reply{held || stale};
}

void Thought::succeeded(Work ended)
{
    switch (ended) {
    case Work::CutOff:
        if (std::exchange(m.agreeing, false)) {
            if (m.state == PairState::Interrupted)
                agree(ClaimKind::Takeover);
        } else if (isTold()) {
            goOn(ClaimKind::Takeover);
        } else if (isWanted()) {
            claimNow();
        }
        break;
    case Work::Build:
        if (m.state == PairState::Preparing || m.state == PairState::Copying)
            m.state = PairState::Confirming;
        // Without a record the shadow may count from the moment it hears that it does.
        m.sole = m.sole && m.arbitration == Arbitration::Record;
        m.confirmed = false;
        break;
    case Work::Confirm:
        m.confirmed = true;
        break;
    case Work::Detach:
        m.state = hasEnded(m.qemu) ? PairState::Off : PairState::Alone;
        pauseFor(Wait::For::Backoff);
        break;
    case Work::GoLive:
        m.role = Role::Primary;
        m.state = PairState::Merging;
        break;
    case Work::Merge:
        m.state = hasEnded(m.qemu) ? PairState::Off : PairState::Alone;
        pauseFor(Wait::For::Backoff);
        break;
    case Work::Discard:
        m = forgotten(m);
        break;
    case Work::Destroy:
        m.qemu = QemuSense::Died;
        break;
    default:
        break;
    }
}

void Thought::failed(Work ended)
{
    if (ended == Work::Build && m.state != PairState::Undoing)
        m.state = PairState::Undoing;
    if (ended == Work::GoLive && hasEnded(m.qemu)) {
        // It may have been live for a moment: what its overlays hold is the newest there is.
        m.role = Role::Primary;
        m.state = PairState::Merging;
        return;
    }
    if (ended == Work::Agree || ended == Work::CutOff)
        m.wish = Wish::Nothing;
    m.agreeing = false;
    // Nobody wants it confirmed any more: what was asked for meanwhile does not wait.
    if (ended == Work::Confirm && m.state == PairState::Interrupted)
        return;
    pauseFor(Wait::For::Retry);
}

Mind Thought::forgotten(const Mind& mind)
{
    Mind empty;
    empty.arbitration = mind.arbitration;
    empty.primaryContinues = mind.primaryContinues;
    empty.autoProtect = mind.autoProtect;
    empty.peer = mind.peer;
    empty.qemu = QemuSense::Died;
    // Its number stays: an older epoch must not come back.
    empty.epoch = mind.epoch;
    empty.known = false;
    empty.sole = false;
    return empty;
}

void Thought::choose()
{
    if (m.isPrimary()) {
        heardSecondary();
        choosePrimary();
    } else {
        heardPrimary();
        chooseSecondary();
    }
}

} // namespace lockstep::failover
