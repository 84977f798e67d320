// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QCoroTask>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

/// A daemon that hangs: the name is owned, and nobody answers.
class Deaf final
{
public:
    explicit Deaf(Stage& stage)
    {
        QCoro::waitFor(stage.service.stop());
        m_connection =
            sdbus::createSessionBusConnectionWithAddress(stage.bus.address().toStdString());
        m_connection->requestName(sdbus::ServiceName{dbus::service});
    }

private:
    std::unique_ptr<sdbus::IConnection> m_connection;
};

} // namespace

/// `--timeout`, for a lockstepd that does not answer. CommandsTest has it for jobs.
class TimeoutTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void endsTheWaitForADaemonThatHangs_data();
    void endsTheWaitForADaemonThatHangs();
    void countsForTheFirstLookAtAJob();
    void tellsWhatToDo();
    void countsForAWholeLine();
    void countsForOneCommandOfAScript();
    void standsBeforeOrAfterTheCommand();
    void isWrongUsageOutOfRange();
    void countsWhilePolkitIsSilent();
};

void TimeoutTest::endsTheWaitForADaemonThatHangs_data()
{
    QTest::addColumn<QStringList>("words");
    for (const QString& line :
         {u"list"_s, u"list --all"_s, u"list --watch"_s, u"show web1"_s, u"events --follow"_s,
          u"job show 1"_s, u"peer accept --yes"_s, u"config"_s, u"doctor"_s, u"protect web1 beta"_s,
          u"protect web1 beta --no-wait"_s, u"unprotect web1"_s})
        QTest::newRow(qPrintable(line)) << line.split(u' ');
}

void TimeoutTest::endsTheWaitForADaemonThatHangs()
{
    QFETCH(const QStringList, words);
    Stage stage;
    const Deaf deaf{stage};
    const Outcome outcome = runCli(stage, words + QStringList{u"--json"_s, u"--timeout"_s, u"1"_s});
    QVERIFY2(outcome.status == 5, qPrintable(outcome.out + outcome.err));
    QCOMPARE(outcome.errorName(), u"Timeout"_s);
}

void TimeoutTest::countsForTheFirstLookAtAJob()
{
    Stage stage;
    const Deaf deaf{stage};
    const Outcome outcome = runCli(stage, {u"job"_s, u"wait"_s, u"1"_s, u"--timeout"_s, u"3"_s});
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.contains(u"within 3 s"_s), qPrintable(outcome.err));
}

void TimeoutTest::tellsWhatToDo()
{
    Stage stage;
    const Deaf deaf{stage};
    const Outcome outcome = runCli(stage, {u"--timeout=1"_s, u"list"_s});
    QCOMPARE(outcome.out, QString{});
    QVERIFY2(outcome.err.startsWith(u"error: lockstepd did not answer within 1 s\n"_s),
             qPrintable(outcome.err));
    for (const QString& command :
         {u"systemctl status lockstepd"_s, u"journalctl -u lockstepd"_s, u"--timeout SECONDS"_s})
        QVERIFY2(outcome.err.contains(command), qPrintable(outcome.err));
}

void TimeoutTest::countsForAWholeLine()
{
    Stage stage;
    const Deaf deaf{stage};
    const Outcome outcome = runCli(stage, {u"--timeout"_s, u"1"_s, u"list; show web1"_s});
    QCOMPARE(outcome.status, 5);
    QCOMPARE(outcome.err.count(u"did not answer within 1 s"_s), qsizetype{2});
}

void TimeoutTest::countsForOneCommandOfAScript()
{
    Stage stage;
    const Deaf deaf{stage};
    CliRun run{stage};
    run.feed("list --timeout 2\nlist\n");
    run.start({u"--timeout"_s, u"1"_s});
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 5);
    QVERIFY2(outcome.err.indexOf(u"within 2 s"_s) < outcome.err.indexOf(u"within 1 s"_s),
             qPrintable(outcome.err));
}

void TimeoutTest::standsBeforeOrAfterTheCommand()
{
    Stage stage;
    QCOMPARE(runCli(stage, {u"--timeout"_s, u"5"_s, u"list"_s}).status, 0);
    QCOMPARE(runCli(stage, {u"show"_s, u"--timeout"_s, u"5"_s, u"web1"_s}).status, 0);
    QCOMPARE(runCli(stage, {u"peer"_s, u"list"_s, u"--timeout=5"_s}).status, 0);
}

void TimeoutTest::isWrongUsageOutOfRange()
{
    Stage stage;
    for (const QString& value : {u"0"_s, u"86401"_s, u"-1"_s, u"soon"_s, u"1.5"_s, u""_s}) {
        const Outcome outcome = runCli(stage, {u"list"_s, u"--timeout="_s + value});
        QVERIFY2(outcome.status == 2, qPrintable(value + outcome.err));
        QVERIFY(outcome.err.contains(u"--timeout"_s));
    }
    QCOMPARE(runCli(stage, {u"list"_s, u"--timeout"_s}).status, 2);
}

void TimeoutTest::countsWhilePolkitIsSilent()
{
    Stage stage;
    FakePolkit polkit{stage.bus.address()};
    polkit.silent = true;
    CliRun run{stage};
    run.asNobody();
    run.start({u"config"_s, u"--timeout"_s, u"1"_s, u"--json"_s});
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 5);
    QCOMPARE(outcome.errorName(), u"Timeout"_s);
}

QTEST_GUILESS_MAIN(TimeoutTest)
#include "TimeoutTest.moc"
