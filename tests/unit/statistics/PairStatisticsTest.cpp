// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/PairStatistics.h"
#include "statistics/PackedHistory.h"

#include <QTest>

using namespace lockstep;

namespace {

constexpr qint64 perSecond = 1'000'000;
constexpr qint64 hour = 3'600;
constexpr qint64 begin = 500'000 * hour; // seconds since 1970

Checkpoint sample(qint64 second, quint32 stopped = 30'000)
{
    Checkpoint checkpoint;
    checkpoint.time = second * perSecond + 500'000;
    checkpoint.stopped = stopped;
    checkpoint.memory = 2'000'000;
    checkpoint.disk = 8'192;
    checkpoint.released = quint64{3};
    checkpoint.hold = quint64{340'000};
    checkpoint.reason = CheckpointReason::Difference;
    return checkpoint;
}

StatisticsQuery queryOf(qint64 since, qint64 until, int points = 60, int checkpoints = 0)
{
    return {.since = since * perSecond,
            .until = until * perSecond,
            .points = points,
            .checkpoints = checkpoints};
}

/// As the store would have it: what came later replaces what was there.
QList<StatisticsPiece> stored(const QList<QList<StatisticsPiece>>& saves)
{
    QMap<std::pair<int, qint64>, StatisticsPiece> all;
    for (const auto& save : saves) {
        for (const StatisticsPiece& piece : save)
            all.insert({int(piece.kind), piece.key}, piece);
    }
    return all.values();
}

} // namespace

/// All that is kept of one pair.
class PairStatisticsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void sumsWhatHappened();
    void cutsTheTimeIntoParts();
    void leavesOutWhatIsNotKnown();
    void keepsBytesThatMakeNoKib();
    void percentilesAreOfTheTimeAskedFor();
    void percentilesAreOfHoursWhereThereWereMany();
    void tellsTheNewestCheckpoints();
    void savesOnlyWhatHasChanged();
    void goesOnAfterARestart();
    void goesOnWithoutWhatCannotBeRead();
    void readsWhatWasStoredAfterItHasBegun();
    void hasAgainWhatCouldNotBeStored();
    void hasAgainWhatIsStillKept();
    void countsThisRunApart();
    void forgetsWhatAWrongClockHasRecorded();
    void percentilesAreOfADayAtMost();
    void isBounded();
    void survivesSpoiltPieces();
    void refusesABlockOfAnotherPlace();
};

void PairStatisticsTest::sumsWhatHappened()
{
    PairStatistics statistics;
    statistics.observe(begin, 4'096, 0);
    statistics.add(sample(begin, 20'000));
    statistics.observe(begin + 1, 0, 8'192);
    Checkpoint idle = sample(begin + 1, 40'000);
    idle.reason = CheckpointReason::Idle;
    idle.released = {};
    statistics.add(idle);
    const Sums sums = statistics.sums(begin, begin + 10);
    QCOMPARE(sums,
             (Sums{.seconds = 2,
                   .checkpoints = 2,
                   .asked = 1,
                   .stopped = 60'000,
                   .longest = 40'000,
                   .released = 3,
                   .memory = 4'096,
                   .disk = 8'192}));
    const auto& lifetime = statistics.lifetime();
    QCOMPARE(lifetime.count(), quint64{2});
    QCOMPARE(lifetime.checkpoints.at(std::size_t(CheckpointReason::Idle)), quint64{1});
    QCOMPARE(lifetime.stopped, quint64{60'000});
}

void PairStatisticsTest::cutsTheTimeIntoParts()
{
    PairStatistics statistics;
    for (qint64 second = 0; second < 600; ++second) {
        statistics.observe(begin + second, 0, 0);
        if (second >= 300)
            statistics.add(sample(begin + second));
    }
    const auto report = statistics.report(queryOf(begin, begin + 600, 10));
    QCOMPARE(report.step, qint64{60});
    QCOMPARE(report.points.size(), qsizetype{10});
    QCOMPARE(report.points[4].sums.checkpoints, quint64{0});
    QCOMPARE(report.points[5].start, begin + 300);
    QCOMPARE(report.points[5].sums.checkpoints, quint64{60});
    QCOMPARE(report.sums.checkpoints, quint64{300});
    QVERIFY(statistics.report(queryOf(begin, begin + 600, 0)).points.isEmpty());
    // Not a day and more, however early it is asked for.
    const auto all = statistics.report(queryOf(0, begin + 600, StatisticsQuery::mostPoints));
    QCOMPARE(all.since, begin + 600 - 24 * hour);
    QCOMPARE(all.sums, report.sums);
    QVERIFY(all.points.size() <= StatisticsQuery::mostPoints);
}

void PairStatisticsTest::leavesOutWhatIsNotKnown()
{
    PairStatistics statistics;
    statistics.observe(begin, 0, 0);
    statistics.observe(begin + 5, 0, 0);
    const auto report = statistics.report(queryOf(begin, begin + 10, 10));
    QCOMPARE(report.points.size(), qsizetype{2});
    QCOMPARE(report.sums.seconds, quint64{2});
}

void PairStatisticsTest::keepsBytesThatMakeNoKib()
{
    PairStatistics statistics;
    for (qint64 second = 0; second < 100; ++second)
        statistics.observe(begin + second, 100, 10);
    QCOMPARE(statistics.sums(begin, begin + 100).memory, quint64{9 * 1'024}); // of 10000
    QCOMPARE(statistics.lifetime().memory, quint64{10'000});
    QCOMPARE(statistics.lifetime().disk, quint64{1'000});
}

void PairStatisticsTest::percentilesAreOfTheTimeAskedFor()
{
    PairStatistics statistics;
    for (qint64 second = 0; second < 1'000; ++second)
        statistics.add(sample(begin + second, second < 500 ? 10'000 : 90'000));
    const auto late = statistics.report(queryOf(begin + 600, begin + 1'000));
    QCOMPARE(late.distributions.find(Figure::Stopped)->count(), quint64{400});
    QVERIFY(late.distributions.find(Figure::Stopped)->percentile(0.01) > 80'000);
    QCOMPARE(late.distributionsSince, begin + 600);
    QVERIFY(!late.distributions.find(Figure::Duration)); // nobody asked for any of them
}

void PairStatisticsTest::percentilesAreOfHoursWhereThereWereMany()
{
    PairStatistics statistics;
    const qint64 many = 3 * qint64(CheckpointRing::capacity);
    for (qint64 n = 0; n < many; ++n)
        statistics.add(sample(begin + n));
    const auto report = statistics.report(queryOf(begin + 100, begin + many));
    QCOMPARE(report.distributionsSince, begin);
    QCOMPARE(report.distributions.find(Figure::Stopped)->count(), quint64(many));
    const auto newest = statistics.report(queryOf(begin + many - 10, begin + many));
    QCOMPARE(newest.distributionsSince, begin + many - 10);
    QCOMPARE(newest.distributions.find(Figure::Stopped)->count(), quint64{10});
}

void PairStatisticsTest::tellsTheNewestCheckpoints()
{
    PairStatistics statistics;
    for (qint64 second = 0; second < 100; ++second)
        statistics.add(sample(begin + second));
    const auto report = statistics.report(queryOf(begin, begin + 90, 0, 5));
    QCOMPARE(report.checkpoints.size(), qsizetype{5});
    QCOMPARE(report.checkpoints.first(), sample(begin + 85));
    QCOMPARE(report.checkpoints.last(), sample(begin + 89));
    QCOMPARE(statistics.report(queryOf(begin + 98, begin + 100, 0, 5)).checkpoints.size(),
             qsizetype{2});
}

void PairStatisticsTest::savesOnlyWhatHasChanged()
{
    PairStatistics statistics;
    statistics.add(sample(begin));
    QCOMPARE(statistics.takeChanges().size(), qsizetype{4}); // minute, hour, block, lifetime
    QVERIFY(statistics.takeChanges().isEmpty());
    statistics.observe(begin + 60, 0, 0);
    const auto quiet = statistics.takeChanges();
    QCOMPARE(quiet.size(), qsizetype{1});
    QVERIFY(quiet.first().kind == StatisticsPiece::Kind::Minute);
    QVERIFY(quiet.first().data.size() < 32);
}

void PairStatisticsTest::goesOnAfterARestart()
{
    PairStatistics before;
    QList<QList<StatisticsPiece>> saves;
    const qint64 many = qint64(CheckpointRing::capacity) + 700;
    for (qint64 n = 0; n < many; ++n) {
        before.observe(begin + n, 5'000, 1'024);
        before.add(sample(begin + n, quint32(10'000 + n)));
        if (n % 97 == 0)
            saves.append(before.takeChanges());
    }
    saves.append(before.takeChanges());
    PairStatistics after;
    QCOMPARE(after.restore(stored(saves)), 0);
    const auto query = queryOf(begin, begin + many, 30, 1'000);
    const auto wanted = before.report(query);
    const auto found = after.report(query);
    QCOMPARE(found.sums, wanted.sums);
    QCOMPARE(found.checkpoints, wanted.checkpoints);
    QCOMPARE(found.distributions.find(Figure::Stopped)->percentile(0.9),
             wanted.distributions.find(Figure::Stopped)->percentile(0.9));
    QCOMPARE(after.lifetime().checkpoints, before.lifetime().checkpoints);
    QCOMPARE(after.checkpoints().next(), before.checkpoints().next());
    // It goes on, and is stored where it belongs.
    after.add(sample(begin + many));
    saves.append(after.takeChanges());
    PairStatistics third;
    QCOMPARE(third.restore(stored(saves)), 0);
    QCOMPARE(third.checkpoints().next(), quint64(many) + 1);
    QCOMPARE(third.lifetime().count(), quint64(many) + 1);
}

void PairStatisticsTest::goesOnWithoutWhatCannotBeRead()
{
    PairStatistics before;
    for (qint64 n = 0; n < 500; ++n)
        before.add(sample(begin + n));
    auto pieces = before.takeChanges();
    for (StatisticsPiece& piece : pieces) {
        if (piece.kind == StatisticsPiece::Kind::Checkpoints && piece.key == 3)
            piece.data = "garbage";
    }
    PairStatistics after;
    QCOMPARE(after.restore(pieces), 1);
    QCOMPARE(after.checkpoints().first(), quint64{4 * CheckpointRing::blockSize});
    QCOMPARE(after.checkpoints().next(), quint64{500});
    QCOMPARE(after.lifetime().count(), quint64{500});
}

void PairStatisticsTest::readsWhatWasStoredAfterItHasBegun()
{
    PairStatistics before;
    for (qint64 n = 0; n < 100; ++n) {
        before.observe(begin + n, 1'500, 0);
        before.add(sample(begin + n));
    }
    auto pieces = before.takeChanges();
    PairStatistics after;
    for (qint64 n = 99; n < 110; ++n) { // the restart took no second
        after.observe(begin + n, 1'500, 0);
        after.add(sample(begin + n, 60'000));
    }
    QCOMPARE(after.restore(pieces), 0);
    const auto report = after.report(queryOf(begin, begin + 200, 0, 1'000));
    QCOMPARE(report.sums.seconds, quint64{110});
    QCOMPARE(report.sums.checkpoints, quint64{111});
    QCOMPARE(report.checkpoints.size(), qsizetype{111});
    QCOMPARE(report.checkpoints.first(), sample(begin));
    QCOMPARE(report.checkpoints.last(), sample(begin + 109, 60'000));
    QCOMPARE(report.distributions.find(Figure::Stopped)->count(), quint64{111});
    QCOMPARE(after.lifetime().count(), quint64{111});
    QCOMPARE(after.lifetime().memory, quint64{111 * 1'500});
    // And is stored so.
    pieces = stored({pieces, after.takeChanges()});
    PairStatistics third;
    QCOMPARE(third.restore(pieces), 0);
    QCOMPARE(third.report(queryOf(begin, begin + 200, 0, 1'000)).checkpoints, report.checkpoints);
    QCOMPARE(third.sums(begin, begin + 200), report.sums);
    QCOMPARE(third.lifetime().count(), quint64{111});
}

void PairStatisticsTest::hasAgainWhatCouldNotBeStored()
{
    PairStatistics statistics;
    for (qint64 n = 0; n < 300; ++n) {
        statistics.observe(begin + n, 2'048, 0);
        statistics.add(sample(begin + n));
    }
    const auto lost = statistics.takeChanges();
    statistics.observe(begin + 7'200, 2'048, 0);
    statistics.add(sample(begin + 7'200));
    statistics.putBack(lost);
    PairStatistics after;
    QCOMPARE(after.restore(statistics.takeChanges()), 0);
    const auto query = queryOf(begin, begin + 7'300, 30, 1'000);
    QCOMPARE(after.report(query).sums, statistics.report(query).sums);
    QCOMPARE(after.report(query).checkpoints, statistics.report(query).checkpoints);
    QCOMPARE(after.lifetime().count(), quint64{301});
    QVERIFY(statistics.takeChanges().isEmpty());
}

void PairStatisticsTest::hasAgainWhatIsStillKept()
{
    PairStatistics statistics;
    statistics.add(sample(begin));
    const auto lost = statistics.takeChanges();
    // The disk is full for two days.
    const qint64 many = 2 * qint64(CheckpointRing::capacity);
    for (qint64 n = 1; n <= many; ++n)
        statistics.add(sample(begin + n * 86));
    (void)statistics.takeChanges();
    statistics.putBack(lost);
    const auto again = statistics.takeChanges();
    QVERIFY(again.size() <= 2); // the sums, and the block that has this place now
    for (const StatisticsPiece& piece : again)
        QVERIFY(piece.kind == StatisticsPiece::Kind::Lifetime
                || piece.kind == StatisticsPiece::Kind::Checkpoints);
}

void PairStatisticsTest::countsThisRunApart()
{
    PairStatistics before;
    before.observe(begin, 4'096, 0);
    before.add(sample(begin));
    QCOMPARE(before.thisRun().count(), quint64{1});
    PairStatistics after;
    QCOMPARE(after.restore(before.takeChanges()), 0);
    QCOMPARE(after.thisRun().count(), quint64{0});
    QCOMPARE(after.thisRun().memory, quint64{0});
    QVERIFY(!after.thisRun().distributions.find(Figure::Stopped));
    after.observe(begin + 60, 1'000, 500);
    after.add(sample(begin + 60));
    QCOMPARE(after.thisRun().count(), quint64{1});
    QCOMPARE(after.thisRun().memory, quint64{1'000});
    QCOMPARE(after.lifetime().count(), quint64{2});
    QCOMPARE(after.lifetime().memory, quint64{5'096});
}

void PairStatisticsTest::forgetsWhatAWrongClockHasRecorded()
{
    PairStatistics statistics;
    const qint64 wrong = begin + 400 * 24 * hour;
    for (qint64 n = 0; n < 10; ++n) {
        statistics.observe(wrong + n, 1'024, 0);
        statistics.add(sample(wrong + n));
    }
    // The clock is set right: what comes now is kept.
    for (qint64 n = 0; n < 10; ++n) {
        statistics.observe(begin + n, 1'024, 0);
        statistics.add(sample(begin + n));
    }
    const auto report = statistics.report(queryOf(begin - hour, begin + 10, 60, 1'000));
    QCOMPARE(report.sums.seconds, quint64{10});
    QCOMPARE(report.sums.checkpoints, quint64{10});
    QCOMPARE(report.checkpoints.size(), qsizetype{10});
    QCOMPARE(report.distributions.find(Figure::Stopped)->count(), quint64{10});
    QCOMPARE(statistics.sums(wrong, wrong + 10).seconds, quint64{0});
    QCOMPARE(statistics.lifetime().count(), quint64{20});
    // One that was only set back a little costs nothing.
    statistics.observe(begin + 5, 0, 0);
    QCOMPARE(statistics.sums(begin, begin + 10).checkpoints, quint64{10});
}

void PairStatisticsTest::percentilesAreOfADayAtMost()
{
    PairStatistics statistics;
    statistics.add(sample(begin, 90'000));
    statistics.add(sample(begin + 48 * hour, 10'000));
    const auto report = statistics.report(queryOf(0, begin + 48 * hour + 1));
    QCOMPARE(report.distributions.find(Figure::Stopped)->count(), report.sums.checkpoints);
    QCOMPARE(report.sums.checkpoints, quint64{1});
}

void PairStatisticsTest::isBounded()
{
    PairStatistics statistics;
    qsizetype largest = 0;
    qsizetype pieces = 0;
    QSet<std::pair<int, qint64>> keys;
    for (qint64 n = 0; n < 30 * hour; ++n) { // more than a day, ten checkpoints in some seconds
        const qint64 second = begin + n;
        statistics.observe(second, 1'000'000, 100'000);
        for (int k = 0; k < (n % 60 == 0 ? 10 : 1); ++k)
            statistics.add(sample(second));
        if (n % 600 == 599) {
            const auto changes = statistics.takeChanges();
            pieces = std::max(pieces, changes.size());
            for (const auto& piece : changes) {
                largest = std::max(largest, piece.data.size());
                if (piece.kind == StatisticsPiece::Kind::Checkpoints)
                    keys.insert({int(piece.kind), piece.key});
            }
        }
    }
    QCOMPARE(statistics.checkpoints().size(), CheckpointRing::capacity);
    QVERIFY(statistics.sums(begin, begin + 30 * hour).seconds <= 86'400);
    QVERIFY(keys.size() <= qsizetype(CheckpointRing::blocks));
    QVERIFY2(largest <= 8'192, qPrintable(QString::number(largest)));
    QVERIFY2(pieces <= 40, qPrintable(QString::number(pieces)));
}

void PairStatisticsTest::survivesSpoiltPieces()
{
    PairStatistics before;
    before.observe(begin, 5'000, 5'000);
    before.add(sample(begin));
    const auto pieces = before.takeChanges();
    for (const StatisticsPiece& whole : pieces) {
        for (qsizetype length = 0; length < whole.data.size(); ++length) {
            PairStatistics after;
            StatisticsPiece cut = whole;
            cut.data.truncate(length);
            QCOMPARE(after.restore({cut}), 1);
        }
        StatisticsPiece later = whole;
        later.data[0] = char(99); // another format
        PairStatistics after;
        QCOMPARE(after.restore({later}), 1);
    }
}

void PairStatisticsTest::refusesABlockOfAnotherPlace()
{
    PairStatistics before;
    before.add(sample(begin));
    auto pieces = before.takeChanges();
    for (StatisticsPiece& piece : pieces) {
        if (piece.kind == StatisticsPiece::Kind::Checkpoints
            || piece.kind == StatisticsPiece::Kind::Hour)
            piece.key += 1;
    }
    PairStatistics after;
    QCOMPARE(after.restore(pieces), 2);
    QVERIFY(after.checkpoints().isEmpty());
}

QTEST_GUILESS_MAIN(PairStatisticsTest)
#include "PairStatisticsTest.moc"
