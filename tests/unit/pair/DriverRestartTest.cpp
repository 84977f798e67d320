// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;
using Ending = FakeHypervisor::Ending;

namespace {

/// One daemon that dies, as far as anybody can see: from one moment on it does nothing more.
class Death
{
public:
    explicit Death(FakeHost& host) : m_host{host} { }
    /// As soon as `state` is saved.
    void after(PairState state)
    {
        m_connection =
            QObject::connect(&m_host.pairs, &PairTable::changed, &m_host.pairs, [this, state] {
                if (!m_dead && m_host.state() == toString(state))
                    now();
            });
    }
    void now()
    {
        m_dead = true;
        m_host.drivers->stop();
        m_host.peers.fallSilent();
        m_host.peers.setConnected(false);
        if (m_host.hypervisor.runs(webUuid()))
            m_host.qemu().deafFrom = 0;
        m_host.store.full = true;
    }
    [[nodiscard]] bool isDead() const { return m_dead; }
    void riseAgain()
    {
        QObject::disconnect(m_connection);
        m_host.end();
        m_host.store.full = false;
        if (m_host.hypervisor.runs(webUuid()))
            m_host.qemu().deafFrom.reset();
        m_host.peers.setConnected(true);
        m_host.begin();
    }

private:
    FakeHost& m_host;
    QMetaObject::Connection m_connection;
    bool m_dead{false};
};

} // namespace

/// A daemon dies anywhere, and its next life ends what it had begun.
class DriverRestartTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsAProtectedPair();
    void endsAProtection_data();
    void endsAProtection();
    void endsATakeover_data();
    void endsATakeover();
    void endsATakeoverFromAnyCommand();
    void endsGoingOnAlone_data();
    void endsGoingOnAlone();
    void mergesAndDefinesOnlyWhatIsWhole();
    void forgetsGuardsOfPairsThatAreNotThere();
};

void DriverRestartTest::keepsAProtectedPair()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    for (auto* const host : {&hosts.alpha, &hosts.beta, &hosts.alpha}) {
        host->end();
        host->begin();
        QTRY_VERIFY(host->driver()->mind().theirs.qemu == QemuSense::Colo);
    }
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
    QCOMPARE(hosts.beta.standing(), u"secondary protected 1"_s);
    QCOMPARE(hosts.alpha.arbiter.claims + hosts.beta.arbiter.claims, 0);
    QVERIFY(!hosts.alpha.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
}

void DriverRestartTest::endsAProtection_data()
{
    QTest::addColumn<bool>("onAlpha");
    QTest::addColumn<PairState>("state");
    QTest::addColumn<bool>("getsThere");
    using enum PairState;
    QTest::newRow("primary preparing") << true << Preparing << false;
    QTest::newRow("primary copying") << true << Copying << false;
    QTest::newRow("primary confirming") << true << Confirming << true;
    QTest::newRow("primary protected") << true << Protected << true;
    QTest::newRow("secondary copying") << false << Copying << false;
    QTest::newRow("secondary protected") << false << Protected << true;
}

void DriverRestartTest::endsAProtection()
{
    QFETCH(const bool, onAlpha);
    QFETCH(const PairState, state);
    QFETCH(const bool, getsThere);
    TwoHosts hosts{ArbiterKind::Etcd};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    Death death{onAlpha ? hosts.alpha : hosts.beta};
    death.after(state);
    (void)driver->want(u"protect"_s, Wish::Protect);
    QTRY_VERIFY_WITH_TIMEOUT(death.isDead(), TwoHosts::deadline);
    death.riseAgain();
    if (getsThere) {
        QVERIFY2(hosts.come(u"primary protected 1"_s, u"secondary protected 1"_s), hosts.text());
        QCOMPARE(hosts.granted(), u"alpha 1 in step"_s);
        return;
    }
    const auto isOver = [&hosts] {
        return hosts.alpha.state() != u"undoing" && hosts.alpha.state() != u"copying"
            && hosts.alpha.state() != u"preparing" && !hosts.beta.has() && hosts.live() == 1;
    };
    QVERIFY2(QTest::qWaitFor(isOver, TwoHosts::deadline), hosts.text());
    QTRY_COMPARE(hosts.alpha.trace(), QString{});
    QVERIFY(!hosts.alpha.qemu().ranParked);
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
    QVERIFY(hosts.alpha.guard() != u"refuse");
}

void DriverRestartTest::endsATakeover_data()
{
    QTest::addColumn<ArbiterKind>("arbiter");
    QTest::addColumn<bool>("onAlpha");
    QTest::addColumn<PairState>("state");
    using enum PairState;
    for (const auto kind : {ArbiterKind::Manual, ArbiterKind::Etcd}) {
        const auto row = [kind](bool onAlpha, PairState state) {
            QTest::addRow("%s, %s %s", qPrintable(nameOf(kind)), onAlpha ? "primary" : "secondary",
                          qPrintable(toString(state)))
                << kind << onAlpha << state;
        };
        row(false, Interrupted);
        row(false, TakingOver);
        row(false, Merging);
        row(true, Interrupted);
        row(true, Stale);
    }
}

void DriverRestartTest::endsATakeover()
{
    QFETCH(const ArbiterKind, arbiter);
    QFETCH(const bool, onAlpha);
    QFETCH(const PairState, state);
    TwoHosts hosts{arbiter, false};
    QVERIFY(hosts.beginProtected());
    Death death{onAlpha ? hosts.alpha : hosts.beta};
    death.after(state);
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QTRY_VERIFY_WITH_TIMEOUT(death.isDead(), TwoHosts::deadline);
    death.riseAgain();
    QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), hosts.text());
    QCOMPARE(hosts.live(), 1);
    QVERIFY(!hosts.beta.qemu().ranParked && !hosts.beta.qemu().aborted);
    QCOMPARE(hosts.beta.trace(), u"lockstep-net0-rewriter"_s);
    QCOMPARE(hosts.beta.guard(), u"allow"_s);
    QCOMPARE(hosts.alpha.guard(), u"refuse"_s);
}

void DriverRestartTest::endsATakeoverFromAnyCommand()
{
    // The daemon dies at each command of QEMU's in turn; its next life runs the rest.
    int command = 0;
    for (bool died = true; died; ++command) {
        TwoHosts hosts{ArbiterKind::Etcd, false};
        QVERIFY(hosts.beginProtected());
        auto& qemu = hosts.beta.qemu();
        const int at = qemu.commands + command;
        Death death{hosts.beta};
        died = false;
        qemu.seen = [&](int number) {
            if (number != at)
                return;
            died = true;
            death.now();
        };
        hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
        const auto isThrough = [&] { return died || hosts.beta.standing() == u"primary alone 2"; };
        QVERIFY2(QTest::qWaitFor(isThrough, TwoHosts::deadline), hosts.text());
        qemu.seen = {};
        if (died)
            death.riseAgain();
        const QByteArray text = "at command " + QByteArray::number(command) + '\n';
        QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), text + hosts.text());
        QCOMPARE(qemu.status, u"running"_s);
        QVERIFY2(!qemu.ranParked && !qemu.aborted, text);
        QCOMPARE(hosts.beta.trace(), u"lockstep-net0-rewriter"_s);
    }
    QVERIFY(command > 15);
}

void DriverRestartTest::endsGoingOnAlone_data()
{
    QTest::addColumn<ArbiterKind>("arbiter");
    QTest::addColumn<PairState>("state");
    for (const auto kind : {ArbiterKind::Manual, ArbiterKind::Etcd}) {
        for (const auto state : {PairState::Interrupted, PairState::Undoing})
            QTest::addRow("%s, %s", qPrintable(nameOf(kind)), qPrintable(toString(state)))
                << kind << state;
    }
}

void DriverRestartTest::endsGoingOnAlone()
{
    QFETCH(const ArbiterKind, arbiter);
    QFETCH(const PairState, state);
    TwoHosts hosts{arbiter, false};
    QVERIFY(hosts.beginProtected());
    Death death{hosts.alpha};
    death.after(state);
    hosts.beta.hypervisor.end(webUuid(), Ending::Died);
    QTRY_VERIFY_WITH_TIMEOUT(death.isDead(), TwoHosts::deadline);
    death.riseAgain();
    const auto isOver = [&hosts] { return hosts.alpha.state() == u"alone" && !hosts.beta.has(); };
    QVERIFY2(QTest::qWaitFor(isOver, TwoHosts::deadline), hosts.text());
    QCOMPARE(hosts.alpha.trace(), QString{});
    QCOMPARE(hosts.live(), 1);
    QVERIFY(!hosts.alpha.qemu().ranParked);
}

void DriverRestartTest::mergesAndDefinesOnlyWhatIsWhole()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.beta.qemu().refused = u"blockdev-del"_s; // the layers cannot be taken out
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.state(), u"merging"_s, TwoHosts::deadline);
    QTRY_VERIFY(hosts.beta.driver()->mind().waiting); // for its next attempt
    QVERIFY2(hosts.beta.hypervisor.defined.isEmpty(),
             "a start from the replica alone would lose writes");
    QTRY_VERIFY2(hosts.beta.reason().contains(u"not plain yet"), qPrintable(hosts.beta.reason()));
    hosts.beta.end();
    hosts.beta.qemu().refused.clear();
    hosts.beta.begin();
    QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.state(), u"alone"_s, TwoHosts::deadline);
    QCOMPARE(hosts.beta.hypervisor.defined.size(), 1);
    QCOMPARE(hosts.live(), 1);
}

void DriverRestartTest::forgetsGuardsOfPairsThatAreNotThere()
{
    FakeHost host{u"alpha"_s};
    StartGuard guard{host.config.store.directory + u"/starts"_s};
    QVERIFY(guard.refuse(webUuid(), u"left by a daemon that died between two writes"_s));
    host.begin();
    QCOMPARE(host.guard(), QString{});
}

QTEST_GUILESS_MAIN(DriverRestartTest)
#include "DriverRestartTest.moc"
