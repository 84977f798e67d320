// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"
#include "pair/DetachFlow.h"
#include "pair/TakeoverFlow.h"
#include "replication/Plan.h"
#include "replication/PrimaryGraph.h"
#include "replication/ShadowGraph.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

/// A pair that is protected: alpha's primary and beta's shadow, built by the real code.
struct Pair
{
    FakeHost alpha{u"alpha"_s};
    FakeHost beta{u"beta"_s};

    Pair()
    {
        FakePeers::join(alpha.peers, beta.peers);
        alpha.put(alpha.record(Role::Primary, PairState::Protected, 1));
        alpha.putDomain().rounds = 1;
        PrimaryGraph primary{alpha.hypervisor, webSpec(), u"alpha"_s};
        Plan plan;
        primary.addSteps(plan);
        m_built = QCoro::waitFor(plan.run({}, {})).has_value();
        beta.put(beta.record(Role::Secondary, PairState::Protected, 1));
        auto& qemu = beta.putDomain();
        const ShadowGraph shadow{Qmp{beta.hypervisor.monitor(webUuid())},
                                 beta.pairs.find(webUuid())->spec};
        m_built = m_built && QCoro::waitFor(shadow.buildDisks())
            && QCoro::waitFor(shadow.exportDisks()) && QCoro::waitFor(shadow.connectNetwork());
        qemu.status = u"paused"_s;
        qemu.coloMode = u"secondary"_s;
        alpha.journal.clear();
        beta.journal.clear();
    }
    [[nodiscard]] bool isBuilt() const { return m_built; }
    Result<void> takeOver()
    {
        const auto job = beta.jobs.start(u"takeover"_s, webUuid(), u"web"_s, false).value();
        TakeoverFlow flow{beta.parts, job, *beta.pairs.find(webUuid())};
        const auto outcome = QCoro::waitFor(flow.run());
        beta.jobs.finish(job, outcome);
        return outcome;
    }
    Result<void> detach(DetachFlow::Kind kind = DetachFlow::Kind::ContinueAlone)
    {
        const auto job = alpha.jobs.start(u"continue-alone"_s, webUuid(), u"web"_s, false).value();
        DetachFlow flow{alpha.parts, job, *alpha.pairs.find(webUuid()), kind};
        const auto outcome = QCoro::waitFor(flow.run());
        alpha.jobs.finish(job, outcome);
        return outcome;
    }
    [[nodiscard]] QString trace(FakeHost& host) const
    {
        const auto& qemu = host.hypervisor.qemu(webUuid());
        const QStringList left =
            QStringList{qemu.nodes.keys()} + qemu.objects.keys() + qemu.chardevs;
        return left.filter(u"lockstep-"_s).join(u' ');
    }

private:
    bool m_built{false};
};

QByteArray said(const Result<void>& result)
{
    return result ? QByteArray{} : result.error().message().toUtf8();
}

} // namespace

class FlowsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesOverFromALivePrimary();
    void savesBeforeItGoesLive();
    void takesOverFromASilentPrimary();
    void takesOverWhenTheAnswerIsLost();
    void doesNotTakeOverWhenThePrimaryRefuses();
    void doesNotTakeOverWhatIsNotInStep();
    void doesNotGoLiveWhatIsNotSaved();
    void canTakeOverAfterAStoreThatFailed();
    void goesOnWithATakeoverWhereItStopped_data();
    void goesOnWithATakeoverWhereItStopped();
    void definesTheDomainOnlyWhenItsDisksAreWhole();

    void goesOnAloneAndDiscardsTheShadow();
    void savesBeforeItGoesOnAlone();
    void goesOnAloneWhenTheShadowIsSilent();
    void doesNotGoOnAloneWhenTheShadowHasTakenOver();
    void forgetsThePairWhenUnprotected();
    void canBeAskedAgainAfterAFailure();
};

void FlowsTest::takesOverFromALivePrimary()
{
    Pair pair;
    QVERIFY(pair.isBuilt());
    const auto taken = pair.takeOver();
    QVERIFY2(taken, said(taken));
    QCOMPARE(pair.beta.state(), toString(PairState::Alone));
    QVERIFY(pair.beta.pairs.find(webUuid())->isPrimary());
    QCOMPARE(pair.beta.pairs.find(webUuid())->epoch, Epoch{2});
    QCOMPARE(pair.beta.hypervisor.qemu(webUuid()).status, u"running"_s);
    QVERIFY(!pair.beta.hypervisor.qemu(webUuid()).ranParked);
    QCOMPARE(pair.trace(pair.beta), u"lockstep-net0-rewriter"_s); // open connections need it
    QVERIFY(!pair.alpha.hypervisor.runs(webUuid()));
    QCOMPARE(pair.alpha.state(), toString(PairState::Stale));
    const auto disk = pair.beta.pairs.find(webUuid())->spec.disks[0];
    QVERIFY(disk.source.endsWith(u"vda.qcow2") && disk.active.isEmpty());
}

void FlowsTest::savesBeforeItGoesLive()
{
    Pair pair;
    QVERIFY(pair.takeOver());
    const auto& journal = pair.beta.journal;
    const auto saved = journal.indexOf(u"store taking-over 2"_s);
    QVERIFY(saved >= 0);
    QVERIFY(saved < journal.indexOf(u"qmp x-colo-lost-heartbeat"_s));
    QVERIFY(journal.indexOf(u"call primary.yield"_s) < saved);
    QVERIFY(pair.alpha.journal.indexOf(u"store stale 2"_s)
            < pair.alpha.journal.indexOf(u"destroy"_s));
    // Announced before the slow part begins.
    QVERIFY(journal.indexOf(u"qmp announce-self"_s) < journal.indexOf(u"store merging 2"_s));
}

void FlowsTest::takesOverFromASilentPrimary()
{
    Pair pair;
    pair.beta.peers.silent = {u"primary.yield"_s};
    QVERIFY(pair.takeOver());
    QCOMPARE(pair.beta.state(), toString(PairState::Alone));
    Pair unplugged;
    unplugged.beta.peers.setConnected(false);
    QVERIFY(unplugged.takeOver());
    QVERIFY(!unplugged.beta.journal.contains(u"call primary.yield"_s)); // costs a deadline
}

void FlowsTest::takesOverWhenTheAnswerIsLost()
{
    Pair pair;
    pair.beta.peers.lostReplies = {u"primary.yield"_s};
    QVERIFY(pair.takeOver());
    QCOMPARE(pair.beta.state(), toString(PairState::Alone));
    QVERIFY(!pair.alpha.hypervisor.runs(webUuid()));
}

void FlowsTest::doesNotTakeOverWhenThePrimaryRefuses()
{
    Pair pair;
    pair.alpha.put(
        pair.alpha.record(Role::Primary, PairState::Alone, 2)); // it went on alone just now
    QCOMPARE(pair.takeOver().error().code(), Errc::WrongRole);
    QCOMPARE(pair.beta.state(), toString(PairState::Protected));
    QVERIFY(!pair.beta.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
    QVERIFY(pair.alpha.hypervisor.runs(webUuid()));
}

void FlowsTest::doesNotTakeOverWhatIsNotInStep()
{
    Pair pair;
    pair.beta.hypervisor.qemu(webUuid()).coloMode = u"none"_s;
    QCOMPARE(pair.takeOver().error().code(), Errc::NotInStep);
    QVERIFY(!pair.beta.journal.contains(u"call primary.yield"_s)); // nobody is stopped for nothing
    QVERIFY(pair.alpha.hypervisor.runs(webUuid()));
}

void FlowsTest::doesNotGoLiveWhatIsNotSaved()
{
    Pair pair;
    pair.beta.store.full = true;
    QCOMPARE(pair.takeOver().error().code(), Errc::StoreError);
    QVERIFY(!pair.beta.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
    QCOMPARE(pair.beta.state(), toString(PairState::Protected));
}

void FlowsTest::canTakeOverAfterAStoreThatFailed()
{
    // By then alpha has given way: the shadow is the only copy, and must stay usable.
    Pair pair;
    pair.beta.store.full = true;
    QVERIFY(!pair.takeOver());
    pair.beta.store.full = false;
    QVERIFY(QCoro::waitFor(pair.beta.meeting.compare(webUuid())));
    pair.beta.settle();
    QVERIFY(pair.beta.hypervisor.runs(webUuid()));
    const auto taken = pair.takeOver();
    QVERIFY2(taken, said(taken));
    QCOMPARE(pair.beta.state(), toString(PairState::Alone));
}

void FlowsTest::goesOnWithATakeoverWhereItStopped_data()
{
    QTest::addColumn<bool>("tookEffect");
    QTest::newRow("before the command") << false;
    QTest::newRow("after the command") << true;
}

void FlowsTest::goesOnWithATakeoverWhereItStopped()
{
    QFETCH(const bool, tookEffect);
    // The daemon dies at each command of QEMU's in turn; its next life runs the rest.
    bool died = true;
    int command = 0;
    for (; died; ++command) {
        Pair pair;
        auto& qemu = pair.beta.hypervisor.qemu(webUuid());
        const int before = qemu.commands;
        if (tookEffect) {
            qemu.failAt = before + command;
            qemu.fault = FakeMonitor::Fault::TookEffect;
        } else {
            qemu.deafFrom = before + command;
        }
        const auto first = pair.takeOver();
        died = !first;
        if (first)
            break;
        qemu.deafFrom.reset();
        const auto second = pair.takeOver();
        QVERIFY2(
            second,
            (QByteArray::number(command) + ' ' + said(first) + " / " + said(second)).constData());
        QCOMPARE(pair.beta.state(), toString(PairState::Alone));
        QCOMPARE(qemu.status, u"running"_s);
        QVERIFY2(!qemu.ranParked, qPrintable(QString::number(command)));
        QCOMPARE(pair.trace(pair.beta), u"lockstep-net0-rewriter"_s);
    }
    QVERIFY(command > 15);
}

void FlowsTest::definesTheDomainOnlyWhenItsDisksAreWhole()
{
    Pair pair;
    pair.beta.hypervisor.qemu(webUuid()).refused =
        u"blockdev-del"_s; // the layers cannot be taken out
    QVERIFY(!pair.takeOver());
    QCOMPARE(pair.beta.state(), toString(PairState::Merging));
    QVERIFY2(pair.beta.hypervisor.defined.isEmpty(),
             "a start from the replica alone would lose writes");
}

void FlowsTest::goesOnAloneAndDiscardsTheShadow()
{
    Pair pair;
    const auto detached = pair.detach();
    QVERIFY2(detached, said(detached));
    QCOMPARE(pair.alpha.state(), toString(PairState::Alone));
    QCOMPARE(pair.alpha.pairs.find(webUuid())->epoch, Epoch{2});
    QCOMPARE(pair.trace(pair.alpha), QString{});
    QCOMPARE(pair.alpha.hypervisor.qemu(webUuid()).status, u"running"_s);
    QVERIFY(!pair.beta.hypervisor.runs(webUuid()));
    QVERIFY(!pair.beta.has());
}

void FlowsTest::savesBeforeItGoesOnAlone()
{
    Pair pair;
    QVERIFY(pair.detach());
    const auto& journal = pair.alpha.journal;
    const auto saved = journal.indexOf(u"store undoing 2"_s);
    QVERIFY(saved >= 0 && saved < journal.indexOf(u"qmp x-blockdev-change"_s));
    // The shadow has promised not to go live before anything here may.
    QVERIFY(journal.indexOf(u"call shadow.release"_s) < saved);
    QVERIFY(pair.beta.journal.contains(u"store undoing 1"_s));
    Pair full;
    full.alpha.store.full = true;
    QCOMPARE(full.detach().error().code(), Errc::StoreError);
    QVERIFY(!full.alpha.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
}

void FlowsTest::goesOnAloneWhenTheShadowIsSilent()
{
    Pair pair;
    pair.alpha.peers.silent = {u"shadow.release"_s, u"shadow.discard"_s};
    const auto detached = pair.detach();
    QVERIFY2(detached, said(detached));
    QCOMPARE(pair.alpha.state(), toString(PairState::Alone));
    Pair unplugged;
    unplugged.alpha.peers.setConnected(false);
    QVERIFY(unplugged.detach());
    QVERIFY(!unplugged.alpha.journal.contains(u"call shadow.release"_s));
}

void FlowsTest::doesNotGoOnAloneWhenTheShadowHasTakenOver()
{
    Pair pair;
    pair.beta.put(pair.beta.record(Role::Secondary, PairState::TakingOver, 2));
    QCOMPARE(pair.detach().error().code(), Errc::WrongRole);
    QCOMPARE(pair.alpha.state(), toString(PairState::Protected));
    QVERIFY(!pair.alpha.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
}

void FlowsTest::forgetsThePairWhenUnprotected()
{
    Pair pair;
    QVERIFY(pair.detach(DetachFlow::Kind::Unprotect));
    QVERIFY(!pair.alpha.has());
    QVERIFY(!pair.beta.has());
    QVERIFY(pair.alpha.hypervisor.runs(webUuid()));
    QCOMPARE(pair.trace(pair.alpha), QString{});
}

void FlowsTest::canBeAskedAgainAfterAFailure()
{
    Pair pair;
    auto& qemu = pair.alpha.hypervisor.qemu(webUuid());
    qemu.refused = u"x-colo-lost-heartbeat"_s;
    QVERIFY(!pair.detach());
    QCOMPARE(pair.alpha.state(), toString(PairState::Undoing));
    qemu.refused.clear();
    const auto again = pair.detach();
    QVERIFY2(again, said(again));
    QCOMPARE(pair.trace(pair.alpha), QString{});
}

QTEST_GUILESS_MAIN(FlowsTest)
#include "FlowsTest.moc"
