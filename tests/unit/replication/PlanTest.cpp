// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Plan.h"

#include <spdlog/spdlog.h>

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

namespace {

Task<Result<void>> work(QStringList* log, QString entry, bool good)
{
    (void)co_await pause(std::chrono::milliseconds{0});
    log->append(entry);
    if (!good)
        co_return failure(Errc::Refused, entry + u" refused"_s, u"mend it"_s);
    co_return {};
}

} // namespace

class PlanTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { spdlog::set_level(spdlog::level::off); }
    void runsStepsInOrder();
    void undoesLastFirstAndTheFailedStepToo();
    void undoesWhatWasDoneWhenCancelledBetweenSteps();
    void doesNothingWhenCancelledBefore();
    void goesOnAfterAnUndoThatFails();
    void keepsCodeAndRemedyOfTheFailure();
    void undoesEverythingAfterARestart();
    void neverShowsLessProgressThanBefore();
    void showsTheShareOfBytesWithinAStep();

private:
    void add(Plan& plan, const QString& name, bool good = true, bool undoGood = true,
             double weight = 1)
    {
        plan.add({u"alpha"_s, name, u"undo "_s + name,
                  [this, name, good](StepContext) { return work(&m_log, name, good); },
                  [this, name, undoGood] { return work(&m_log, u"undo "_s + name, undoGood); },
                  weight});
    }
    QStringList m_log;
};

void PlanTest::runsStepsInOrder()
{
    m_log.clear();
    Plan plan;
    for (const auto& name : {u"a"_s, u"b"_s, u"c"_s})
        add(plan, name);
    QVERIFY(QCoro::waitFor(plan.run({}, {})));
    QCOMPARE(m_log, (QStringList{u"a"_s, u"b"_s, u"c"_s}));
}

void PlanTest::undoesLastFirstAndTheFailedStepToo()
{
    m_log.clear();
    Plan plan;
    add(plan, u"a"_s);
    plan.add({u"alpha"_s,
              u"b"_s,
              {},
              [this](StepContext) { return work(&m_log, u"b"_s, true); },
              {},
              1});
    add(plan, u"c"_s, false);
    add(plan, u"d"_s);
    QVERIFY(!QCoro::waitFor(plan.run({}, {})));
    QCOMPARE(m_log, (QStringList{u"a"_s, u"b"_s, u"c"_s, u"undo c"_s, u"undo a"_s}));
}

void PlanTest::undoesWhatWasDoneWhenCancelledBetweenSteps()
{
    m_log.clear();
    std::stop_source stop;
    Plan plan;
    add(plan, u"a"_s);
    plan.add({u"alpha"_s, u"b"_s, u"undo b"_s,
              [this, &stop](StepContext) {
                  stop.request_stop(); // asked for while b works; b itself ends well
                  return work(&m_log, u"b"_s, true);
              },
              [this] { return work(&m_log, u"undo b"_s, true); }, 1});
    add(plan, u"c"_s);
    const auto result = QCoro::waitFor(plan.run(stop.get_token(), {}));
    QCOMPARE(result.error().code(), Errc::Cancelled);
    QCOMPARE(m_log, (QStringList{u"a"_s, u"b"_s, u"undo c"_s, u"undo b"_s, u"undo a"_s}));
}

void PlanTest::doesNothingWhenCancelledBefore()
{
    m_log.clear();
    std::stop_source stop;
    stop.request_stop();
    Plan plan;
    add(plan, u"a"_s);
    QCOMPARE(QCoro::waitFor(plan.run(stop.get_token(), {})).error().code(), Errc::Cancelled);
    QVERIFY(!m_log.contains(u"a"_s));
}

void PlanTest::goesOnAfterAnUndoThatFails()
{
    m_log.clear();
    Plan plan;
    add(plan, u"a"_s);
    add(plan, u"b"_s, true, false);
    add(plan, u"c"_s, false);
    const auto result = QCoro::waitFor(plan.run({}, {}));
    QCOMPARE(m_log.last(), u"undo a"_s);
    QVERIFY(!result);
    // Both matter to whoever has to clean up: why it failed, and what is still there.
    QVERIFY2(result.error().message().contains(u"c refused"), qPrintable(result.error().message()));
    QVERIFY2(result.error().message().contains(u"undo b"), qPrintable(result.error().message()));
}

void PlanTest::keepsCodeAndRemedyOfTheFailure()
{
    Plan plan;
    add(plan, u"a"_s, false);
    const auto result = QCoro::waitFor(plan.run({}, {}));
    QCOMPARE(result.error().code(), Errc::Refused);
    QCOMPARE(result.error().remedy(), u"mend it"_s);
    QVERIFY(result.error().message().startsWith(u"a: "));
}

void PlanTest::undoesEverythingAfterARestart()
{
    m_log.clear();
    Plan plan;
    add(plan, u"a"_s);
    add(plan, u"b"_s, true, false);
    add(plan, u"c"_s);
    const auto result = QCoro::waitFor(plan.undoAll());
    QCOMPARE(m_log, (QStringList{u"undo c"_s, u"undo b"_s, u"undo a"_s}));
    QVERIFY(!result);
}

void PlanTest::neverShowsLessProgressThanBefore()
{
    Plan plan;
    for (int i = 0; i < 4; ++i) {
        plan.add({u"alpha"_s,
                  u"copy"_s,
                  {},
                  [](StepContext context) -> Task<Result<void>> {
                      context.report({0}, {10});
                      context.report({5}, {10});
                      context.report({20}, {10}); // a disk that grew meanwhile
                      co_return {};
                  },
                  {},
                  double(i)});
    }
    double last = 0;
    const auto observer = [&last](const StepProgress& progress) {
        QVERIFY2(progress.total >= last && progress.total <= 1,
                 qPrintable(QString::number(progress.total)));
        last = progress.total;
    };
    QVERIFY(QCoro::waitFor(plan.run({}, observer)));
    QCOMPARE(last, 1.0);
}

void PlanTest::showsTheShareOfBytesWithinAStep()
{
    Plan plan;
    add(plan, u"a"_s, true, true, 1);
    plan.add({u"alpha"_s,
              u"copy"_s,
              {},
              [](StepContext context) -> Task<Result<void>> {
                  context.report(Bytes{50}, Bytes{100});
                  co_return {};
              },
              {},
              3});
    QList<StepProgress> seen;
    QVERIFY(QCoro::waitFor(
        plan.run({}, [&seen](const StepProgress& progress) { seen.append(progress); })));
    QCOMPARE(seen.last().total, (1.0 + 1.5) / 4.0);
    QCOMPARE(seen.last().done, Bytes{50});
    QCOMPARE(seen.last().title, u"copy"_s);
}

QTEST_GUILESS_MAIN(PlanTest)
#include "PlanTest.moc"
