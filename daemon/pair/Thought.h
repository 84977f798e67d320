// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Decide.h"

#include <optional>

namespace lockstep::failover {

/// The other side speaks of the protection that this side means, or of a later one.
[[nodiscard]] inline bool isCurrent(const Mind& mind)
{
    return mind.theirs.heard && mind.theirs.known && mind.theirs.epoch >= mind.epoch;
}

/// One decision being made: the mind as it becomes, and what is to be done. What happened comes in
/// by on(), and finish() adds what the state that it left calls for.
class Thought
{
public:
    explicit Thought(const Mind& before) : m_before{before}, m{before} { }
    void on(const Started& event);
    void on(const QemuChanged& event) { m.qemu = event.qemu; }
    void on(const PeerChanged& event);
    void on(const TheySaid& event);
    void on(const ArbiterRead& event);
    void on(const ArbiterAnswered& event);
    void on(const ArbiterSeen& event) { m.arbiterLost = !event.reachable; }
    void on(const ArbiterSilent& event);
    void on(const WorkEnded& event);
    void on(const TimerEnded&);
    void on(const AskedToBuild& event);
    void on(const AskedToConfirm& event);
    void on(const AskedToPromise& event);
    void on(const Promised& event);
    void on(const AskedToLetGo& event);
    void on(const LetGo& event);
    void on(const Told& event);
    [[nodiscard]] Decision finish();

private:
    /// Nothing is under way that could still make this side the one that goes on.
    [[nodiscard]] bool isSettled() const;
    void releasePrimary(quint64 epoch);
    void yieldToShadow(quint64 epoch);
    /// Two hosts that hear each other need no arbiter, if one of them has nothing to go on with.
    void agree(ClaimKind kind);
    [[nodiscard]] bool canAgree() const;
    void heardSecondary();
    void heardPrimary();
    void becomeStale(quint64 epoch);
    void ask(ClaimKind kind);
    /// From the claim on there must be no checkpoint: a shadow that ends in the middle of one
    /// leaves disks of no use, and nothing would tell that it did.
    void prepareClaim(const GrantSeen& seen, const GrantSeen& wanted);
    void claimNow();
    /// Is the claim still wanted? Much may have happened while the arbiter was read.
    [[nodiscard]] bool isWanted() const;
    void consider(const GrantSeen& now);
    void granted(const GrantSeen& now);
    void denied(const GrantSeen& now);
    void start(Work work)
    {
        m.work = work;
        act(failover::Begin{work});
    }
    /// Whether the wish can be begun now; if so the state is such that choose() begins it.
    [[nodiscard]] bool takesUp(Wish wish);
    /// Somebody's word stands in for the arbiter that there is not.
    [[nodiscard]] bool isTold() const
    {
        return m.wish == Wish::TakeOver && m.arbitration == Arbitration::Manual
            && m.state == PairState::Interrupted;
    }
    /// The other side lets this one go on.
    void goOn(ClaimKind kind)
    {
        m.claim = kind;
        granted({m.epoch + 1, Side::Own, false});
    }
    void succeeded(Work ended);
    void failed(Work ended);
    [[nodiscard]] static Mind forgotten(const Mind& mind);
    [[nodiscard]] bool isHealthy() const
    {
        return m.qemu == QemuSense::Colo && !(m.isPrimary() ? shadowLost(m) : primaryLost(m));
    }
    [[nodiscard]] bool canBuild() const;
    void choose();
    void choosePrimary();
    /// Without a record a host that comes back without its guest must not shoot the one that runs
    /// it.
    [[nodiscard]] bool mayAsk() const;
    [[nodiscard]] bool shadowLives() const;
    void askToGoAlone();
    void interrupt();
    void interruptedPrimary();
    /// The other side has given up what it was granted, or never knew that it was.
    void callBack();
    [[nodiscard]] bool livesThere() const;
    void careForPromise();
    void chooseSecondary();
    void interruptedSecondary();
    /// Nothing goes on at the primary's side any more.
    [[nodiscard]] bool primaryCeased() const;
    void pauseFor(Wait::For what)
    {
        m.waiting = true;
        act(Wait{what});
    }
    void act(Order action) { m_actions.push_back(action); }

    const Mind m_before;
    Mind m;
    std::vector<Order> m_actions;
    std::optional<Reply> m_reply;
};

} // namespace lockstep::failover
