// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/GovernorInput.h"

#include <QTest>

using namespace std::chrono_literals;
using namespace lockstep;

namespace {

constexpr qint64 begin = 1'800'000'000'000'000;
constexpr qint64 ms = 1'000;

Checkpoint checkpoint(qint64 time, quint32 stopped, CheckpointReason reason, quint64 released)
{
    Checkpoint made;
    made.time = time;
    made.stopped = stopped;
    made.reason = reason;
    made.released = released;
    return made;
}

} // namespace

class GovernorInputTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void countsWhatEndedInThatTime();
    void tellsWhatMayHaveBeenLate();
    void sharesAreNeverMoreThanAll();
    void whatIsNotKnownStaysUnknown();
};

void GovernorInputTest::countsWhatEndedInThatTime()
{
    CheckpointRing ring;
    ring.add(checkpoint(begin, 50'000, CheckpointReason::Difference, 9)); // before
    ring.add(checkpoint(begin + 100 * ms, 4'000, CheckpointReason::Difference, 3));
    ring.add(checkpoint(begin + 200 * ms, 8'000, CheckpointReason::Period, 1));
    ring.add(checkpoint(begin + 300 * ms, 50'000, CheckpointReason::Difference, 9)); // after
    const auto seen = inputFrom(ring, begin, begin + 250 * ms, {});
    QCOMPARE(seen.length, 250 * ms);
    QCOMPARE(seen.checkpoints, 2ULL);
    QCOMPARE(seen.asked, 1ULL);
    QCOMPARE(seen.stopped, 12'000ULL);
    QCOMPARE(seen.longest, 8'000ULL);
    QCOMPARE(seen.released, 4ULL);
    QCOMPARE(seen.meanStop(), 6'000.0);
    QCOMPARE(seen.stoppedShare(), 0.048);
    // A clock that was set back.
    QCOMPARE(inputFrom(ring, begin + 250 * ms, begin, {}).length, 0);
    QCOMPARE(inputFrom({}, begin, begin + ms, {}).checkpoints, 0ULL);
}

void GovernorInputTest::tellsWhatMayHaveBeenLate()
{
    const Protocol protocol{.compareTimeout = 100ms, .scanCycle = 20ms};
    CheckpointRing ring;
    ring.add(checkpoint(begin, 1'000, CheckpointReason::Idle, 0));
    // The one before has let go all that had waited by then.
    ring.add(checkpoint(begin + 90 * ms, 10'000, CheckpointReason::Difference, 1));
    ring.add(checkpoint(begin + 200 * ms, 10'000, CheckpointReason::Difference, 1));
    ring.add(checkpoint(begin + 400 * ms, 10'000, CheckpointReason::Period, 1));
    const auto seen = inputFrom(ring, begin - ms, begin + 500 * ms, protocol);
    QCOMPARE(seen.asked, 2ULL);
    QCOMPARE(seen.patient, 1ULL);
    QCOMPARE(seen.patience, quint64(110 * ms));
}

void GovernorInputTest::sharesAreNeverMoreThanAll()
{
    GovernorInput seen;
    QCOMPARE(seen.heldShare(), 0.0);
    QCOMPARE(seen.stoppedShare(), 0.0);
    QCOMPARE(seen.meanStop(), 0.0);
    seen.length = 1'000;
    seen.checkpoints = 1;
    seen.stopped = 5'000; // begun long before
    QCOMPARE(seen.stoppedShare(), 1.0);
    seen.released = 4;
    QCOMPARE(seen.heldShare(), 1.0);
    seen.sent = 16;
    QCOMPARE(seen.heldShare(), 0.25);
    seen.sent = 2; // read a moment earlier
    QCOMPARE(seen.heldShare(), 1.0);
}

void GovernorInputTest::whatIsNotKnownStaysUnknown()
{
    GovernorInput sum;
    sum.sent = 10;
    GovernorInput more;
    more.length = 7;
    more.longest = 3;
    more.sent = 5;
    sum.add(more);
    QCOMPARE(sum.sent.value_or(0), 15ULL);
    more.sent.reset();
    sum.add(more);
    QVERIFY(!sum.sent);
    QCOMPARE(sum.length, 14);
    QCOMPARE(sum.longest, 3ULL);
}

QTEST_GUILESS_MAIN(GovernorInputTest)
#include "GovernorInputTest.moc"
