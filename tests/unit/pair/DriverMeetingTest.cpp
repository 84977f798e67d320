// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;
using enum PairState;

namespace {

/// What one host holds when the two meet.
struct Holding
{
    bool known{true};
    Role role{Role::Primary};
    PairState state{Protected};
    quint64 epoch{1};
    bool runs{true};
};

struct Hosts : TwoHosts
{
    Hosts(const Holding& atAlpha, const Holding& atBeta) : TwoHosts{ArbiterKind::Manual, false}
    {
        arrange(alpha, atAlpha);
        arrange(beta, atBeta);
        begin();
    }
    static void arrange(FakeHost& host, const Holding& holding)
    {
        if (holding.known)
            host.put(host.record(holding.role, holding.state, holding.epoch));
        if (!holding.runs)
            return;
        auto& qemu = host.putDomain();
        const bool engaged = holding.known && host.pairs.find(webUuid())->isEngaged();
        if (engaged && holding.role == Role::Primary) {
            qemu.coloMode = u"primary"_s;
            qemu.migration = u"colo"_s;
        } else if (engaged) {
            qemu.coloMode = u"secondary"_s;
            qemu.status = u"paused"_s;
        }
    }
    /// Both have heard what the other one holds.
    [[nodiscard]] bool met()
    {
        const auto heard = [](FakeHost& host) {
            return !host.driver() || host.driver()->mind().theirs.heard;
        };
        return QTest::qWaitFor([&] { return heard(alpha) && heard(beta); }, deadline);
    }
    [[nodiscard]] bool runs(FakeHost& host) { return host.hypervisor.runs(webUuid()); }
};

constexpr auto primary = Role::Primary;
constexpr auto secondary = Role::Secondary;

} // namespace

/// Two hosts that were apart hear each other again, each with what it holds.
class DriverMeetingTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void leavesAProtectedPairAlone();
    void agreesAfterATakeover();
    void agreesAfterATakeoverWhileItWasOff();
    void agreesAfterGoingOnAlone();
    void discardsAShadowOfAnUnprotectedDomain();
    void keepsTheOnlyCopyThatIsLeft();
    void takesOverFromAPrimaryThatYielded();
    void touchesNothingWhenBothWentOn();
    void goesOnWhenTheShadowIsGone();
    void keepsAnOldDefinition();
    void ignoresAWordFromBeforeATakeover();
    void staysAgreedWhenMeetingAgain();
    void saysNothingBeforeItHasLooked();
    void takesAPeerThatSaysNothingForGone();
};

void DriverMeetingTest::leavesAProtectedPairAlone()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, secondary, Protected, 1}};
    QVERIFY(hosts.met());
    QVERIFY2(hosts.come(u"primary protected 1"_s, u"secondary protected 1"_s), hosts.text());
    QVERIFY(hosts.runs(hosts.alpha) && hosts.runs(hosts.beta));
}

void DriverMeetingTest::agreesAfterATakeover()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, primary, Alone, 2}};
    QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), hosts.text());
    QTRY_VERIFY(!hosts.runs(hosts.alpha));
    QVERIFY(hosts.alpha.did(u"store stale 2"_s, u"destroy"_s));
    QVERIFY(hosts.runs(hosts.beta));
    QCOMPARE(hosts.alpha.guard(), u"refuse"_s);
    QVERIFY(hosts.alpha.reason().contains(u"beta has taken the domain over"));
}

void DriverMeetingTest::agreesAfterATakeoverWhileItWasOff()
{
    Hosts hosts{{true, primary, Protected, 1, false}, {true, primary, Merging, 2}};
    QTRY_COMPARE(hosts.alpha.standing(), u"primary stale 2"_s);
    QVERIFY(hosts.runs(hosts.beta));
    QVERIFY(hosts.beta.standing().startsWith(u"primary"));
}

void DriverMeetingTest::agreesAfterGoingOnAlone()
{
    Hosts hosts{{true, primary, Alone, 2}, {true, secondary, Protected, 1}};
    QVERIFY2(hosts.come(u"primary alone 2"_s, u"none"_s), hosts.text());
    QVERIFY(hosts.runs(hosts.alpha) && !hosts.runs(hosts.beta));
}

void DriverMeetingTest::discardsAShadowOfAnUnprotectedDomain()
{
    Hosts hosts{{false, primary, Off, 0, true}, {true, secondary, Protected, 1}};
    QVERIFY2(hosts.come(u"none"_s, u"none"_s), hosts.text());
    QVERIFY(hosts.runs(hosts.alpha) && !hosts.runs(hosts.beta));
}

void DriverMeetingTest::keepsTheOnlyCopyThatIsLeft()
{
    // alpha was reinstalled, or its store was lost: beta's shadow is all there is.
    Hosts hosts{{false, primary, Off, 0, false}, {true, secondary, Protected, 1}};
    QVERIFY(hosts.met());
    QTRY_VERIFY(!hosts.beta.driver()->mind().waiting);
    QVERIFY(hosts.runs(hosts.beta));
    QVERIFY2(hosts.beta.standing().startsWith(u"secondary"), hosts.text());
    QVERIFY(hosts.beta.state() != u"undoing");
    hosts.alpha.peers.setLink(false); // then it can be taken into use
    QTRY_COMPARE(hosts.beta.state(), u"interrupted"_s);
    (void)hosts.beta.driver()->want(u"takeover"_s, Wish::TakeOver);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.standing(), u"primary alone 2"_s, TwoHosts::deadline);
}

void DriverMeetingTest::takesOverFromAPrimaryThatYielded()
{
    // alpha gave way; then beta's daemon died, or could not save, before its takeover counted.
    Hosts hosts{{true, primary, Stale, 2, false}, {true, secondary, Protected, 1}};
    QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), hosts.text());
    QCOMPARE(hosts.live(), 1);
}

void DriverMeetingTest::touchesNothingWhenBothWentOn()
{
    // Somebody told both of them to, and has to choose.
    Hosts hosts{{true, primary, Alone, 2}, {true, primary, Alone, 2}};
    QVERIFY(hosts.met());
    QVERIFY(hosts.runs(hosts.alpha) && hosts.runs(hosts.beta));
    QVERIFY2(hosts.come(u"primary alone 2"_s, u"primary alone 2"_s), hosts.text());
    QVERIFY(!hosts.alpha.journal.contains(u"destroy"_s));
    QVERIFY(!hosts.beta.journal.contains(u"destroy"_s));
}

void DriverMeetingTest::goesOnWhenTheShadowIsGone()
{
    Hosts hosts{{true, primary, Protected, 1}, {false, secondary, Off, 0, false}};
    QVERIFY2(hosts.come(u"primary alone 2"_s, u"none"_s), hosts.text());
    QCOMPARE(hosts.live(), 1);
}

void DriverMeetingTest::keepsAnOldDefinition()
{
    Hosts hosts{{true, primary, Alone, 2}, {true, secondary, Stale, 1, false}};
    QVERIFY(hosts.met());
    QCOMPARE(hosts.beta.standing(), u"secondary stale 1"_s);
    QCOMPARE(hosts.alpha.standing(), u"primary alone 2"_s);
}

void DriverMeetingTest::ignoresAWordFromBeforeATakeover()
{
    // alpha's heartbeat comes late, sent while it still believed that it was protected.
    Hosts hosts{{true, primary, Stale, 2, false}, {true, primary, Alone, 2}};
    QVERIFY(hosts.met());
    TheirWord late;
    late.known = late.heard = true;
    late.state = Protected;
    late.epoch = 1;
    late.qemu = QemuSense::Colo;
    hosts.beta.driver()->happen(TheySaid{late});
    QVERIFY(hosts.runs(hosts.beta));
    QCOMPARE(hosts.beta.standing(), u"primary alone 2"_s);
}

void DriverMeetingTest::staysAgreedWhenMeetingAgain()
{
    Hosts hosts{{true, primary, Protected, 1}, {true, primary, Alone, 2}};
    QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), hosts.text());
    QTRY_VERIFY(!hosts.runs(hosts.alpha));
    for (int i = 0; i < 3; ++i) {
        hosts.alpha.peers.setLink(false);
        QTRY_VERIFY(!hosts.alpha.driver()->mind().theirs.heard);
        hosts.alpha.peers.setLink(true);
        QVERIFY(hosts.met());
    }
    QCOMPARE(hosts.alpha.standing(), u"primary stale 2"_s);
    QCOMPARE(hosts.beta.standing(), u"primary alone 2"_s);
    QVERIFY(hosts.runs(hosts.beta));
}

void DriverMeetingTest::saysNothingBeforeItHasLooked()
{
    // A daemon that has not asked libvirt yet would say that nothing runs there.
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.putProtected());
    hosts.alpha.load();
    hosts.beta.begin();
    const auto released = QCoro::waitFor(hosts.alpha.peers.ask(
        hosts.beta.peers.ownId(), u"pair.let-go"_s,
        {{u"uuid"_s, toString(webUuid())}, {u"epoch"_s, 1}, {u"for"_s, u"takeover"_s}}));
    QVERIFY(!released || !(*released)[u"agreed"].toBool());
    QVERIFY(!hosts.beta.driver()->mind().theirs.heard);
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
}

void DriverMeetingTest::takesAPeerThatSaysNothingForGone()
{
    // Nothing was heard since the daemon's start: a shadow cannot wait for ever for its primary.
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.putProtected());
    hosts.beta.peers.setHealth(PeerHealth::Unknown);
    hosts.alpha.hypervisor.end(webUuid(), FakeHypervisor::Ending::Died);
    hosts.beta.begin();
    QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.standing(), u"primary alone 2"_s, TwoHosts::deadline);
}

QTEST_GUILESS_MAIN(DriverMeetingTest)
#include "DriverMeetingTest.moc"
