// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;
using Ending = FakeHypervisor::Ending;

/// Saved, then done: what cannot be saved is not done, nor said, nor asked for.
class DriverSaveTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void asksForNothingThatIsNotSaved_data();
    void asksForNothingThatIsNotSaved();
    void goesLiveOnlyOnceItIsSaved();
    void doesNotLetGoUnsaved();
    void saysNothingThatIsNotSaved();
    void savesEachStepBeforeItIsDone();
    void refusesStartsBeforeItIsSaved();
};

void DriverSaveTest::asksForNothingThatIsNotSaved_data()
{
    QTest::addColumn<bool>("onAlpha");
    QTest::newRow("primary") << true;
    QTest::newRow("secondary") << false;
}

void DriverSaveTest::asksForNothingThatIsNotSaved()
{
    QFETCH(const bool, onAlpha);
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    auto& host = onAlpha ? hosts.alpha : hosts.beta;
    auto& other = onAlpha ? hosts.beta : hosts.alpha;
    other.arbiter.unreachable = true;
    host.store.full = true;
    hosts.alpha.peers.setLink(false);
    QTRY_VERIFY(host.store.refusals > 1); // it tries, and tries again
    QCOMPARE(host.arbiter.claims, 0);
    QVERIFY(!host.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
    QCOMPARE(hosts.granted(), u"alpha 1 in step"_s);
    QCOMPARE(host.state(), u"protected"_s); // what is shown is what is saved
    host.store.full = false;
    QTRY_COMPARE_WITH_TIMEOUT(host.standing(), u"primary alone 2"_s, TwoHosts::deadline);
    QCOMPARE(hosts.live(), 1);
}

void DriverSaveTest::goesLiveOnlyOnceItIsSaved()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.records.before = [&hosts](Claim& claim) {
        if (claim.kind == ClaimKind::Takeover)
            hosts.beta.store.full = true; // from now on
    };
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.granted(), u"beta 2"_s, TwoHosts::deadline);
    QTRY_VERIFY(hosts.beta.store.refusals > 1);
    QVERIFY(!hosts.beta.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
    QCOMPARE(hosts.live(), 0);
    QVERIFY(hosts.beta.pairs.find(webUuid())->claimed); // found out about after a restart
    QCOMPARE(hosts.beta.guard(), u"refuse"_s);
    hosts.alpha.records.before = {};
    hosts.beta.store.full = false;
    QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.standing(), u"primary alone 2"_s, TwoHosts::deadline);
}

void DriverSaveTest::doesNotLetGoUnsaved()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected());
    hosts.beta.store.full = true;
    (void)hosts.alpha.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QTRY_VERIFY(hosts.beta.store.refusals > 1);
    QVERIFY(!hosts.alpha.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
    hosts.beta.store.full = false;
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), u"primary alone 2"_s, TwoHosts::deadline);
    QTRY_VERIFY(!hosts.beta.has());
}

void DriverSaveTest::saysNothingThatIsNotSaved()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.store.full = true;
    hosts.beta.hypervisor.end(webUuid(), Ending::Died);
    QTRY_VERIFY(hosts.alpha.driver()->mind().state == PairState::Interrupted);
    const auto word = hosts.alpha.driver()->word();
    QCOMPARE(toString(word.state), u"protected"_s);
    QCOMPARE(word.epoch, quint64{1});
    QVERIFY(!word.sole);
    hosts.alpha.store.full = false;
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"alone"_s, TwoHosts::deadline);
}

void DriverSaveTest::savesEachStepBeforeItIsDone()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), hosts.text());
    const auto& journal = hosts.beta.journal;
    qsizetype at = -1;
    for (const auto& step :
         {u"store interrupted 1"_s, u"arbiter takeover 2"_s, u"store taking-over 2"_s,
          u"qmp x-colo-lost-heartbeat"_s, u"store merging 2"_s, u"define"_s, u"store alone 2"_s}) {
        const auto next = journal.indexOf(step, at + 1);
        QVERIFY2(next > at, step.toUtf8() + '\n' + hosts.text());
        at = next;
    }
}

void DriverSaveTest::refusesStartsBeforeItIsSaved()
{
    // In between, nobody can start what the other host may run.
    TwoHosts hosts{ArbiterKind::Etcd};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    QStringList seen;
    QObject::connect(&hosts.alpha.pairs, &PairTable::changed, &hosts.alpha.pairs, [&hosts, &seen] {
        const auto record = hosts.alpha.pairs.find(webUuid());
        // The record is saved, what follows has not been done.
        if (!record->sole && hosts.alpha.guard() != u"refuse")
            seen.append(
                u"%1, not sole, guard '%2'"_s.arg(toString(record->state), hosts.alpha.guard()));
    });
    (void)driver->want(u"protect"_s, Wish::Protect);
    QVERIFY2(hosts.come(u"primary protected 1"_s, u"secondary protected 1"_s), hosts.text());
    QCOMPARE(seen, QStringList{});
    // Allowed only after it is saved that this host alone runs it.
    hosts.alpha.store.full = true;
    hosts.beta.hypervisor.end(webUuid(), Ending::Died);
    QTRY_VERIFY(hosts.alpha.store.refusals > 1);
    QCOMPARE(hosts.alpha.guard(), u"refuse"_s);
    hosts.alpha.store.full = false;
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"alone"_s, TwoHosts::deadline);
    QCOMPARE(hosts.alpha.guard(), u"allow"_s);
}

QTEST_GUILESS_MAIN(DriverSaveTest)
#include "DriverSaveTest.moc"
