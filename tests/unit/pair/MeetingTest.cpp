// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

/// What one host holds when the two meet.
struct Holding
{
    bool known{true};
    Role role{Role::Primary};
    PairState state{PairState::Protected};
    quint64 epoch{1};
    bool runs{true};
};

struct Hosts
{
    FakeHost alpha{u"alpha"_s};
    FakeHost beta{u"beta"_s};

    Hosts() { FakePeers::join(alpha.peers, beta.peers); }
    Hosts(const Holding& atAlpha, const Holding& atBeta) : Hosts{}
    {
        arrange(alpha, atAlpha);
        arrange(beta, atBeta);
    }
    static void arrange(FakeHost& host, const Holding& holding)
    {
        if (holding.known)
            host.put(host.record(holding.role, holding.state, holding.epoch));
        if (holding.runs)
            host.putDomain().coloMode =
                holding.role == Role::Primary ? u"primary"_s : u"secondary"_s;
    }
    void settle()
    {
        for (int i = 0; i < 2; ++i) { // each may have given the other something to do
            alpha.settle();
            beta.settle();
        }
    }
    void meet()
    {
        alpha.peers.setConnected(false);
        beta.peers.setConnected(false);
        alpha.peers.setConnected(true);
        beta.peers.setConnected(true);
        settle();
    }
    [[nodiscard]] int live()
    {
        return int(alpha.hypervisor.runs(webUuid())) + int(beta.hypervisor.runs(webUuid()));
    }
};

using enum PairState;
constexpr auto primary = Role::Primary;
constexpr auto secondary = Role::Secondary;

} // namespace

class MeetingTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void leavesAProtectedPairAlone();
    void agreesAfterATakeover();
    void agreesAfterGoingOnAlone();
    void discardsAShadowOfAnUnprotectedDomain();
    void keepsTheOnlyCopyThatIsLeft();
    void keepsTheShadowOfAPrimaryThatYielded();
    void touchesNothingWhenBothWentOn();
    void tellsThatTheShadowIsGone();
    void actsOnceOnCrossingComparisons();
    void staysAgreedWhenMeetingAgain();
    void ignoresAViewFromBeforeATakeover();
    void leavesADomainToItsJob();
    void tellsAStrangerNothing();
    void yieldsOnlyToTheShadowInStep();
    void yieldsTwice();
    void doesNotYieldDuringAJob();
};

void MeetingTest::leavesAProtectedPairAlone()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, secondary, Protected, 1}};
    hosts.meet();
    QCOMPARE(hosts.alpha.state(), toString(Protected));
    QCOMPARE(hosts.beta.state(), toString(Protected));
    QCOMPARE(hosts.live(), 2);
}

void MeetingTest::agreesAfterATakeover()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, primary, Alone, 2}};
    hosts.meet();
    QCOMPARE(hosts.alpha.state(), toString(Stale));
    QCOMPARE(hosts.alpha.pairs.find(webUuid())->epoch, Epoch{2});
    QVERIFY(!hosts.alpha.hypervisor.runs(webUuid()));
    QVERIFY(hosts.alpha.journal.indexOf(u"store stale 2"_s)
            < hosts.alpha.journal.indexOf(u"destroy"_s));
    QCOMPARE(hosts.beta.state(), toString(Alone));
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
}

void MeetingTest::agreesAfterGoingOnAlone()
{
    Hosts hosts{{true, primary, Alone, 2}, {true, secondary, Protected, 1}};
    hosts.meet();
    QCOMPARE(hosts.alpha.state(), toString(Alone));
    QVERIFY(hosts.alpha.hypervisor.runs(webUuid()));
    QVERIFY(!hosts.beta.has());
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
}

void MeetingTest::discardsAShadowOfAnUnprotectedDomain()
{
    Hosts hosts{{false, primary, Off, 0, true}, {true, secondary, Protected, 1}};
    hosts.meet();
    QVERIFY(!hosts.beta.has());
    QCOMPARE(hosts.live(), 1);
}

void MeetingTest::keepsTheOnlyCopyThatIsLeft()
{
    // alpha was reinstalled, or its store was lost: beta's shadow is all there is.
    Hosts hosts{{false, primary, Off, 0, false}, {true, secondary, Protected, 1}};
    hosts.meet();
    QCOMPARE(hosts.beta.state(), toString(Protected));
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
}

void MeetingTest::keepsTheShadowOfAPrimaryThatYielded()
{
    // alpha gave way; then beta's daemon died, or could not save, before its takeover counted.
    Hosts hosts{{true, primary, Stale, 2, false}, {true, secondary, Protected, 1}};
    hosts.meet();
    QCOMPARE(hosts.beta.state(), toString(Protected));
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
}

void MeetingTest::touchesNothingWhenBothWentOn()
{
    Hosts hosts{{true, primary, Alone, 2}, {true, primary, Alone, 2}};
    hosts.meet();
    QCOMPARE(hosts.live(), 2);
    for (const auto* const host : {&hosts.alpha, &hosts.beta}) {
        QCOMPARE(host->state(), toString(Alone));
        QVERIFY2(host->pairs.find(webUuid())->reason.contains(u"both hosts"),
                 "somebody has to decide");
    }
}

void MeetingTest::tellsThatTheShadowIsGone()
{
    Hosts hosts{{true, primary, Protected, 1}, {false, secondary, Off, 0, false}};
    hosts.meet();
    QCOMPARE(hosts.alpha.state(), toString(Interrupted));
    QVERIFY(hosts.alpha.pairs.find(webUuid())->reason.contains(u"continue-alone"));
    QVERIFY(hosts.alpha.hypervisor.runs(webUuid()));
}

void MeetingTest::actsOnceOnCrossingComparisons()
{
    Hosts hosts{{true, primary, Interrupted, 1}, {true, primary, Merging, 2}};
    auto fromAlpha = hosts.alpha.meeting.compare(webUuid());
    auto fromBeta = hosts.beta.meeting.compare(webUuid());
    QVERIFY(QCoro::waitFor(std::move(fromAlpha)));
    QVERIFY(QCoro::waitFor(std::move(fromBeta)));
    hosts.settle();
    QCOMPARE(hosts.alpha.state(), toString(Stale));
    QCOMPARE(hosts.beta.state(), toString(Merging));
    QCOMPARE(hosts.live(), 1);
}

void MeetingTest::staysAgreedWhenMeetingAgain()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, primary, Alone, 2}};
    hosts.meet();
    const auto alpha = hosts.alpha.pairs.find(webUuid())->toJson();
    const auto beta = hosts.beta.pairs.find(webUuid())->toJson();
    hosts.meet();
    hosts.meet();
    QCOMPARE(hosts.alpha.pairs.find(webUuid())->toJson(), alpha);
    QCOMPARE(hosts.beta.pairs.find(webUuid())->toJson(), beta);
}

void MeetingTest::ignoresAViewFromBeforeATakeover()
{
    // alpha's comparison comes late, sent while it still believed that it was protected.
    Hosts hosts{{true, primary, Protected, 1}, {true, primary, Alone, 2}};
    QJsonObject late = TheirView{true, primary, Protected, {1}, true}.toJson();
    late.insert(u"uuid"_s, toString(webUuid()));
    QVERIFY(QCoro::waitFor(hosts.beta.meeting.answer(hosts.alpha.peers.ownId(), late)));
    hosts.settle();
    QCOMPARE(hosts.beta.state(), toString(Alone));
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
}

void MeetingTest::leavesADomainToItsJob()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, primary, Alone, 2}};
    QVERIFY(hosts.alpha.jobs.start(u"continue-alone"_s, webUuid(), u"web"_s, false));
    hosts.meet();
    QCOMPARE(hosts.alpha.state(), toString(Protected));
    QVERIFY(hosts.alpha.hypervisor.runs(webUuid()));
}

void MeetingTest::tellsAStrangerNothing()
{
    Hosts hosts{{true, primary, Alone, 2}, {false, primary, Off, 0, false}};
    QJsonObject request = TheirView{true, primary, Alone, {99}, true}.toJson();
    request.insert(u"uuid"_s, toString(webUuid()));
    const auto answer = QCoro::waitFor(hosts.alpha.meeting.answer({QString(64, u'e')}, request));
    hosts.settle();
    QVERIFY(answer);
    QVERIFY(!answer->value(u"known").toBool());
    QVERIFY(!answer->value(u"domain-runs").toBool());
    QCOMPARE(hosts.alpha.state(), toString(Alone));
    QCOMPARE(QCoro::waitFor(
                 hosts.alpha.meeting.yield({QString(64, u'e')},
                                           {{u"uuid"_s, toString(webUuid())}, {u"epoch"_s, 99}}))
                 .error()
                 .code(),
             Errc::UnknownPair);
}

namespace {

Result<QJsonObject> askToYield(Hosts& hosts, quint64 epoch)
{
    return QCoro::waitFor(hosts.beta.peers.call(
        hosts.beta.peers.other.id, u"primary.yield"_s,
        {{u"uuid"_s, toString(webUuid())}, {u"epoch"_s, qint64(epoch)}}, Peers::usualDeadline));
}

} // namespace

void MeetingTest::yieldsOnlyToTheShadowInStep()
{
    for (const auto state : {Preparing, Copying, Undoing, Merging, Alone, Off}) {
        Hosts hosts{{true, primary, state, 1}, {true, secondary, Protected, 1}};
        QCOMPARE(askToYield(hosts, 1).error().code(), Errc::WrongRole);
        QVERIFY(hosts.alpha.hypervisor.runs(webUuid()));
        QCOMPARE(hosts.alpha.state(), toString(state));
    }
    Hosts newer{{true, primary, Protected, 3}, {true, secondary, Protected, 1}};
    QCOMPARE(askToYield(newer, 1).error().code(), Errc::WrongRole);
    QVERIFY(newer.alpha.hypervisor.runs(webUuid()));
}

void MeetingTest::yieldsTwice()
{
    // beta's first takeover did not get further than this; its second must not be refused.
    Hosts hosts{{true, primary, Protected, 1}, {true, secondary, Protected, 1}};
    QVERIFY(askToYield(hosts, 1));
    QCOMPARE(hosts.alpha.state(), toString(Stale));
    QVERIFY(!hosts.alpha.hypervisor.runs(webUuid()));
    QVERIFY(askToYield(hosts, 1));
    QCOMPARE(hosts.alpha.pairs.find(webUuid())->epoch, Epoch{2});
}

void MeetingTest::doesNotYieldDuringAJob()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, secondary, Protected, 1}};
    QVERIFY(hosts.alpha.jobs.start(u"continue-alone"_s, webUuid(), u"web"_s, false));
    QCOMPARE(askToYield(hosts, 1).error().code(), Errc::Busy);
    QVERIFY(hosts.alpha.hypervisor.runs(webUuid()));
}

QTEST_GUILESS_MAIN(MeetingTest)
#include "MeetingTest.moc"
