// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

JobView ended(JobState state, std::optional<Error> error = {})
{
    JobView job = sampleJob();
    job.state = state;
    job.error = std::move(error);
    job.ended = job.started.addSecs(4);
    return job;
}

} // namespace

/// `job wait` and `job cancel`, of a job that somebody has left running.
class JobCommandsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void waitFollowsAJobThatWasLeftRunning();
    void waitEndsAsTheJobDid();
    void waitAsksAboutCtrlC();
    void waitEndsAfterItsTimeout();
    void cancelAsksTheJobToStop();
};

void JobCommandsTest::waitFollowsAJobThatWasLeftRunning()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"job"_s, u"wait"_s, u"1"_s});
    QVERIFY(run.waitFor(u"copy disk vda\n"_s));
    JobView job = ended(JobState::Done);
    job.result = {{u"live-ms"_s, 210}};
    stage.pairs.put(job);
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, u"job 1 (protect web1) is done (live-ms 210)\n"_s);
    QVERIFY(stage.pairs.calls.isEmpty());
    // It is the same afterwards.
    const Outcome later = runCli(stage, {u"job"_s, u"wait"_s, u"1"_s, u"--json"_s});
    QCOMPARE(later.status, 0);
    QCOMPARE(later.json()[u"state"].toString(), u"done"_s);
}

void JobCommandsTest::waitEndsAsTheJobDid()
{
    Stage stage;
    const auto wait = [&stage](const JobView& job) {
        stage.pairs.put(job);
        return runCli(stage, {u"job"_s, u"wait"_s, u"1"_s, u"--json"_s});
    };
    Outcome outcome = wait(ended(JobState::Failed, Error{Errc::NoSpace, u"3 GiB are missing"_s}));
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"NoSpace"_s);
    outcome = wait(ended(JobState::Cancelled, Error{Errc::Cancelled, u"cancelled"_s}));
    QCOMPARE(outcome.status, 5);
    QCOMPARE(outcome.errorName(), u"Cancelled"_s);
    outcome = runCli(stage, {u"job"_s, u"wait"_s, u"99"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"UnknownJob"_s);
    QCOMPARE(runCli(stage, {u"job"_s, u"wait"_s, u"one"_s}).status, 2);
    QCOMPARE(runCli(stage, {u"job"_s, u"wait"_s}).status, 2);
}

void JobCommandsTest::waitAsksAboutCtrlC()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"job"_s, u"wait"_s, u"1"_s});
    QVERIFY(run.waitFor(u"copy disk vda"_s));
    run.type("\x03");
    QVERIFY(run.waitFor(u"[c]ancel it"_s));
    run.type("l\n");
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.contains(u"job 1 (protect web1) goes on in the daemon"_s),
             qPrintable(outcome.err));
    QVERIFY(stage.pairs.calls.isEmpty());
}

void JobCommandsTest::waitEndsAfterItsTimeout()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"job"_s, u"wait"_s, u"1"_s, u"--timeout"_s, u"1"_s});
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.contains(u"job 1 (protect web1) takes longer than 1 s"_s),
             qPrintable(outcome.err));
}

void JobCommandsTest::cancelAsksTheJobToStop()
{
    Stage stage;
    QCOMPARE(runCli(stage, {u"job"_s, u"cancel"_s, u"1"_s}).status, 0);
    QCOMPARE(stage.pairs.calls, QStringList{u"cancel 1"_s});
    QCOMPARE(runCli(stage, {u"job"_s, u"cancel"_s, u"one"_s}).status, 2);
}

QTEST_GUILESS_MAIN(JobCommandsTest)
#include "JobCommandsTest.moc"
