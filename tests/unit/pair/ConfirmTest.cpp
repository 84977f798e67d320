// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;
using enum PairState;

/// From when on a shadow may take over.
class ConfirmTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void confirmsOnlyAShadowInStep();
    void confirmsOnlyUnderItsEpoch();
    void doesNotConfirmWhatIsDiscardedMeanwhile();
};

void ConfirmTest::confirmsOnlyAShadowInStep()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    hosts.beta.begin();
    QVERIFY(hosts.prepare(1));
    QCOMPARE(hosts.askBeta(u"shadow.confirm"_s).error().code(), Errc::NotInStep);
    QCOMPARE(hosts.beta.state(), toString(Copying));
    hosts.beta.qemu().coloMode = u"secondary"_s;
    QVERIFY(hosts.askBeta(u"shadow.confirm"_s));
    QCOMPARE(hosts.beta.state(), toString(Protected));
    QVERIFY(hosts.askBeta(u"shadow.confirm"_s)); // asked again, the answer was lost
}

void ConfirmTest::confirmsOnlyUnderItsEpoch()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    hosts.beta.begin();
    QCOMPARE(hosts.askBeta(u"shadow.confirm"_s).error().code(), Errc::UnknownPair);
    QVERIFY(hosts.prepare(2));
    hosts.beta.qemu().coloMode = u"secondary"_s;
    QCOMPARE(hosts.askBeta(u"shadow.confirm"_s, {{u"epoch"_s, 1}}).error().code(), Errc::NotInStep);
    QCOMPARE(hosts.beta.state(), toString(Copying));
}

void ConfirmTest::doesNotConfirmWhatIsDiscardedMeanwhile()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    hosts.beta.begin();
    QVERIFY(hosts.prepare(1));
    hosts.beta.qemu().coloMode = u"secondary"_s;
    const OneShot<bool> held;
    hosts.beta.qemu().hold = held;
    auto asked = hosts.beta.peers.ask(hosts.alpha.peers.ownId(), u"shadow.confirm"_s,
                                      {{u"uuid"_s, toString(webUuid())}, {u"epoch"_s, 1}});
    QTRY_VERIFY(!hosts.beta.qemu().hold);
    hosts.beta.peers.setHealth(PeerHealth::Gone, u"no heartbeats"_s);
    QTRY_VERIFY(!hosts.beta.has());
    (void)QCoro::waitFor(pause(50ms)); // for a driver that does not know that it is used
    held.complete(true);
    QVERIFY(!QCoro::waitFor(std::move(asked)));
    QTRY_VERIFY(!hosts.beta.drivers->find(webUuid()));
}

QTEST_GUILESS_MAIN(ConfirmTest)
#include "ConfirmTest.moc"
