// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Thought.h"

namespace lockstep::failover {

bool Thought::isSettled() const
{
    return !m.sole && m.work == Work::Nothing
        && (!m.claimed || m.arbitration != Arbitration::Record);
}

void Thought::agree(ClaimKind kind)
{
    m.claim = kind;
    m.work = Work::Agree;
    act(AskToLetGo{kind});
}

bool Thought::canAgree() const
{
    return m.peer == PeerSense::Alive && (m.arbitration != Arbitration::Record || m.arbiterLost)
        && (!m.claimed || m.arbitration != Arbitration::Record);
}

void Thought::becomeStale(quint64 epoch)
{
    m.epoch = epoch;
    m.role = Role::Primary;
    m.state = PairState::Stale;
    m.sole = false;
    m.claimed = false;
    m.promised = false;
    m.waiting = false;
    m.wish = Wish::Nothing;
}

void Thought::ask(ClaimKind kind)
{
    m.claim = kind;
    if (m.arbitration == Arbitration::Record) {
        m.work = Work::Read;
        act(ReadRecord{});
        return;
    }
    // Nobody keeps a record: what is said here is what there is.
    const bool shares = kind == ClaimKind::Begin || kind == ClaimKind::InStep;
    const quint64 wanted = kind == ClaimKind::InStep ? m.epoch : m.epoch + 1;
    if (shares)
        granted({wanted, Side::Own, kind == ClaimKind::InStep});
    else
        prepareClaim({m.epoch, Side::Nobody, false}, {wanted, Side::Own, false});
}

void Thought::prepareClaim(const GrantSeen& seen, const GrantSeen& wanted)
{
    m.seen = seen;
    m.wanted = wanted;
    if (m.claim == ClaimKind::Takeover) {
        start(Work::CutOff);
        return;
    }
    if (m.claim == ClaimKind::GoAlone)
        act(Sever{});
    claimNow();
}

void Thought::claimNow()
{
    m.work = Work::Claim;
    // Saved first: it may be carried out though this daemon dies meanwhile.
    m.first = !m.claimed;
    if (m.claim != ClaimKind::Begin)
        m.claimed = true;
    // From here on the other side may be granted: this one may not go on unasked.
    if (m.claim == ClaimKind::InStep)
        m.sole = false;
    act(Swap{m.claim, m.seen, m.wanted});
}

bool Thought::isWanted() const
{
    switch (m.claim) {
    case ClaimKind::Begin:
        return m.state == PairState::Alone && canBuild();
    case ClaimKind::InStep:
        return m.state == PairState::Confirming && !shadowLost(m) && m.qemu == QemuSense::Colo;
    case ClaimKind::GoAlone:
        return m.isPrimary() && !m.sole
            && (m.state == PairState::Interrupted || m.state == PairState::Off
                || m.state == PairState::Stale)
            && (m.claimed || !isHealthy() || m.wantsAlone());
    case ClaimKind::Takeover:
        return !m.isPrimary() && m.state == PairState::Interrupted && !m.promised
            && !isUseless(m.qemu) && (m.claimed || !isHealthy());
    case ClaimKind::Cede:
        return !m.isPrimary() && m.state == PairState::Interrupted && isUseless(m.qemu);
    }
    return false;
}

void Thought::consider(const GrantSeen& now)
{
    if (!isWanted())
        return;
    const auto verdict = judge(m, m.claim, now);
    switch (verdict.is) {
    case Judgement::Is::Allowed:
        prepareClaim(now, verdict.wanted);
        break;
    case Judgement::Is::Granted:
        granted(verdict.wanted);
        break;
    case Judgement::Is::Denied:
        denied(now);
        break;
    }
}

void Thought::granted(const GrantSeen& now)
{
    m.claimed = false;
    m.impatient = false;
    m.waiting = false;
    m.wish = Wish::Nothing;
    switch (m.claim) {
    case ClaimKind::Begin:
        m.epoch = now.epoch;
        m.state = PairState::Preparing;
        m.promised = false;
        m.promise = 0;
        m.theirs = {};
        start(Work::Build);
        break;
    case ClaimKind::InStep:
        m.sole = false;
        if (m.state == PairState::Confirming)
            m.state = PairState::Protected;
        break;
    case ClaimKind::GoAlone:
        m.epoch = now.epoch;
        m.sole = true;
        m.promised = false;
        m.state = hasEnded(m.qemu) ? PairState::Off : PairState::Undoing;
        break;
    case ClaimKind::Takeover:
        m.epoch = now.epoch;
        m.sole = true;
        m.state = PairState::TakingOver;
        break;
    case ClaimKind::Cede:
        m.state = PairState::Undoing;
        break;
    }
}

void Thought::denied(const GrantSeen& now)
{
    m.wish = Wish::Nothing;
    if (m.claim == ClaimKind::Begin) {
        pauseFor(Wait::For::Backoff);
        return;
    }
    m.claimed = false;
    if (m.claim == ClaimKind::InStep) {
        m.state = PairState::Interrupted;
        return;
    }
    const bool theirs = now.owner == Side::Other && now.epoch > m.epoch;
    if (m.isPrimary()) {
        if (theirs)
            becomeStale(now.epoch);
        else
            pauseFor(Wait::For::Backoff);
        return;
    }
    if (theirs)
        m.state = PairState::Undoing;
    else
        pauseFor(Wait::For::Backoff); // not recorded as in step: the primary's side will say
}

bool Thought::mayAsk() const
{
    if (m.arbitration == Arbitration::Manual)
        return false;
    return m.arbitration == Arbitration::Record || !hasEnded(m.qemu);
}

} // namespace lockstep::failover
