// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Detector.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class DetectorTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void knowsNothingBeforeTheFirstHeartbeat();
    void goneAfterTheTimeoutAndNotBefore();
    void comesBackWithAHeartbeat();
    void oneLostPathIsNotThePeer();
    void oneLostPathIsNotThePeer_data();
    void secondPathThatNeverWorkedIsDown();
    void bothPathsLost();
    void withdrawnSecondPathIsNotMissed();
    void refusalTellsDaemonGone();
    void refusalOfAnUnprovenPathTellsNothing();
    void refusalBeforeTheLastHeartbeatTellsNothing();
    void refusalWithoutAnyHeartbeatTellsDaemonGone();
    void hostThatDiesAfterItsDaemonIsGone();
    void tcpActivityTellsDaemonGone();
    void tcpAsOldAsTheHeartbeatsOnlyDelays();
    void ownSuspensionRestartsTheWaiting();
    void ownSuspensionBringsNobodyBack();
    void constantOwnLatenessJudgesNobody();
    void smallOwnLatenessChangesNothing();
    void slowPeer_data();
    void slowPeer();
    void ownLatenessIsNotThePeersSlowness();
    void slowPeerWithLongIntervalsIsNotGone();
    void settingsChangeLive();
    void neverAsksToBeWokenInThePast();
};

namespace {

/// A detector and its time, in which heartbeats come as told.
struct Scene
{
    explicit Scene(HeartbeatTiming timing = {}) : detector{timing, now} { }

    void beat(int path = 0, Detector::Sign sign = {}) { detector.heartbeat(path, now, sign); }
    /// Heartbeats on these paths, at once and then each 100 ms.
    void beats(int count, const QList<int>& paths = {0})
    {
        for (int i = 0; i < count; ++i) {
            run(i == 0 ? 0ms : 100ms);
            for (const int path : paths)
                beat(path);
        }
    }
    /// Time passes, with ticks when the detector wants them.
    void run(std::chrono::milliseconds time)
    {
        const Instant end = now + time;
        while (detector.nextCheck() <= end) {
            now = std::max(now, detector.nextCheck());
            if (++ticks > 10'000)
                qFatal("it asks for ticks without end");
            detector.tick(now, Instant{0});
        }
        now = end;
        detector.tick(now, Instant{0});
    }
    /// We are held up, and find out only afterwards.
    void sleep(std::chrono::milliseconds time)
    {
        now += time;
        detector.tick(now, time);
    }
    [[nodiscard]] PeerHealth health() const { return detector.verdict().health; }
    [[nodiscard]] QString reason() const { return detector.verdict().reason; }

    Instant now{1h};
    int ticks{0};
    Detector detector;
};

} // namespace

void DetectorTest::knowsNothingBeforeTheFirstHeartbeat()
{
    Scene scene;
    QCOMPARE(scene.health(), PeerHealth::Unknown);
    scene.run(1h);
    QCOMPARE(scene.health(), PeerHealth::Unknown);
    QCOMPARE(scene.reason(), u"no heartbeat yet"_s);
    scene.beat();
    QCOMPARE(scene.health(), PeerHealth::Alive);
}

void DetectorTest::goneAfterTheTimeoutAndNotBefore()
{
    Scene scene;
    scene.beats(5);
    const Instant last = scene.now;
    QCOMPARE(scene.detector.nextCheck(), last + 300ms);
    scene.detector.tick(last + 300ms - 1us, 0us);
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.detector.tick(last + 300ms, 0us);
    QCOMPARE(scene.health(), PeerHealth::Gone);
    QCOMPARE(scene.reason(), u"no heartbeat for 300 ms"_s);
    QCOMPARE(scene.detector.verdict().since, last + 300ms);
}

void DetectorTest::comesBackWithAHeartbeat()
{
    Scene scene;
    scene.beats(2);
    scene.run(10s);
    QCOMPARE(scene.health(), PeerHealth::Gone);
    QCOMPARE(scene.detector.nextCheck(), Instant::max());
    scene.beat();
    QCOMPARE(scene.health(), PeerHealth::Alive);
}

void DetectorTest::oneLostPathIsNotThePeer_data()
{
    QTest::addColumn<int>("lost");
    QTest::addColumn<QString>("reason");
    QTest::newRow("dedicated") << 0 << u"no heartbeat for 300 ms over the dedicated link"_s;
    QTest::newRow("second") << 1 << u"no heartbeat for 300 ms over the second path"_s;
}

void DetectorTest::oneLostPathIsNotThePeer()
{
    QFETCH(const int, lost);
    QFETCH(const QString, reason);
    Scene scene;
    scene.detector.setUsed(1, true, scene.now);
    scene.beats(5, {0, 1});
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.run(100ms);
    scene.beats(50, {1 - lost});
    QCOMPARE(scene.health(), PeerHealth::PathDown);
    QCOMPARE(scene.reason(), reason);
    QVERIFY(scene.detector.verdict().down.at(size_t(lost)));
    QVERIFY(!scene.detector.verdict().down.at(size_t(1 - lost)));
    scene.beats(2, {0, 1});
    QCOMPARE(scene.health(), PeerHealth::Alive);
}

void DetectorTest::secondPathThatNeverWorkedIsDown()
{
    Scene scene;
    scene.beats(3);
    scene.detector.setUsed(1, true, scene.now);
    scene.beats(3);
    QCOMPARE(scene.health(), PeerHealth::Alive); // it may still come
    scene.beats(3);
    QCOMPARE(scene.health(), PeerHealth::PathDown);
    QCOMPARE(scene.reason(), u"no heartbeat has ever come over the second path"_s);
}

void DetectorTest::bothPathsLost()
{
    Scene scene;
    scene.detector.setUsed(1, true, scene.now);
    scene.beats(5, {0, 1});
    scene.run(60ms);
    scene.beat(1); // the last sign
    scene.run(299ms);
    QVERIFY(scene.health() != PeerHealth::Gone);
    scene.run(1ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
    QCOMPARE(scene.reason(), u"no heartbeat for 300 ms on either path"_s);
}

void DetectorTest::withdrawnSecondPathIsNotMissed()
{
    Scene scene;
    scene.detector.setUsed(1, true, scene.now);
    scene.beats(5, {0, 1});
    scene.detector.setUsed(1, false, scene.now);
    scene.beats(10);
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.run(300ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::refusalTellsDaemonGone()
{
    Scene scene;
    scene.beats(5);
    for (int i = 0; i < 100; ++i) { // once a second is what Linux allows itself
        scene.run(i == 0 ? 100ms : 1000ms);
        scene.detector.unreachable(0, scene.now);
        QVERIFY(scene.health() == (i == 0 ? PeerHealth::Alive : PeerHealth::DaemonGone));
    }
    QCOMPARE(scene.reason(), u"its kernel refuses heartbeats: lockstepd does not run there"_s);
    scene.beat();
    QCOMPARE(scene.health(), PeerHealth::Alive);
}

void DetectorTest::refusalOfAnUnprovenPathTellsNothing()
{
    Scene scene;
    scene.detector.setUsed(1, true, scene.now);
    scene.beats(5);
    scene.detector.unreachable(1, scene.now + 50ms);
    scene.run(400ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::refusalBeforeTheLastHeartbeatTellsNothing()
{
    Scene scene;
    scene.beats(5);
    scene.run(50ms);
    scene.detector.unreachable(0, scene.now);
    scene.beats(1);
    scene.run(300ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::refusalWithoutAnyHeartbeatTellsDaemonGone()
{
    Scene scene;
    scene.run(1s);
    scene.detector.unreachable(0, scene.now);
    scene.run(0ms);
    QCOMPARE(scene.health(), PeerHealth::DaemonGone);
    scene.run(1h);
    QCOMPARE(scene.health(), PeerHealth::Unknown);
}

void DetectorTest::hostThatDiesAfterItsDaemonIsGone()
{
    Scene scene;
    scene.beats(5);
    scene.run(1s);
    QCOMPARE(scene.health(), PeerHealth::Gone);
    scene.detector.unreachable(0, scene.now);
    scene.run(300ms + Detector::refusalHolds - 1ms);
    QCOMPARE(scene.health(), PeerHealth::DaemonGone);
    scene.run(1ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::tcpActivityTellsDaemonGone()
{
    Scene scene;
    scene.beats(5);
    scene.run(299ms);
    QVERIFY(!scene.detector.wantsTcpActivity(scene.now));
    QVERIFY(scene.detector.wantsTcpActivity(scene.now + 1ms));
    for (int i = 0; i < 20; ++i) {
        scene.detector.tcpActivity(scene.now);
        scene.run(200ms);
        QCOMPARE(scene.health(), PeerHealth::DaemonGone);
    }
    QCOMPARE(scene.reason(), u"no heartbeat for 300 ms, but QEMU's connections live"_s);
    scene.run(99ms); // 299 since the last sign
    QCOMPARE(scene.health(), PeerHealth::DaemonGone);
    scene.run(1ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::tcpAsOldAsTheHeartbeatsOnlyDelays()
{
    Scene scene;
    scene.beats(5);
    scene.run(90ms); // then it dies, with its last acknowledgement
    scene.detector.tcpActivity(scene.now);
    scene.run(299ms);
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.run(1ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::ownSuspensionRestartsTheWaiting()
{
    Scene scene;
    scene.beats(5);
    scene.sleep(3s);
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.run(299ms);
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.run(1ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
    QCOMPARE(scene.reason(), u"no heartbeat for 3300 ms"_s);
}

void DetectorTest::ownSuspensionBringsNobodyBack()
{
    Scene scene;
    scene.detector.setUsed(1, true, scene.now);
    scene.beats(5, {0, 1});
    scene.run(1s);
    QCOMPARE(scene.health(), PeerHealth::Gone);
    scene.sleep(3s);
    QCOMPARE(scene.health(), PeerHealth::Gone);
    scene.run(1s);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::constantOwnLatenessJudgesNobody()
{
    Scene scene;
    scene.beats(5);
    for (int i = 0; i < 100; ++i) {
        scene.sleep(200ms);
        QCOMPARE(scene.health(), PeerHealth::Alive);
    }
}

void DetectorTest::smallOwnLatenessChangesNothing()
{
    Scene scene;
    scene.beats(5);
    scene.run(200ms);
    scene.sleep(100ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::slowPeer_data()
{
    QTest::addColumn<int>("late");
    QTest::addColumn<int>("gap");
    QTest::addColumn<QString>("reason");
    QTest::newRow("usual") << 20 << 100 << u"heartbeats come as they should"_s;
    QTest::newRow("one lost") << 0 << 201 << u"heartbeats come as they should"_s;
    QTest::newRow("says so") << 140 << 100 << u"it says that it is 140 ms late itself"_s;
    QTest::newRow("comes late") << 0 << 280
                                << u"its heartbeats come up to 280 ms apart, not 100 ms"_s;
}

void DetectorTest::slowPeer()
{
    QFETCH(const int, late);
    QFETCH(const int, gap);
    QFETCH(const QString, reason);
    Scene scene;
    scene.beats(5);
    scene.run(std::chrono::milliseconds{gap});
    scene.beat(0, {.interval = 100ms, .late = std::chrono::milliseconds{late}});
    QCOMPARE(scene.reason(), reason);
    const bool isSlow = reason.startsWith(u"it");
    QCOMPARE(scene.health(), isSlow ? PeerHealth::Slow : PeerHealth::Alive);
    scene.beats(29);
    QCOMPARE(scene.health(), isSlow ? PeerHealth::Slow : PeerHealth::Alive);
    scene.beats(4);
    scene.run(100ms);
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.run(300ms); // slow or not, it can die
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::ownLatenessIsNotThePeersSlowness()
{
    Scene scene;
    scene.beats(5);
    scene.run(150ms);
    scene.sleep(130ms);
    scene.beat();
    QCOMPARE(scene.health(), PeerHealth::Alive);
}

void DetectorTest::slowPeerWithLongIntervalsIsNotGone()
{
    Scene scene;
    scene.beat(0, {.interval = 1000ms, .late = 0ms});
    QCOMPARE(scene.detector.timeout(), 3000ms);
    scene.run(2999ms);
    QCOMPARE(scene.health(), PeerHealth::Alive);
    scene.run(1ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::settingsChangeLive()
{
    Scene scene{{.interval = 100ms, .timeout = 2000ms}};
    scene.beats(5);
    scene.run(1000ms);
    scene.detector.setTiming({.interval = 50ms, .timeout = 200ms}, scene.now);
    scene.run(199ms);
    QCOMPARE(scene.health(), PeerHealth::Alive); // it gets the whole new time
    scene.run(1ms);
    QCOMPARE(scene.health(), PeerHealth::Gone);
}

void DetectorTest::neverAsksToBeWokenInThePast()
{
    Scene scene;
    scene.detector.setUsed(1, true, scene.now);
    scene.beats(5, {0, 1});
    for (int i = 0; i < 200; ++i) {
        scene.detector.tcpActivity(scene.now);
        scene.detector.unreachable(i % 2, scene.now);
        scene.run(std::chrono::milliseconds{i * 37 % 700});
        QVERIFY(scene.detector.nextCheck() > scene.now);
    }
}

QTEST_GUILESS_MAIN(DetectorTest)
#include "DetectorTest.moc"
