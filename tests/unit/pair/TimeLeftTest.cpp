// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/TimeLeft.h"

#include <QTest>

#include <cmath>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;

namespace {

/// A job whose clock the test turns; steps of 100 ms as Plan reports them.
struct Run
{
    static constexpr auto step = 100ms;

    /// Copies at `speed` shares of the job a second for `time`.
    void copy(const QString& phase, double speed, std::chrono::milliseconds time)
    {
        left.report(phase, done, true, now);
        for (auto passed = 0ms; passed < time; passed += step) {
            const double before = seconds();
            now += step;
            done += speed * 0.1;
            left.report(phase, done, true, now);
            if (before > 0 && seconds() > 0)
                widest = std::max(widest, std::abs(seconds() - (before - 0.1)) / before);
        }
    }
    /// Another phase, of which nobody knows how long it takes.
    void wait(const QString& phase, std::chrono::milliseconds time)
    {
        left.report(phase, done, false, now);
        now += time;
    }
    [[nodiscard]] double seconds() const
    {
        return std::chrono::duration<double>(left.at(now)).count();
    }

    TimeLeft left;
    TimeLeft::Clock::time_point now{1h};
    double done{0};
    double widest{0}; ///< The widest jump within a step, relative to what was left.
};

} // namespace

class TimeLeftTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void saysNothingAtFirst();
    void comesDownWithASteadyCopy();
    void followsAnotherSpeedWithoutJumps();
    void knowsNothingOfAStandstill();
    void countsDownBetweenCopies();
    void takesTheSpeedAlongToTheNextCopy();
    void neverGoesBelowNothing();
};

void TimeLeftTest::saysNothingAtFirst()
{
    Run run;
    QCOMPARE(run.seconds(), 0.0);
    run.wait(u"prepare the shadow"_s, 10s);
    QCOMPARE(run.seconds(), 0.0);
    run.copy(u"copy disk vda"_s, 0.01, 900ms);
    QCOMPARE(run.seconds(), 0.0); // too short a look
}

void TimeLeftTest::comesDownWithASteadyCopy()
{
    Run run;
    run.copy(u"copy disk vda"_s, 0.01, 2s);
    for (int i = 0; i < 9; ++i) {
        const double truth = (1 - run.done) / 0.01;
        QVERIFY2(std::abs(run.seconds() - truth) < 0.01 * truth,
                 qPrintable(u"%1 of %2"_s.arg(run.seconds()).arg(truth)));
        run.copy(u"copy disk vda"_s, 0.01, 10s);
    }
    QVERIFY(run.widest < 0.01);
}

void TimeLeftTest::followsAnotherSpeedWithoutJumps()
{
    // Four times slower, as when a guest begins to write; then as before.
    Run run;
    run.copy(u"copy disk vda"_s, 0.01, 10s);
    run.copy(u"copy disk vda"_s, 0.0025, 60s);
    const double slow = (1 - run.done) / 0.0025;
    QVERIFY2(std::abs(run.seconds() - slow) < 0.05 * slow,
             qPrintable(QString::number(run.seconds())));
    run.copy(u"copy disk vda"_s, 0.01, 40s);
    const double fast = (1 - run.done) / 0.01;
    QVERIFY2(std::abs(run.seconds() - fast) < 0.25 * fast,
             qPrintable(QString::number(run.seconds())));
    QVERIFY2(run.widest < 0.05, qPrintable(QString::number(run.widest)));
}

void TimeLeftTest::knowsNothingOfAStandstill()
{
    Run run;
    run.copy(u"copy disk vda"_s, 0.01, 10s);
    run.copy(u"copy disk vda"_s, 0, 10min);
    QCOMPARE(run.seconds(), 0.0);
    // It comes back once it goes on.
    run.copy(u"copy disk vda"_s, 0.01, 60s);
    QVERIFY2(run.seconds() > 0 && run.seconds() < 120, qPrintable(QString::number(run.seconds())));
}

void TimeLeftTest::countsDownBetweenCopies()
{
    Run run;
    run.copy(u"copy disk vda"_s, 0.01, 20s);
    const double before = run.seconds();
    run.wait(u"connect the network"_s, 5s);
    QVERIFY(std::abs(run.seconds() - (before - 5)) < 0.01);
}

void TimeLeftTest::takesTheSpeedAlongToTheNextCopy()
{
    Run run;
    run.copy(u"copy disk vda"_s, 0.01, 20s);
    run.wait(u"connect"_s, 100ms);
    run.copy(u"copy disk vdb"_s, 0.01, 500ms);
    const double truth = (1 - run.done) / 0.01;
    QVERIFY2(std::abs(run.seconds() - truth) < 0.05 * truth,
             qPrintable(QString::number(run.seconds())));
}

void TimeLeftTest::neverGoesBelowNothing()
{
    Run run;
    run.copy(u"copy disk vda"_s, 0.05, 19s);
    run.wait(u"start COLO"_s, 1h);
    QCOMPARE(run.seconds(), 0.0);
}

QTEST_GUILESS_MAIN(TimeLeftTest)
#include "TimeLeftTest.moc"
