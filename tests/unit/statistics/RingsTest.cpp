// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/CheckpointRing.h"
#include "statistics/SecondRing.h"

#include <QTest>

using namespace lockstep;

namespace {

Checkpoint checkpointAt(qint64 time)
{
    Checkpoint checkpoint;
    checkpoint.time = time;
    return checkpoint;
}

/// "60:0 61:3": seconds with their numbers of checkpoints.
QString shown(const SecondRing& ring, qint64 begin, qint64 end)
{
    QStringList all;
    ring.visit(begin, end, [&all](qint64 second, const Second& what) {
        all.append(QStringLiteral("%1:%2").arg(second).arg(what.checkpoints));
    });
    return all.join(QLatin1Char{' '});
}

std::size_t entriesOf(const SecondRing& ring)
{
    std::size_t sum = 0;
    for (const Minute& minute : ring.minutes())
        sum += minute.seconds.size();
    return sum;
}

constexpr qint64 day = 86'400;
constexpr qint64 midnight = 20'000 * day;

} // namespace

/// What a pair's statistics are kept in.
class RingsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsTheNewestCheckpoints();
    void knowsHowFarItReachesBack();
    void goesOnAtANumber();
    void tellsFiguresThatAreNotKnownFromZero();
    void tellsQuietSecondsFromGaps();
    void quietSecondsTakeNoRoom();
    void keepsADay();
    void survivesAClockThatGoesBack();
    void survivesAClockThatJumpsAhead();
    void addsWhatHappened();
    void forgetsWhatIsAhead();
    void refusesAMinuteThatIsNone();
};

void RingsTest::keepsTheNewestCheckpoints()
{
    CheckpointRing ring;
    const qint64 many = CheckpointRing::capacity + 100;
    for (qint64 n = 0; n < many; ++n)
        ring.add(checkpointAt(n));
    QCOMPARE(ring.size(), CheckpointRing::capacity);
    QCOMPARE(ring.next(), quint64(many));
    QCOMPARE(ring.first(), quint64{100});
    for (quint64 n = ring.first(); n < ring.next(); ++n)
        QCOMPARE(ring.at(n).time, qint64(n));
}

void RingsTest::knowsHowFarItReachesBack()
{
    CheckpointRing ring;
    QVERIFY(ring.reachesBackTo(0)); // there were none
    for (qint64 n = 0; n < qint64(CheckpointRing::capacity); ++n)
        ring.add(checkpointAt(1'000 + n));
    QVERIFY(ring.reachesBackTo(0));
    ring.add(checkpointAt(1'000 + qint64(CheckpointRing::capacity)));
    QVERIFY(!ring.reachesBackTo(1'000));
    QVERIFY(ring.reachesBackTo(1'001));
}

void RingsTest::goesOnAtANumber()
{
    CheckpointRing ring;
    ring.beginAt(1'000'003);
    QVERIFY(!ring.reachesBackTo(5));
    ring.add(checkpointAt(7));
    ring.add(checkpointAt(8));
    QCOMPARE(ring.first(), quint64{1'000'003});
    QCOMPARE(ring.at(1'000'004).time, qint64{8});
}

void RingsTest::tellsFiguresThatAreNotKnownFromZero()
{
    QVERIFY(!Maybe<quint32>{}.isKnown());
    QVERIFY(Maybe<quint32>{quint64{0}}.isKnown());
    QVERIFY(Maybe<quint32>{quint64{1} << 40}.isKnown()); // cut, but known
    QVERIFY(!Maybe<quint32>{std::optional<quint64>{}}.isKnown());
    QCOMPARE(Maybe<quint32>{}.orZero(), quint32{0});
}

void RingsTest::tellsQuietSecondsFromGaps()
{
    SecondRing ring;
    ring.observe(midnight + 58);
    ring.change(midnight + 59).checkpoints = 2;
    ring.observe(midnight + 62); // lockstepd was restarted in between
    ring.change(midnight + 62).checkpoints = 5;
    QCOMPARE(
        shown(ring, midnight, midnight + 100),
        QStringLiteral("%1:0 %2:2 %3:5").arg(midnight + 58).arg(midnight + 59).arg(midnight + 62));
    QCOMPARE(shown(ring, midnight + 59, midnight + 62), QStringLiteral("%1:2").arg(midnight + 59));
    QCOMPARE(shown(ring, midnight + 60, midnight + 62), QString{});
}

void RingsTest::quietSecondsTakeNoRoom()
{
    SecondRing ring;
    for (qint64 second = 0; second < day; ++second) {
        ring.observe(midnight + second);
        if (second % 20 == 0)
            ring.change(midnight + second).checkpoints = 1;
    }
    QCOMPARE(ring.minutes().size(), SecondRing::mostMinutes);
    QCOMPARE(entriesOf(ring), std::size_t(day / 20));
}

void RingsTest::keepsADay()
{
    SecondRing ring;
    for (qint64 second = 0; second < 3 * day; second += 7)
        ring.change(midnight + second).checkpoints = 1;
    QCOMPARE(ring.minutes().size(), SecondRing::mostMinutes);
    QVERIFY(ring.minutes().front().start > midnight + 2 * day - 120);
}

void RingsTest::survivesAClockThatGoesBack()
{
    SecondRing ring;
    ring.change(midnight + 3'600).checkpoints = 1;
    ring.change(midnight).checkpoints = 2;
    ring.change(midnight + 1'800).checkpoints = 3;
    ring.change(midnight - 2 * day).checkpoints = 9; // older than what is kept
    QCOMPARE(
        shown(ring, midnight - 3 * day, midnight + day),
        QStringLiteral("%1:2 %2:3 %3:1").arg(midnight).arg(midnight + 1'800).arg(midnight + 3'600));
}

void RingsTest::survivesAClockThatJumpsAhead()
{
    SecondRing ring;
    ring.change(midnight).checkpoints = 1;
    ring.change(midnight + 400 * day).checkpoints = 2;
    ring.change(midnight + 1).checkpoints = 3;
    QVERIFY(ring.minutes().size() <= SecondRing::mostMinutes);
    QCOMPARE(shown(ring, midnight + 300 * day, midnight + 500 * day),
             QStringLiteral("%1:2").arg(midnight + 400 * day));
}

void RingsTest::addsWhatHappened()
{
    SecondRing ring;
    Second what;
    ring.add(midnight, what); // nothing
    QCOMPARE(entriesOf(ring), std::size_t{0});
    what.checkpoints = 60'000;
    what.longest = 5;
    what.stopped = 4'000'000'000;
    ring.add(midnight, what);
    what.longest = 3;
    ring.add(midnight, what);
    const Second found = ring.minutes().front().at(0);
    QCOMPARE(found.checkpoints, quint16{65'535}); // not 54464
    QCOMPARE(found.stopped, quint32{4'294'967'295});
    QCOMPARE(found.longest, quint32{5});
    QCOMPARE(entriesOf(ring), std::size_t{1});
}

void RingsTest::forgetsWhatIsAhead()
{
    SecondRing ring;
    ring.forgetAfter(midnight);
    ring.change(midnight + 59).checkpoints = 1;
    ring.change(midnight + 60).checkpoints = 2;
    ring.change(midnight + 3'600).checkpoints = 3;
    ring.forgetAfter(midnight + 60);
    QCOMPARE(shown(ring, midnight, midnight + day),
             QStringLiteral("%1:1 %2:2").arg(midnight + 59).arg(midnight + 60));
    ring.forgetAfter(midnight - day);
    QVERIFY(ring.minutes().empty());
    ring.observe(midnight);
    QCOMPARE(shown(ring, midnight, midnight + day), QStringLiteral("%1:0").arg(midnight));
}

void RingsTest::refusesAMinuteThatIsNone()
{
    Minute minute;
    minute.start = midnight;
    QVERIFY(minute.isSound());
    minute.change(7).stopped = 1;
    QVERIFY(minute.isSound());
    Minute odd = minute;
    odd.start += 1;
    QVERIFY(!odd.isSound());
    odd = minute;
    odd.busy |= 1U << 9;
    QVERIFY(!odd.isSound());
    odd = minute;
    odd.observed |= quint64{1} << 61;
    QVERIFY(!odd.isSound());
}

QTEST_GUILESS_MAIN(RingsTest)
#include "RingsTest.moc"
