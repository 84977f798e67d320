// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

/// A folder with an `ssh` that is this script; `$words` are what it was called with.
class FakeSsh final
{
public:
    explicit FakeSsh(const QByteArray& script)
    {
        QFile file{m_folder.filePath(u"ssh"_s)};
        if (!file.open(QFile::WriteOnly))
            qFatal("no ssh can be written");
        file.write("#!/bin/sh\necho \"$*\" >>'" + called().toUtf8() + "'\necho $$ >'"
                   + process().toUtf8() + "'\n" + script);
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::ReadOther
                            | QFile::ExeOther);
    }
    [[nodiscard]] QString path() const { return m_folder.path() + u":/usr/bin:/bin"_s; }
    [[nodiscard]] QStringList calls() const
    {
        QFile file{called()};
        if (!file.open(QFile::ReadOnly))
            return {};
        return QString::fromUtf8(file.readAll()).split(u'\n', Qt::SkipEmptyParts);
    }
    /// As when the network is lost for long.
    void end() const
    {
        QFile file{process()};
        QVERIFY(file.open(QFile::ReadOnly));
        QCOMPARE(::kill(file.readAll().trimmed().toInt(), SIGKILL), 0);
    }

private:
    [[nodiscard]] QString process() const { return m_folder.filePath(u"process"_s); }
    [[nodiscard]] QString called() const { return m_folder.filePath(u"called"_s); }

    QTemporaryDir m_folder;
};

/// What the real ssh comes to, with another host's bus at its end.
QByteArray bridgeTo(const Stage& stage)
{
    return "exec systemd-stdio-bridge --bus-path='" + stage.bus.address().toUtf8() + "'\n";
}

Outcome runWith(Stage& stage, const FakeSsh& ssh, const QStringList& arguments,
                const QString& variable = {})
{
    CliRun run{stage};
    run.setVariable(u"PATH"_s, ssh.path());
    // Whatever still goes to the bus of this host fails.
    run.setVariable(u"DBUS_SYSTEM_BUS_ADDRESS"_s, u"unix:path=/nonexistent"_s);
    if (!variable.isNull())
        run.setVariable(u"LOCKSTEP_CONNECT"_s, variable);
    run.start(arguments);
    return run.finish();
}

const QString usual = u"-xT -o ConnectTimeout=20 -o ServerAliveInterval=15"_s;

} // namespace

/// `lockstep --connect`, with a stand-in for ssh.
class ConnectTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void speaksToTheOtherHost();
    void takesTheHostFromTheEnvironment();
    void followsAJobThere();
    void tellsWhenSshEndsMeanwhile_data();
    void tellsWhenSshEndsMeanwhile();
    void shellConnectsOnce();
    void reportsWhatSshSays();
    void reportsAMissingBridge();
    void reportsAMissingSsh();
    void reportsNoiseInsteadOfABus();
    void saysWhereTheDaemonIsAway();
    void refusesHostileHostsBeforeSsh();
};

void ConnectTest::speaksToTheOtherHost()
{
    Stage stage;
    const FakeSsh ssh{bridgeTo(stage)};
    const Outcome outcome =
        runWith(stage, ssh, {u"-c"_s, u"ssh://ops@beta:2222"_s, u"list"_s, u"--json"_s});
    QVERIFY2(outcome.status == 0, qPrintable(outcome.out + outcome.err));
    QVERIFY(outcome.out.contains(u"web1"_s));
    QCOMPARE(ssh.calls(), QStringList{usual + u" -p 2222 -l ops -- beta systemd-stdio-bridge"_s});
    QCOMPARE(runWith(stage, ssh, {u"show"_s, u"web1"_s, u"--connect=root@beta"_s}).status, 0);
    QCOMPARE(ssh.calls().last(), usual + u" -l root -- beta systemd-stdio-bridge"_s);
}

void ConnectTest::takesTheHostFromTheEnvironment()
{
    Stage stage;
    const FakeSsh ssh{bridgeTo(stage)};
    QCOMPARE(runWith(stage, ssh, {u"list"_s}, u"gamma"_s).status, 0);
    QCOMPARE(ssh.calls(), QStringList{usual + u" -- gamma systemd-stdio-bridge"_s});
    QCOMPARE(runWith(stage, ssh, {u"list"_s, u"-c"_s, u"delta"_s}, u"gamma"_s).status, 0);
    QCOMPARE(ssh.calls().last(), usual + u" -- delta systemd-stdio-bridge"_s);
}

void ConnectTest::followsAJobThere()
{
    Stage stage;
    const FakeSsh ssh{bridgeTo(stage)};
    stage.pairs.nextJob.state = JobState::Done;
    const Outcome outcome = runWith(stage, ssh, {u"-c"_s, u"beta"_s, u"protect"_s, u"web1"_s});
    QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
    QVERIFY(outcome.out.startsWith(u"web1 is protected"_s));
}

void ConnectTest::tellsWhenSshEndsMeanwhile_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("begun");
    QTest::addColumn<QString>("told");
    QTest::newRow("list") << QStringList{u"list"_s, u"--watch"_s} << u"web1"_s << u"beta"_s;
    QTest::newRow("events") << QStringList{u"events"_s, u"--follow"_s} << u"TIME"_s << u"beta"_s;
    QTest::newRow("job") << QStringList{u"protect"_s, u"web1"_s} << QString{}
                         << u"may go on there"_s;
}

void ConnectTest::tellsWhenSshEndsMeanwhile()
{
    QFETCH(const QStringList, words);
    QFETCH(const QString, begun);
    QFETCH(const QString, told);
    Stage stage;
    const FakeSsh ssh{bridgeTo(stage)};
    CliRun run{stage};
    run.setVariable(u"PATH"_s, ssh.path());
    run.start(QStringList{u"-c"_s, u"beta"_s} + words);
    if (begun.isEmpty())
        QVERIFY(run.waitFor(u"copy disk vda"_s));
    else
        QVERIFY(run.waitForOutput(begun));
    ssh.end();
    const Outcome outcome = run.finish();
    QVERIFY2(outcome.status == 3, qPrintable(outcome.err));
    QVERIFY2(outcome.err.contains(told), qPrintable(outcome.err));
}

void ConnectTest::shellConnectsOnce()
{
    Stage stage;
    NEEDS_TERMINALS();
    const FakeSsh ssh{bridgeTo(stage)};
    CliRun run{stage, CliRun::Where::Terminal};
    run.setVariable(u"PATH"_s, ssh.path());
    run.start({u"-c"_s, u"beta"_s});
    QVERIFY(run.waitFor(u"'quit' leaves."_s));
    run.type("list; show web1\r");
    QVERIFY(run.waitFor(u"checkpoints:"_s));
    run.type("quit\r");
    QCOMPARE(run.finish().status, 0);
    QCOMPARE(ssh.calls().size(), qsizetype{1});
}

void ConnectTest::reportsWhatSshSays()
{
    Stage stage;
    const FakeSsh ssh{"echo 'a banner' >&2\n"
                      "printf 'ssh: connect to host beta port 22: Connection refused\\r\\n' >&2\n"
                      "exit 255\n"};
    const Outcome outcome = runWith(stage, ssh, {u"-c"_s, u"beta"_s, u"list"_s});
    QCOMPARE(outcome.status, 3);
    QCOMPARE(outcome.err,
             u"error: no connection to lockstepd on beta over ssh: ssh: connect to host beta port "
             u"22: Connection refused\n"
             u"  what to do: See that 'ssh beta true' works here, without any other output.\n"_s);
}

void ConnectTest::reportsAMissingBridge()
{
    Stage stage;
    const FakeSsh ssh{"echo 'sh: systemd-stdio-bridge: not found' >&2\nexit 127\n"};
    const Outcome outcome = runWith(stage, ssh, {u"-c"_s, u"beta"_s, u"list"_s});
    QCOMPARE(outcome.status, 3);
    QVERIFY(outcome.err.contains(u"Install systemd-stdio-bridge on beta"_s));
}

void ConnectTest::reportsAMissingSsh()
{
    Stage stage;
    CliRun run{stage};
    run.setVariable(u"PATH"_s, u"/nonexistent"_s);
    run.start({u"-c"_s, u"beta"_s, u"list"_s});
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 3);
    QVERIFY2(outcome.err.contains(u"openssh-client"_s), qPrintable(outcome.err));
}

void ConnectTest::reportsNoiseInsteadOfABus()
{
    Stage stage;
    const FakeSsh ssh{"echo 'Welcome to beta!'\n" + bridgeTo(stage)};
    const Outcome outcome = runWith(stage, ssh, {u"-c"_s, u"beta"_s, u"list"_s, u"--json"_s});
    QCOMPARE(outcome.status, 3);
    QCOMPARE(outcome.errorName(), u"DaemonUnavailable"_s);
}

void ConnectTest::saysWhereTheDaemonIsAway()
{
    Stage stage;
    const FakeSsh ssh{bridgeTo(stage)};
    QCoro::waitFor(stage.service.stop());
    const Outcome outcome = runWith(stage, ssh, {u"-c"_s, u"beta"_s, u"list"_s});
    QCOMPARE(outcome.status, 3);
    QVERIFY2(outcome.err.startsWith(u"error: on beta: "_s), qPrintable(outcome.err));
}

void ConnectTest::refusesHostileHostsBeforeSsh()
{
    Stage stage;
    const FakeSsh ssh{bridgeTo(stage)};
    for (const QString& host : {u"-oProxyCommand=touch x"_s, u""_s, u"be\x1bta"_s, u"a;b"_s}) {
        const Outcome outcome = runWith(stage, ssh, {u"list"_s, u"--connect="_s + host});
        QCOMPARE(outcome.status, 2);
        QVERIFY(!outcome.err.contains(u'\x1b'));
    }
    QCOMPARE(runWith(stage, ssh, {u"list"_s}, u"-oProxyCommand=x"_s).status, 2);
    QCOMPARE(ssh.calls(), QStringList{});
}

QTEST_GUILESS_MAIN(ConnectTest)
#include "ConnectTest.moc"
