// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Suspension.h"

#include "fakes/TwoHosts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

struct Hosts : TwoHosts
{
    Hosts() : TwoHosts{ArbiterKind::Manual, false} { }

    [[nodiscard]] bool begin()
    {
        if (!beginProtected())
            return false;
        for (auto* const host : {&alpha, &beta})
            host->qemu().status = u"running"_s;
        onAlpha.emplace(alpha.parts, alpha.tasks);
        onBeta.emplace(beta.parts, beta.tasks);
        return true;
    }
    /// As virsh does.
    void suspendAlpha()
    {
        alpha.qemu().status = u"paused"_s;
        alpha.qemu().event(u"STOP"_s);
    }
    void resumeAlpha()
    {
        alpha.qemu().status = u"running"_s;
        alpha.qemu().event(u"RESUME"_s);
    }
    /// As QEMU does: whoever runs is stopped, and both run afterwards.
    void checkpoint()
    {
        for (auto* const host : {&beta, &alpha}) {
            if (host->qemu().status == u"running")
                host->qemu().event(u"STOP"_s);
            host->qemu().status = u"running"_s;
            host->qemu().event(u"RESUME"_s);
        }
    }
    [[nodiscard]] bool isSuspended(FakeHost& host)
    {
        return host.pairs.find(webUuid())->suspended && host.qemu().status == u"paused"_s;
    }
    [[nodiscard]] bool bothSuspended() { return isSuspended(alpha) && isSuspended(beta); }
    [[nodiscard]] bool runs(FakeHost& host)
    {
        return !host.pairs.find(webUuid())->suspended && host.qemu().status == u"running"_s;
    }

    std::optional<Suspension> onAlpha;
    std::optional<Suspension> onBeta;
};

} // namespace

/// A guest that somebody has suspended while it is protected.
class SuspensionTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theShadowStandsStillWithIt();
    void checkpointsDoNotResumeIt();
    void peopleResumeIt();
    void peopleResumeItThoughCheckpointsFollow();
    void runsIfTheOtherHostDoesNotTell();
    void isSeenByADaemonThatStartsLater();
    void isForgottenWhenProtectionEnds();
    void aCheckpointIsNoSuspension();
};

void SuspensionTest::theShadowStandsStillWithIt()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.suspendAlpha();
    QTRY_VERIFY(hosts.bothSuspended());
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
    QCOMPARE(hosts.beta.standing(), u"secondary protected 1"_s);
}

void SuspensionTest::checkpointsDoNotResumeIt()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.suspendAlpha();
    QTRY_VERIFY(hosts.bothSuspended());
    for (int count = 0; count < 3; ++count) {
        hosts.checkpoint();
        QCOMPARE(hosts.alpha.qemu().status, u"running"_s);
        QTRY_VERIFY(hosts.bothSuspended());
    }
}

void SuspensionTest::peopleResumeIt()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.suspendAlpha();
    QTRY_VERIFY(hosts.bothSuspended());
    hosts.checkpoint();
    QTRY_VERIFY(hosts.bothSuspended());
    hosts.resumeAlpha();
    QTRY_VERIFY(hosts.runs(hosts.alpha) && hosts.runs(hosts.beta));
}

void SuspensionTest::peopleResumeItThoughCheckpointsFollow()
{
    // The shadow stands still yet, so answers differ at once.
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.suspendAlpha();
    QTRY_VERIFY(hosts.bothSuspended());
    hosts.resumeAlpha();
    hosts.checkpoint();
    QTRY_VERIFY(hosts.runs(hosts.alpha) && hosts.runs(hosts.beta));
}

void SuspensionTest::runsIfTheOtherHostDoesNotTell()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.suspendAlpha();
    QTRY_VERIFY(hosts.bothSuspended());
    hosts.onBeta.reset();
    hosts.checkpoint();
    QTRY_VERIFY(hosts.runs(hosts.alpha));
}

void SuspensionTest::isSeenByADaemonThatStartsLater()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.onAlpha.reset();
    hosts.suspendAlpha();
    hosts.onAlpha.emplace(hosts.alpha.parts, hosts.alpha.tasks);
    hosts.onAlpha->look();
    QTRY_VERIFY(hosts.bothSuspended());
    hosts.onAlpha.reset();
    hosts.resumeAlpha();
    hosts.onAlpha.emplace(hosts.alpha.parts, hosts.alpha.tasks);
    hosts.onAlpha->look();
    QTRY_VERIFY(hosts.runs(hosts.alpha) && hosts.runs(hosts.beta));
}

void SuspensionTest::isForgottenWhenProtectionEnds()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.suspendAlpha();
    QTRY_VERIFY(hosts.bothSuspended());
    const auto job = hosts.alpha.driver()->want(u"continue-alone"_s, failover::Wish::GoAlone);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Done),
                              TwoHosts::deadline);
    QTRY_VERIFY(!hosts.alpha.pairs.find(webUuid())->suspended);
}

void SuspensionTest::aCheckpointIsNoSuspension()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.alpha.qemu().status = u"colo"_s; // one that takes long
    hosts.alpha.qemu().event(u"STOP"_s);
    QTest::qWait(300); // nothing shows that it was looked at
    QVERIFY(!hosts.alpha.pairs.find(webUuid())->suspended);
    QCOMPARE(hosts.beta.qemu().status, u"running"_s);
}

QTEST_GUILESS_MAIN(SuspensionTest)
#include "SuspensionTest.moc"
