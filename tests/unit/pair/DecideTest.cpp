// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Decide.h"

#include <QTest>

#include <algorithm>

using namespace lockstep;
using namespace lockstep::failover;

namespace {

Mind protectedOne(Role role, Arbitration arbitration = Arbitration::Record)
{
    Mind mind;
    mind.known = true;
    mind.role = role;
    mind.state = PairState::Protected;
    mind.epoch = 7;
    mind.sole = false;
    mind.arbitration = arbitration;
    mind.qemu = QemuSense::Colo;
    mind.peer = PeerSense::Alive;
    mind.confirmed = true;
    mind.theirs = {true,
                   true,
                   role == Role::Primary ? Role::Secondary : Role::Primary,
                   PairState::Protected,
                   7,
                   false,
                   false,
                   QemuSense::Colo};
    return mind;
}

template <typename T>
const T* find(const Decision& decision)
{
    for (const auto& action : decision.actions) {
        if (const auto* found = std::get_if<T>(&action))
            return found;
    }
    return nullptr;
}

/// Where in the order of actions the first T is; -1 if there is none.
template <typename T>
std::ptrdiff_t place(const Decision& decision)
{
    const auto found = std::ranges::find_if(
        decision.actions, [](const Order& action) { return std::holds_alternative<T>(action); });
    return found == decision.actions.end() ? -1 : found - decision.actions.begin();
}

bool begins(const Decision& decision, Work work)
{
    const auto* const begin = find<Begin>(decision);
    return begin && begin->work == work;
}

/// All events, one after the other; the last decision.
Decision after(Mind mind, const std::vector<Event>& events)
{
    Decision decision{std::move(mind), {}};
    for (const auto& event : events)
        decision = decide(decision.mind, event);
    return decision;
}

constexpr GrantSeen inStep{7, Side::Own, true};
constexpr GrantSeen theirsInStep{7, Side::Other, true};
constexpr GrantSeen theirsAlone{8, Side::Other, false};
constexpr GrantSeen ours{8, Side::Own, false};

} // namespace

class DecideTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aPrimaryAsksBeforeItGoesOn();
    void aPrimaryThatLostIsDestroyed();
    void aShadowIsCutOffBeforeItAsks();
    void aShadowThatIsNotRecordedNeverGoesLive();
    void aShadowThatDiedGivesItsGrantBack();
    void aDaemonThatIsGoneChangesNothing();
    void aRestartChangesNothing();
    void aClaimThatWasNotAnsweredIsNotForgotten();
    void offIsOff();
    void aPromiseBindsTheSecondary();
    void aPrimaryIsNotSoleOnceItsShadowMayCount();
    void nobodyIsShotByAHostWithoutAGuest();
    void anAdministratorsWordNeedsAGuest();
    void aQemuThatHangsGoesOnAloneIfNobodyElseCan();
    void whoConfirmsAnewCanBeToldToGoOnAlone_data();
    void whoConfirmsAnewCanBeToldToGoOnAlone();
};

void DecideTest::aPrimaryAsksBeforeItGoesOn()
{
    auto decision = decide(protectedOne(Role::Primary), PeerChanged{PeerSense::Gone});
    QCOMPARE(toString(decision.mind.state), toString(PairState::Interrupted));
    QVERIFY(find<ReadRecord>(decision));
    QVERIFY(!find<Begin>(decision));
    decision = decide(decision.mind, ArbiterRead{inStep});
    // On disk before it is asked for.
    QVERIFY(decision.mind.claimed);
    QVERIFY(place<Save>(decision) >= 0);
    QVERIFY(place<Save>(decision) < place<Swap>(decision));
    QCOMPARE(find<Swap>(decision)->seen, inStep);
    QCOMPARE(find<Swap>(decision)->wanted, ours);
    decision = decide(decision.mind, ArbiterAnswered{true, ours});
    QCOMPARE(decision.mind.epoch, quint64(8));
    QVERIFY(decision.mind.sole);
    QVERIFY(place<Save>(decision) >= 0);
    QVERIFY(place<Save>(decision) < place<Begin>(decision));
    QVERIFY(begins(decision, Work::Detach));
}

void DecideTest::aPrimaryThatLostIsDestroyed()
{
    const auto decision = after(protectedOne(Role::Primary),
                                {QemuChanged{QemuSense::Left}, ArbiterRead{theirsAlone}});
    QCOMPARE(toString(decision.mind.state), toString(PairState::Stale));
    QVERIFY(!decision.mind.sole);
    QVERIFY(begins(decision, Work::Destroy));
}

void DecideTest::aShadowIsCutOffBeforeItAsks()
{
    auto decision = after(protectedOne(Role::Secondary),
                          {PeerChanged{PeerSense::Gone}, ArbiterRead{theirsInStep}});
    QVERIFY(begins(decision, Work::CutOff));
    QVERIFY(!find<Swap>(decision));
    const auto dead = decide(decision.mind, WorkEnded{false});
    QVERIFY(!find<Swap>(dead));
    decision = decide(decision.mind, WorkEnded{true});
    QCOMPARE(find<Swap>(decision)->wanted, ours);
    decision = decide(decision.mind, ArbiterAnswered{true, ours});
    QCOMPARE(toString(decision.mind.state), toString(PairState::TakingOver));
    QVERIFY(begins(decision, Work::GoLive));
}

void DecideTest::aShadowThatIsNotRecordedNeverGoesLive()
{
    for (const auto& now : {GrantSeen{7, Side::Other, false}, GrantSeen{6, Side::Other, true},
                            GrantSeen{8, Side::Other, true}, GrantSeen{}}) {
        const auto decision =
            after(protectedOne(Role::Secondary), {PeerChanged{PeerSense::Gone}, ArbiterRead{now}});
        QVERIFY(!decision.mind.sole);
        QVERIFY(!find<Swap>(decision));
        QVERIFY(!begins(decision, Work::CutOff));
        QVERIFY(!begins(decision, Work::GoLive));
    }
}

void DecideTest::aShadowThatDiedGivesItsGrantBack()
{
    const auto decision =
        after(protectedOne(Role::Secondary), {QemuChanged{QemuSense::Died}, ArbiterRead{ours}});
    QCOMPARE(find<Swap>(decision)->wanted, (GrantSeen{9, Side::Other, false}));
}

void DecideTest::aDaemonThatIsGoneChangesNothing()
{
    for (const auto role : {Role::Primary, Role::Secondary}) {
        const auto decision = decide(protectedOne(role), PeerChanged{PeerSense::DaemonGone});
        QCOMPARE(toString(decision.mind.state), toString(PairState::Protected));
        QVERIFY(decision.actions.empty());
    }
}

void DecideTest::aRestartChangesNothing()
{
    for (const auto role : {Role::Primary, Role::Secondary}) {
        const auto decision = decide(protectedOne(role), Started{QemuSense::Colo});
        QCOMPARE(toString(decision.mind.state), toString(PairState::Protected));
        QVERIFY(!find<ReadRecord>(decision));
        QVERIFY(!find<Begin>(decision));
    }
}

void DecideTest::aClaimThatWasNotAnsweredIsNotForgotten()
{
    const std::vector<Event> asked{PeerChanged{PeerSense::Gone}, ArbiterRead{inStep}};
    auto decision = after(protectedOne(Role::Primary), asked);
    const auto silent = decide(decision.mind, ArbiterSilent{true});
    QVERIFY(silent.mind.claimed);
    // Everything looks well again: it is not, as long as the claim may be carried out.
    const auto back = decide(silent.mind, PeerChanged{PeerSense::Alive});
    QCOMPARE(toString(back.mind.state), toString(PairState::Interrupted));
    // Not even sent: as if it had never been.
    const auto unsent = decide(decision.mind, ArbiterSilent{false});
    QVERIFY(!unsent.mind.claimed);
    QCOMPARE(toString(decide(unsent.mind, PeerChanged{PeerSense::Alive}).mind.state),
             toString(PairState::Protected));
}

void DecideTest::offIsOff()
{
    const auto primary = decide(protectedOne(Role::Primary), QemuChanged{QemuSense::Off});
    QCOMPARE(toString(primary.mind.state), toString(PairState::Off));
    auto shadow = protectedOne(Role::Secondary);
    auto word = shadow.theirs;
    word.state = PairState::Off;
    const auto decision = after(shadow, {QemuChanged{QemuSense::Left}, TheySaid{word}});
    QCOMPARE(toString(decision.mind.state), toString(PairState::Undoing));
    QVERIFY(begins(decision, Work::Discard));
}

void DecideTest::aPromiseBindsTheSecondary()
{
    auto decision = decide(protectedOne(Role::Secondary), AskedToPromise{7, 1, true});
    QVERIFY(find<Reply>(decision)->yes);
    QVERIFY(place<Save>(decision) >= 0);
    QVERIFY(place<Save>(decision) < place<Reply>(decision));
    const auto alone = after(decision.mind, {PeerChanged{PeerSense::Gone}});
    QVERIFY(!find<ReadRecord>(alone));
    // A word that comes late does not undo a newer one.
    decision = decide(decision.mind, AskedToPromise{7, 2, false});
    QVERIFY(!decision.mind.promised);
    QVERIFY(!find<Reply>(decide(decision.mind, AskedToPromise{7, 1, true}))->yes);
    // Who has asked the arbiter cannot promise.
    const auto asking = after(protectedOne(Role::Secondary),
                              {PeerChanged{PeerSense::Gone}, ArbiterRead{theirsInStep},
                               WorkEnded{true}, AskedToPromise{7, 5, true}});
    QVERIFY(!find<Reply>(asking)->yes);
}

void DecideTest::aPrimaryIsNotSoleOnceItsShadowMayCount()
{
    auto building = protectedOne(Role::Primary);
    building.state = PairState::Preparing;
    building.sole = true;
    building.work = Work::Build;
    building.confirmed = false;
    const auto built = after(
        building, {WorkEnded{true}, WorkEnded{true}, ArbiterRead{GrantSeen{7, Side::Own, false}}});
    QVERIFY(!built.mind.sole);
    QVERIFY(place<Save>(built) >= 0);
    QVERIFY(place<Save>(built) < place<Swap>(built));
    building.arbitration = Arbitration::Fence;
    const auto fenced = decide(building, WorkEnded{true});
    QVERIFY(!fenced.mind.sole);
    QVERIFY(begins(fenced, Work::Confirm));
    QVERIFY(place<Save>(fenced) < place<Begin>(fenced));
}

void DecideTest::nobodyIsShotByAHostWithoutAGuest()
{
    auto mind = protectedOne(Role::Primary, Arbitration::Fence);
    const auto decision = after(
        mind, {Started{QemuSense::Died}, PeerChanged{PeerSense::Gone}, TimerEnded{}, TimerEnded{}});
    QCOMPARE(toString(decision.mind.state), toString(PairState::Interrupted));
    QVERIFY(!find<Swap>(decision));
}

void DecideTest::anAdministratorsWordNeedsAGuest()
{
    auto mind = protectedOne(Role::Primary, Arbitration::Manual);
    const auto lost = decide(mind, PeerChanged{PeerSense::Gone});
    QVERIFY(!find<Begin>(lost));
    QVERIFY(begins(decide(lost.mind, Told{Wish::GoAlone}), Work::Detach));
    const auto dead = after(lost.mind, {QemuChanged{QemuSense::Died}, Told{Wish::GoAlone}});
    QVERIFY(!dead.mind.sole);
}

void DecideTest::aQemuThatHangsGoesOnAloneIfNobodyElseCan()
{
    // It may hang in a checkpoint for want of the peer that is gone.
    auto mind = protectedOne(Role::Primary, Arbitration::Manual);
    const auto stuck = after(mind, {PeerChanged{PeerSense::Gone}, QemuChanged{QemuSense::Hung}});
    QVERIFY(begins(decide(stuck.mind, Told{Wish::GoAlone}), Work::Detach));
    // A shadow that is well is worth more than a guest that stands still.
    const auto hung = decide(mind, QemuChanged{QemuSense::Hung});
    const auto told = decide(hung.mind, Told{Wish::GoAlone});
    QVERIFY(!told.mind.sole);
    QVERIFY(!find<AskToLetGo>(told));
}

void DecideTest::whoConfirmsAnewCanBeToldToGoOnAlone_data()
{
    QTest::addColumn<Wish>("wish");
    QTest::newRow("GoAlone") << Wish::GoAlone;
    QTest::newRow("OwnAlone") << Wish::OwnAlone;
}

void DecideTest::whoConfirmsAnewCanBeToldToGoOnAlone()
{
    QFETCH(const Wish, wish);
    // lockstepd was restarted while the link is cut, and QEMU has not noticed yet.
    auto mind = protectedOne(Role::Primary, Arbitration::Manual);
    mind.state = PairState::Interrupted;
    mind.peer = PeerSense::Unknown;
    mind.theirs = {};
    mind.confirmed = false;
    const auto restarted = decide(mind, Started{QemuSense::Colo});
    QVERIFY(begins(restarted, Work::Confirm));
    const auto told = decide(restarted.mind, Told{wish});
    QVERIFY(told.mind.wish == wish);
    QVERIFY(begins(decide(told.mind, WorkEnded{false}), Work::Detach));
    // Before there ever was a shadow in step there is none to leave.
    auto first = restarted.mind;
    first.sole = true;
    QVERIFY(decide(first, Told{wish}).mind.wish == Wish::Nothing);
}

QTEST_GUILESS_MAIN(DecideTest)
#include "DecideTest.moc"
