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
    job.id = JobId{2};
    job.state = state;
    job.error = std::move(error);
    job.progress = state == JobState::Done ? 1 : 0.5;
    job.ended = job.started.addSecs(4);
    return job;
}

} // namespace

/// What the commands that change something do, and how they end.
class CommandsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void protectWaitsForItsJob();
    void protectPrintsTheJobAsJson();
    void protectWithoutWaitingReturnsAtOnce();
    void protectPassesHowThePairFailsOver();
    void protectTakesOnlyWhatThereIs();
    void protectReportsHowTheJobFailed();
    void aCancelledJobIsStatusFive();
    void aDaemonThatDiesIsStatusThree();
    void aSignalLeavesTheJobRunning();
    void terminationDoesNotAsk();
    void aTimeoutLeavesTheJobRunning();
    void waitingAndNotWaitingIsWrongUsage();
    void ctrlCAtATerminalCancelsOnRequest();
    void ctrlCTwiceLeavesTheJobRunning();
    void showsProgressAtATerminal();

    void takeoverNamesTheDomainByUuid();
    void takeoverAsksAtATerminalIfTheOtherHostLives();
    void takeoverAsksNothingWithYes();
    void switchoverSaysWhereTheDomainRuns_data();
    void switchoverSaysWhereTheDomainRuns();
    void switchoverReportsWhyItCannot();
    void drainWaitsForItsJob();
    void continueAloneAndUnprotectStartTheirJobs();
    void everyJobIsPrintedAsJson_data();
    void everyJobIsPrintedAsJson();
    void unpairedDomainIsStatusOne();

    void jobCancelPrintsTheJobAsJson();
    void preflightPassesWhatChangesIt();

    void noDaemonIsStatusThree();
    void deniedIsStatusFour();
    void refusedArgumentIsStatusTwo();
};

void CommandsTest::protectWaitsForItsJob()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s, u"--image-directory"_s, u"/images"_s});
    QVERIFY(run.waitFor(u"copy disk vda\n"_s));
    JobView job = ended(JobState::Done);
    job.result = {{u"live-ms"_s, 210}};
    stage.pairs.put(job);
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, u"web1 is protected (live-ms 210)\n"_s);
    QCOMPARE(outcome.err, u"copy disk vda\n"_s);
    QCOMPARE(stage.pairs.calls, QStringList{u"protect web1 beta /images"_s});
}

void CommandsTest::protectPrintsTheJobAsJson()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s, u"--json"_s});
    QVERIFY(run.waitFor(u"copy disk vda\n"_s));
    stage.pairs.put(ended(JobState::Done));
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.json()[u"state"].toString(), u"done"_s);
    QCOMPARE(outcome.json()[u"ended"].toString(), u"2026-11-20T18:40:04.000Z"_s);
    QVERIFY(outcome.json()[u"error"].isNull());
}

void CommandsTest::protectWithoutWaitingReturnsAtOnce()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"protect"_s, u"web1"_s, u"--no-wait"_s});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.out.startsWith(u"job 2 has been started"_s));
    QCOMPARE(stage.pairs.calls, QStringList{u"protect web1  "_s});
}

void CommandsTest::protectPassesHowThePairFailsOver()
{
    Stage stage;
    stage.pairs.nextJob = ended(JobState::Done);
    const auto protect = [&stage](const QStringList& options) {
        return runCli(stage, QStringList{u"protect"_s, u"web1"_s, u"beta"_s} + options).status;
    };
    QCOMPARE(protect({u"--arbiter"_s, u"etcd"_s, u"--on-arbiter-loss"_s, u"primary-continues"_s,
                      u"--auto-protect"_s}),
             0);
    QCOMPARE(protect({u"--arbiter"_s, u"fence"_s, u"--no-auto-protect"_s}), 0);
    QCOMPARE(
        stage.pairs.calls,
        (QStringList{
            u"protect web1 beta  arbiter=etcd on-arbiter-loss=primary-continues auto-protect"_s,
            u"protect web1 beta  arbiter=fence no auto-protect"_s}));
}

void CommandsTest::protectTakesOnlyWhatThereIs()
{
    Stage stage;
    for (const auto& words :
         {QStringList{u"--arbiter"_s, u"coin"_s}, QStringList{u"--on-arbiter-loss"_s, u"hope"_s},
          QStringList{u"--arbiter"_s}}) {
        const Outcome outcome =
            runCli(stage, QStringList{u"protect"_s, u"web1"_s, u"beta"_s} + words);
        QCOMPARE(outcome.status, 2);
        QVERIFY(!outcome.err.isEmpty());
    }
    QVERIFY(stage.pairs.calls.isEmpty());
}

void CommandsTest::protectReportsHowTheJobFailed()
{
    Stage stage;
    stage.pairs.nextJob = ended(
        JobState::Failed, Error{Errc::NoSpace, u"beta: 3 GiB are missing"_s, u"Free them."_s});
    const Outcome outcome = runCli(stage, {u"protect"_s, u"web1"_s, u"beta"_s});
    QCOMPARE(outcome.status, 1);
    QVERIFY(outcome.out.isEmpty());
    QCOMPARE(outcome.err, u"error: beta: 3 GiB are missing\n  what to do: Free them.\n"_s);
}

void CommandsTest::aCancelledJobIsStatusFive()
{
    Stage stage;
    stage.pairs.nextJob = ended(JobState::Cancelled, Error{Errc::Cancelled, u"cancelled"_s});
    const Outcome outcome = runCli(stage, {u"protect"_s, u"web1"_s, u"beta"_s, u"--json"_s});
    QCOMPARE(outcome.status, 5);
    QCOMPARE(outcome.errorName(), u"Cancelled"_s);
}

void CommandsTest::aDaemonThatDiesIsStatusThree()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s, u"--json"_s});
    QVERIFY(run.waitFor(u"copy disk vda\n"_s));
    QCoro::waitFor(stage.service.stop());
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 3);
    QCOMPARE(outcome.errorName(), u"DaemonUnavailable"_s);
}

void CommandsTest::aSignalLeavesTheJobRunning()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s});
    QVERIFY(run.waitFor(u"copy disk vda\n"_s));
    run.interrupt();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.contains(u"job 2 (protect web1) goes on"_s), qPrintable(outcome.err));
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
}

void CommandsTest::terminationDoesNotAsk()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s});
    QVERIFY(run.waitFor(u"copy disk vda"_s));
    run.terminate();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.contains(u"goes on in the daemon"_s), qPrintable(outcome.err));
    QVERIFY(!outcome.err.contains(u"[c]ancel"_s));
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
}

void CommandsTest::aTimeoutLeavesTheJobRunning()
{
    Stage stage;
    const Outcome outcome =
        runCli(stage, {u"protect"_s, u"web1"_s, u"beta"_s, u"--timeout"_s, u"1"_s});
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.contains(
                 u"job 2 (protect web1) takes longer than 1 s; it goes on in the daemon\n"_s),
             qPrintable(outcome.err));
    QVERIFY(outcome.err.contains(u"lockstep job show 2"_s));
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
}

void CommandsTest::waitingAndNotWaitingIsWrongUsage()
{
    Stage stage;
    for (const QString& words : {u"--wait --no-wait"_s, u"--timeout 0"_s, u"--timeout x"_s}) {
        QCOMPARE(runCli(stage, QStringList{u"unprotect"_s, u"web1"_s} + words.split(u' ')).status,
                 2);
    }
    QVERIFY(stage.pairs.calls.isEmpty());
    stage.pairs.nextJob = ended(JobState::Done);
    QCOMPARE(runCli(stage, u"unprotect web1 --wait --timeout 5"_s.split(u' ')).status, 0);
    QCOMPARE(runCli(stage, u"unprotect web1 --no-wait --timeout 5"_s.split(u' ')).status, 0);
}

void CommandsTest::ctrlCAtATerminalCancelsOnRequest()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s});
    QVERIFY(run.waitFor(u"copy disk vda"_s));
    run.type("\x03");
    QVERIFY(run.waitFor(u"[c]ancel it"_s));
    run.type("c\n");
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 5);
    QCOMPARE(stage.pairs.calls.last(), u"cancel 2"_s);
    QVERIFY2(outcome.err.contains(u"cancelled by the administrator"_s), qPrintable(outcome.err));
}

void CommandsTest::ctrlCTwiceLeavesTheJobRunning()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s});
    QVERIFY(run.waitFor(u"copy disk vda"_s));
    run.type("\x03");
    QVERIFY(run.waitFor(u"[c]ancel it"_s));
    run.type("\x03");
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.contains(u"goes on in the daemon"_s), qPrintable(outcome.err));
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
}

void CommandsTest::showsProgressAtATerminal()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"protect"_s, u"web1"_s, u"beta"_s});
    QVERIFY(run.waitFor(u"copy disk vda  [#####...............]  25%  1.0 GiB of 4.0 GiB"_s));
    stage.pairs.put(ended(JobState::Done));
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QVERIFY2(outcome.err.endsWith(u"web1 is protected\r\n"_s), qPrintable(outcome.err));
}

void CommandsTest::takeoverNamesTheDomainByUuid()
{
    Stage stage;
    stage.pairs.nextJob = ended(JobState::Done);
    stage.pairs.nextJob.result = {{u"live-ms"_s, 120}};
    const Outcome outcome = runCli(stage, {u"takeover"_s, u"web1"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, u"web1 runs here now (live-ms 120)\n"_s);
    QCOMPARE(stage.pairs.calls, QStringList{u"takeover "_s + toString(samplePair().uuid)});
}

void CommandsTest::takeoverAsksAtATerminalIfTheOtherHostLives()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"takeover"_s, u"web1"_s});
    QVERIFY(run.waitFor(u"Type yes to go on: "_s));
    run.type("no\n");
    QCOMPARE(run.finish().status, 5);
    QVERIFY(stage.pairs.calls.isEmpty());
}

void CommandsTest::takeoverAsksNothingWithYes()
{
    Stage stage;
    stage.pairs.nextJob = ended(JobState::Done);
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"takeover"_s, u"web1"_s, u"--yes"_s});
    QCOMPARE(run.finish().status, 0);
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
}

void CommandsTest::switchoverSaysWhereTheDomainRuns_data()
{
    QTest::addColumn<Role>("role");
    QTest::addColumn<QString>("said");
    QTest::newRow("primary") << Role::Primary << u"web1 runs on beta now\n"_s;
    QTest::newRow("secondary") << Role::Secondary << u"web1 runs here now\n"_s;
}

void CommandsTest::switchoverSaysWhereTheDomainRuns()
{
    QFETCH(const Role, role);
    QFETCH(const QString, said);
    Stage stage;
    PairView pair = samplePair();
    pair.role = role;
    stage.pairs.put(pair);
    stage.pairs.nextJob = ended(JobState::Done);
    const Outcome outcome = runCli(stage, {u"switchover"_s, u"web1"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, said);
    QCOMPARE(stage.pairs.calls, QStringList{u"switchover "_s + toString(pair.uuid)});
}

void CommandsTest::switchoverReportsWhyItCannot()
{
    Stage stage;
    stage.pairs.refusal = Error{Errc::NotInStep, u"the pair is copying"_s};
    const Outcome outcome = runCli(stage, {u"switchover"_s, u"web1"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"NotInStep"_s);
    QCOMPARE(runCli(stage, {u"switchover"_s}).status, 2);
}

void CommandsTest::drainWaitsForItsJob()
{
    Stage stage;
    stage.pairs.nextJob = ended(JobState::Done);
    stage.pairs.nextJob.kind = u"drain"_s;
    stage.pairs.nextJob.domain = u"alpha"_s;
    stage.pairs.nextJob.uuid = {};
    stage.pairs.nextJob.result = {{u"switched-over"_s, 2}};
    const Outcome outcome = runCli(stage, {u"host"_s, u"drain"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, u"no protected domain runs on this host any more (switched-over 2)\n"_s);
    QCOMPARE(stage.pairs.calls, QStringList{u"drain"_s});
    QVERIFY(runCli(stage, {u"host"_s, u"drain"_s, u"--no-wait"_s})
                .out.startsWith(u"job 2 has been started"_s));
    QCOMPARE(runCli(stage, {u"host"_s}).status, 2);
}

void CommandsTest::continueAloneAndUnprotectStartTheirJobs()
{
    Stage stage;
    stage.pairs.nextJob = ended(JobState::Done);
    const QString uuid = toString(samplePair().uuid);
    QCOMPARE(runCli(stage, {u"continue-alone"_s, u"web1"_s}).out,
             u"web1 goes on here, unprotected\n"_s);
    QCOMPARE(runCli(stage, {u"unprotect"_s, uuid}).out, u"web1 is a plain domain again\n"_s);
    QCOMPARE(stage.pairs.calls, (QStringList{u"continue-alone "_s + uuid, u"unprotect "_s + uuid}));
}

void CommandsTest::everyJobIsPrintedAsJson_data()
{
    QTest::addColumn<QString>("words");
    for (const char* words : {"switchover web1", "takeover web1 --yes", "continue-alone web1 --yes",
                              "unprotect web1", "host drain"})
        QTest::newRow(words) << QString::fromLatin1(words);
}

void CommandsTest::everyJobIsPrintedAsJson()
{
    QFETCH(const QString, words);
    Stage stage;
    stage.pairs.nextJob = ended(JobState::Done);
    const Outcome outcome = runCli(stage, words.split(u' ') + QStringList{u"--json"_s});
    QVERIFY2(outcome.status == 0, qPrintable(outcome.out + outcome.err));
    QCOMPARE(outcome.json()[u"id"].toInteger(), qint64{2});
    QCOMPARE(outcome.json()[u"state"].toString(), u"done"_s);
}

void CommandsTest::unpairedDomainIsStatusOne()
{
    Stage stage;
    stage.hypervisor.known = {{.uuid = DomainUuid{QUuid::createUuid()}, .name = u"plain"_s}};
    const Outcome outcome = runCli(stage, {u"takeover"_s, u"plain"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"UnknownPair"_s);
}

void CommandsTest::preflightPassesWhatChangesIt()
{
    Stage stage;
    stage.pairs.report = {.domain = u"web1"_s, .peerName = u"beta"_s, .findings = {}};
    const auto preflight = [&stage](const QStringList& words) {
        const Outcome outcome = runCli(stage, QStringList{u"preflight"_s, u"web1"_s} + words);
        return outcome.status == 0 ? outcome.out : outcome.err;
    };
    const QString verdict = u"web1 can be protected towards beta: 0 errors, 0 warnings\n"_s;
    QCOMPARE(preflight({}), verdict); // the last peer, whose name lockstepd tells
    QCOMPARE(preflight({u"beta"_s, u"--reuse-disks"_s}), verdict);
    QCOMPARE(preflight({u"beta"_s, u"--no-reuse-disks"_s, u"--image-directory"_s, u"/images"_s}),
             verdict);
    QCOMPARE(stage.pairs.calls,
             (QStringList{u"preflight web1  "_s, u"preflight web1 beta  reuse-disks"_s,
                          u"preflight web1 beta /images no reuse-disks"_s}));
}

void CommandsTest::jobCancelPrintsTheJobAsJson()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"job"_s, u"cancel"_s, u"1"_s, u"--json"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.json()[u"id"].toInteger(), qint64{1});
    QCOMPARE(stage.pairs.calls, QStringList{u"cancel 1"_s});
}

void CommandsTest::noDaemonIsStatusThree()
{
    Stage stage;
    QCoro::waitFor(stage.service.stop());
    const Outcome outcome = runCli(stage, {u"list"_s, u"--json"_s});
    QCOMPARE(outcome.status, 3);
    QCOMPARE(outcome.errorName(), u"DaemonUnavailable"_s);
    stage.bus.stop();
    QCOMPARE(runCli(stage, {u"list"_s}).status, 3);
}

void CommandsTest::deniedIsStatusFour()
{
    Stage stage;
    FakePolkit polkit{stage.bus.address()};
    CliRun run{stage};
    run.asNobody();
    run.start({u"protect"_s, u"web1"_s, u"beta"_s, u"--json"_s});
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 4);
    QCOMPARE(outcome.errorName(), u"NotAuthorized"_s);
    QCOMPARE(polkit.questions.at(0).flags, uint32_t{0});
}

void CommandsTest::refusedArgumentIsStatusTwo()
{
    Stage stage;
    stage.pairs.refusal = Error{Errc::InvalidArgument, u"the image directory is not absolute"_s};
    const Outcome outcome =
        runCli(stage, {u"protect"_s, u"web1"_s, u"beta"_s, u"--image-directory"_s, u"x"_s});
    QCOMPARE(outcome.status, 2);
    QVERIFY(
        outcome.err.startsWith(u"error: the image directory is not absolute\n  what to do: "_s));
}

QTEST_GUILESS_MAIN(CommandsTest)
#include "CommandsTest.moc"
