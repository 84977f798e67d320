// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QFile>
#include <QJsonArray>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

/// What the commands that only look print, against files in golden/. LOCKSTEP_WRITE_GOLDEN=1 writes
/// them anew, to be read before they are committed.
class OutputTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void printsAsBefore_data();
    void printsAsBefore();
    void saysOnStandardErrorThatThereIsNothing();
    void everyCommandHasHelp_data();
    void everyCommandHasHelp();
};

namespace {

void fill(Stage& stage)
{
    PairView interrupted = samplePair();
    interrupted.uuid = DomainUuid{QUuid{u"6ad1c0f4-6d2b-4f9e-9a51-3f3a5f0c0002"_s}};
    interrupted.domain = u"db"_s;
    interrupted.role = Role::Secondary;
    interrupted.state = PairState::Interrupted;
    interrupted.reason = u"beta does not answer; run 'lockstep takeover db' if it is off"_s;
    interrupted.peerConnected = false;
    interrupted.arbiter = u"fence"_s;
    interrupted.onArbiterLoss = u"wait"_s;
    interrupted.arbiterError = u"the fence agent failed: login refused"_s;
    interrupted.autoProtect = false;
    stage.pairs.put(interrupted);
    JobView running = sampleJob();
    running.timeLeft = std::chrono::milliseconds{124'600};
    stage.pairs.put(running);
    JobView done = sampleJob();
    done.id = JobId{2};
    done.kind = u"takeover"_s;
    done.state = JobState::Done;
    done.progress = 1;
    done.phase = u"make the domain persistent"_s;
    done.bytesDone = done.bytesTotal = {};
    done.ended = done.started.addSecs(2);
    done.result = {{u"live-ms"_s, 120}};
    stage.pairs.put(done);
    JobView failed = sampleJob();
    failed.id = JobId{3};
    failed.state = JobState::Failed;
    failed.error = Error{Errc::NoSpace, u"beta: 3 GiB are missing"_s};
    failed.ended = failed.started.addSecs(65);
    stage.pairs.put(failed);
    PeerInfo asked = samplePeer();
    asked.id = PeerId{u"c2"_s.repeated(32)};
    asked.name = u"gamma"_s;
    asked.address = u"10.0.0.3"_s;
    asked.trust = PeerTrust::Asked;
    asked.connected = false;
    asked.lastError = u"no route to host"_s;
    stage.peers.put(asked);
    stage.peers.probed =
        PeerProbe{.name = u"delta"_s, .id = PeerId{u"d3"_s.repeated(32)}, .version = u"0.1.0"_s};
    stage.pairs.record(sampleEvent());
    PairEvent jobFailed = sampleEvent();
    jobFailed.kind = EventKind::Job;
    jobFailed.severity = Severity::Error;
    jobFailed.text = u"job 3 (protect) has failed: beta: 3 GiB are missing"_s;
    jobFailed.role.reset();
    jobFailed.state.reset();
    jobFailed.epoch.reset();
    jobFailed.peer.clear();
    jobFailed.fields = {{u"job"_s, 3}, {u"error"_s, u"NoSpace"_s}};
    jobFailed.time = jobFailed.time.addMSecs(65'250);
    stage.pairs.record(jobFailed);
    PairEvent other = sampleEvent();
    other.uuid = interrupted.uuid;
    other.domain = u"db"_s;
    other.kind = EventKind::Decision;
    other.severity = Severity::Warning;
    other.role = Role::Secondary;
    other.state = PairState::Interrupted;
    other.text = u"wait for an administrator: beta does not answer"_s;
    stage.pairs.record(other);
    stage.pairs.report = {.domain = u"web1"_s,
                          .peerName = u"beta"_s,
                          .findings = {{.id = u"qemu-version"_s,
                                        .severity = Severity::Error,
                                        .host = u"beta"_s,
                                        .message = u"QEMU 10.0 has no working COLO"_s,
                                        .remedy = u"Install QEMU 11.1 or later."_s},
                                       {.id = u"memory"_s,
                                        .severity = Severity::Warning,
                                        .host = u"beta"_s,
                                        .message = u"only 2.1 GiB of 2.0 GiB are free"_s,
                                        .remedy = u"Stop something."_s},
                                       {.id = u"accelerator"_s,
                                        .severity = Severity::Info,
                                        .host = u"alpha"_s,
                                        .message = u"the domain runs under KVM"_s,
                                        .remedy = {}}}};
    stage.pairs.steps = {
        {.host = u"beta"_s, .title = u"create image web1-vda.qcow2"_s, .undo = u"delete it"_s},
        {.host = u"alpha"_s, .title = u"mirror disk vda"_s, .undo = u"cancel the mirror"_s},
        {.host = u"alpha"_s, .title = u"start COLO"_s, .undo = {}}};
}

struct Line
{
    const char* name;
    QString words;
    int status;
};

const std::vector<Line>& lines()
{
    static const std::vector<Line> all{
        {"list", u"list"_s, 0},
        {"show", u"show web1"_s, 0},
        {"show-by-uuid", u"show 6ad1c0f4-6d2b-4f9e-9a51-3f3a5f0c0002"_s, 0},
        {"show-unknown", u"show nothing"_s, 1},
        {"events", u"events"_s, 0},
        {"events-limit", u"events --limit 1"_s, 0},
        {"events-domain", u"events db"_s, 0},
        {"events-by-uuid", u"events 6AD1C0F4-6d2b-4f9e-9a51-3f3a5f0c0001"_s, 0},
        {"events-since", u"events --since 2026-11-20T18:40:30Z"_s, 0},
        {"usage-events", u"events --limit 0"_s, 2},
        {"usage-since", u"events --since soon"_s, 2},
        {"peer-list", u"peer list"_s, 0},
        {"peer-own", u"peer list --own"_s, 0},
        {"peer-show", u"peer show gamma"_s, 0},
        {"peer-unknown", u"peer show delta"_s, 1},
        {"peer-probe", u"peer probe 10.0.0.4"_s, 0},
        {"preflight", u"preflight web1 beta"_s, 1},
        {"plan", u"protect web1 beta --dry-run"_s, 0},
        {"job-list", u"job list"_s, 0},
        {"job-running", u"job show 1"_s, 0},
        {"job-done", u"job show 2"_s, 0},
        {"job-failed", u"job show 3"_s, 0},
        {"job-unknown", u"job show 99"_s, 1},
        {"job-wait", u"job wait 2"_s, 0},
        {"job-wait-failed", u"job wait 3"_s, 1},
        {"usage", u"protect"_s, 2},
        {"usage-option", u"list --frobnicate"_s, 2},
        {"usage-group", u"peer"_s, 2},
        {"usage-timeout", u"list --timeout 0"_s, 2},
        {"usage-arbiter", u"protect web1 beta --arbiter coin"_s, 2},
    };
    return all;
}

/// The file's text; with LOCKSTEP_WRITE_GOLDEN the text that is there from now on.
QString golden(const QString& name, const QString& now)
{
    QFile file{QFINDTESTDATA("golden") + u'/' + name};
    if (qEnvironmentVariableIsSet("LOCKSTEP_WRITE_GOLDEN") && file.open(QFile::WriteOnly))
        file.write(now.toUtf8());
    file.close();
    return file.open(QFile::ReadOnly) ? QString::fromUtf8(file.readAll())
                                      : u"(no such file: %1)"_s.arg(file.fileName());
}

} // namespace

void OutputTest::printsAsBefore_data()
{
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("status");
    for (const Line& line : lines()) {
        const QString name = QString::fromLatin1(line.name);
        QTest::newRow(line.name) << line.words << name + u".txt"_s << line.status;
        QTest::newRow(qPrintable(name + u"-json"_s))
            << line.words + u" --json"_s << name + u".json"_s << line.status;
    }
}

void OutputTest::printsAsBefore()
{
    QFETCH(QString, words);
    QFETCH(QString, file);
    QFETCH(int, status);
    Stage stage;
    fill(stage);
    const Outcome outcome = runCli(stage, words.split(u' '));
    QCOMPARE(outcome.status, status);
    // With --json all is on standard output; else errors are on standard error.
    QCOMPARE(outcome.err.isEmpty() || outcome.out.isEmpty(), true);
    const QString text = outcome.out + outcome.err;
    QCOMPARE(text, golden(file, text));
}

void OutputTest::saysOnStandardErrorThatThereIsNothing()
{
    Stage stage;
    stage.pairs.drop(samplePair().uuid);
    stage.pairs.drop(sampleJob().id);
    for (const QString& words : {u"list"_s, u"job list"_s, u"events"_s, u"events db"_s}) {
        const Outcome outcome = runCli(stage, words.split(u' '));
        QCOMPARE(outcome.status, 0);
        QVERIFY(outcome.out.isEmpty());
        QVERIFY(!outcome.err.isEmpty());
    }
    QCOMPARE(runCli(stage, {u"list"_s, u"--json"_s}).out.simplified(), u"{ \"pairs\": [ ] }"_s);
    QCOMPARE(runCli(stage, {u"events"_s, u"--json"_s}).out.simplified(), u"[ ]"_s);
}

void OutputTest::everyCommandHasHelp_data()
{
    QTest::addColumn<QString>("words");
    for (const char* words :
         {"",           "peer",           "peer add",   "peer accept", "peer list",
          "peer show",  "peer remove",    "preflight",  "protect",     "list",
          "show",       "events",         "takeover",   "switchover",  "host",
          "host drain", "continue-alone", "unprotect",  "job",         "job list",
          "job show",   "job wait",       "job cancel", "set",         "config",
          "peer probe", "peer set",       "doctor",     "stats"})
        QTest::newRow(words) << QString::fromLatin1(words);
}

void OutputTest::everyCommandHasHelp()
{
    QFETCH(QString, words);
    Stage stage;
    const Outcome outcome =
        runCli(stage, words.split(u' ', Qt::SkipEmptyParts) + QStringList{u"--help"_s});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.out.contains(u"Usage: lockstep"_s));
    QVERIFY(outcome.err.isEmpty());
}

QTEST_GUILESS_MAIN(OutputTest)
#include "OutputTest.moc"
