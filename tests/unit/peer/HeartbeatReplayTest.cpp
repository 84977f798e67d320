// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/SessionGuard.h"

#include <QTest>

using namespace lockstep;

class HeartbeatReplayTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesEachNumberOnceInAnyOrder();
    void refusesWhatIsOlderThanTheWindow();
    void farJumpForgetsTheWindow();
    void numbersWrapNowhere();
    void measuresLoss();
    void lateArrivalIsNoLoss();
    void countsOverdueAsLost();
    void refusesReplayedDatagrams();
    void pathsAreNumberedApart();
    void refusesOldSessionsForGood();
    void firstSessionHasToProveThatItHearsUs();
    void laterSessionsCountAtOnce();
    void controlChannelOverrulesTheOrder();
};

namespace {

constexpr quint64 own = 500;

Heartbeat beat(quint64 session, quint64 sequence, quint64 echoSession = own, int path = 0)
{
    return {.session = session,
            .sequence = sequence,
            .path = quint8(path),
            .echoSession = echoSession,
            .pairs = {}};
}

using Verdict = std::optional<Rejection>;
const Verdict taken{};

} // namespace

void HeartbeatReplayTest::takesEachNumberOnceInAnyOrder()
{
    ReplayWindow window;
    for (const quint64 sequence : {5U, 3U, 4U, 9U, 1U, 260U, 256U, 5U + 250U})
        QVERIFY(window.take(sequence));
    for (const quint64 sequence : {9U, 260U, 255U, 256U})
        QVERIFY(!window.take(sequence));
    QVERIFY(!window.take(0));
}

void HeartbeatReplayTest::refusesWhatIsOlderThanTheWindow()
{
    ReplayWindow window;
    QVERIFY(window.take(1000));
    QVERIFY(!window.take(1000 - ReplayWindow::size));
    QVERIFY(window.take(1000 - ReplayWindow::size + 1));
}

void HeartbeatReplayTest::farJumpForgetsTheWindow()
{
    ReplayWindow window;
    QVERIFY(window.take(10));
    QVERIFY(window.take(10 + ReplayWindow::size));
    QVERIFY(!window.take(10));
    QVERIFY(window.take(11));
}

void HeartbeatReplayTest::numbersWrapNowhere()
{
    constexpr quint64 last = std::numeric_limits<quint64>::max();
    ReplayWindow window;
    QVERIFY(window.take(1));
    QVERIFY(window.take(last));
    QVERIFY(!window.take(1));
    QVERIFY(!window.take(last));
    QVERIFY(window.take(last - 1));
}

void HeartbeatReplayTest::measuresLoss()
{
    ReplayWindow window;
    QCOMPARE(window.lossPercent(0), 0.0);
    for (quint64 sequence = 1000; sequence < 1100; ++sequence) {
        if (sequence % 4 != 1)
            QVERIFY(window.take(sequence));
    }
    QCOMPARE(window.lossPercent(0), 25.0);
    for (quint64 sequence = 1100; sequence < 1100 + ReplayWindow::lossMeasured; ++sequence)
        QVERIFY(window.take(sequence));
    QCOMPARE(window.lossPercent(0), 0.0);
}

void HeartbeatReplayTest::lateArrivalIsNoLoss()
{
    ReplayWindow window;
    QVERIFY(window.take(1));
    QVERIFY(window.take(4));
    QCOMPARE(window.lossPercent(0), 50.0);
    QVERIFY(window.take(2));
    QVERIFY(window.take(3));
    QCOMPARE(window.lossPercent(0), 0.0);
}

void HeartbeatReplayTest::countsOverdueAsLost()
{
    ReplayWindow window;
    for (quint64 sequence = 1; sequence <= 300; ++sequence)
        QVERIFY(window.take(sequence));
    QCOMPARE(window.lossPercent(50), 25.0);
    QCOMPARE(window.lossPercent(10'000), 100.0);
}

void HeartbeatReplayTest::refusesReplayedDatagrams()
{
    SessionGuard guard{own};
    QCOMPARE(guard.take(beat(7, 1), 0), taken);
    QCOMPARE(guard.take(beat(7, 2), 0), taken);
    QCOMPARE(guard.take(beat(7, 1), 0), Verdict{Rejection::Replayed});
    QCOMPARE(guard.take(beat(7, 2), 0), Verdict{Rejection::Replayed});
}

void HeartbeatReplayTest::pathsAreNumberedApart()
{
    SessionGuard guard{own};
    QCOMPARE(guard.take(beat(7, 1), 0), taken);
    QCOMPARE(guard.take(beat(7, 1, own, 1), 1), taken);
    // What was sent over one path does not count as heard on the other.
    QCOMPARE(guard.take(beat(7, 2, own, 0), 1), Verdict{Rejection::WrongPath});
    QCOMPARE(guard.take(beat(7, 2), 0), taken);
}

void HeartbeatReplayTest::refusesOldSessionsForGood()
{
    SessionGuard guard{own};
    QCOMPARE(guard.take(beat(7, 1), 0), taken);
    QCOMPARE(guard.take(beat(8, 1), 0), taken);
    QCOMPARE(guard.take(beat(7, 2), 0), Verdict{Rejection::OldSession});
    QCOMPARE(guard.take(beat(7, 1000, own, 1), 1), Verdict{Rejection::OldSession});
    QCOMPARE(guard.take(beat(8, 2), 0), taken);
}

void HeartbeatReplayTest::firstSessionHasToProveThatItHearsUs()
{
    SessionGuard guard{own};
    // A recording from before our start can only hold another session of ours.
    QCOMPARE(guard.take(beat(7, 1, own - 1), 0), Verdict{Rejection::Unconfirmed});
    QCOMPARE(guard.take(beat(7, 2, 0), 0), Verdict{Rejection::Unconfirmed});
    QCOMPARE(guard.session(), 7U); // so that the peer can prove it
    QCOMPARE(guard.take(beat(7, 1), 0), Verdict{Rejection::Replayed});
    QCOMPARE(guard.take(beat(7, 50), 0), taken);
    // Recordings of the same session, from between.
    QCOMPARE(guard.take(beat(7, 49, own - 1), 0), Verdict{Rejection::Replayed});
    // Each path has to prove it.
    QCOMPARE(guard.take(beat(7, 3, own - 1, 1), 1), Verdict{Rejection::Unconfirmed});
    // The way to the peer may fail from now on.
    QCOMPARE(guard.take(beat(7, 51, 0), 0), taken);
}

void HeartbeatReplayTest::laterSessionsCountAtOnce()
{
    SessionGuard guard{own};
    QCOMPARE(guard.take(beat(7, 1), 0), taken);
    QCOMPARE(guard.take(beat(9, 1, 0), 0), taken);
    QCOMPARE(guard.session(), 9U);
}

void HeartbeatReplayTest::controlChannelOverrulesTheOrder()
{
    SessionGuard guard{own};
    QCOMPARE(guard.take(beat(900, 1), 0), taken);
    guard.agreed(20, {9, 0}); // the peer lost its counter
    QCOMPARE(guard.take(beat(20, 9, 0), 0), Verdict{Rejection::Replayed}); // sent before
    QCOMPARE(guard.take(beat(20, 11, 0), 0), taken);
    guard.agreed(20, {11, 0});
    QCOMPARE(guard.take(beat(20, 11, 0), 0), Verdict{Rejection::Replayed});
    QCOMPARE(guard.take(beat(20, 10, 0), 0), taken); // late, but not a recording
    QCOMPARE(guard.take(beat(20, 1, 0, 1), 1), taken);
}

QTEST_GUILESS_MAIN(HeartbeatReplayTest)
#include "HeartbeatReplayTest.moc"
