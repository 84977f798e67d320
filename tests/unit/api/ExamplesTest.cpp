// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include <algorithm>
#include <array>
#include <csignal>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 60'000; // Python on a busy machine
const QString protectExample = QStringLiteral(LOCKSTEP_PROTECT_EXAMPLE);

/// A program that takes the stage's bus for the system's. What it says is collected.
class Program final
{
public:
    Program(const Stage& stage, const QString& program, const QStringList& arguments)
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"DBUS_SYSTEM_BUS_ADDRESS"_s, stage.bus.address());
        m_process.setProcessEnvironment(environment);
        m_process.start(program, arguments);
    }
    ~Program()
    {
        m_process.kill();
        m_process.waitForFinished();
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] const QString& said() { return m_said += read(&QProcess::readAllStandardOutput); }
    [[nodiscard]] const QString& failed()
    {
        return m_failed += read(&QProcess::readAllStandardError);
    }
    [[nodiscard]] bool ended() const { return m_process.state() == QProcess::NotRunning; }
    [[nodiscard]] int status() const
    {
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }
    void interrupt() const { ::kill(static_cast<pid_t>(m_process.processId()), SIGINT); }

private:
    QString read(QByteArray (QProcess::*stream)())
    {
        return QString::fromUtf8((m_process.*stream)());
    }

    QProcess m_process;
    QString m_said;
    QString m_failed;
};

/// A stage on which polkit lets anybody do anything.
struct OpenStage : Stage
{
    OpenStage() { polkit.authorized = true; }
    FakePolkit polkit{bus.address()};
};

/// What an example that has `part` in it prints, among other things, and what it does.
struct BusctlExample
{
    const char* part;
    const char* said;
    const char* call;
};

constexpr std::array busctlExamples{
    BusctlExample{"busctl tree ",
                  "/org/lockstep/Lockstep1/pair/6ad1c0f4_6d2b_4f9e_9a51_3f3a5f0c0001", ""},
    BusctlExample{"Manager FindPair ",
                  "o \"/org/lockstep/Lockstep1/pair/6ad1c0f4_6d2b_4f9e_9a51_3f3a5f0c0001\"", ""},
    BusctlExample{"busctl introspect ", ".TakeOver", ""},
    BusctlExample{"Pair State", "{\"type\":\"s\",\"data\":\"protected\"}", ""},
    BusctlExample{"Manager Protect ", "o \"/org/lockstep/Lockstep1/job/2\"",
                  "protect web beta  arbiter=etcd auto-protect"},
    BusctlExample{"Job State Phase Progress", "s \"running\"\ns \"copy disk vda\"\nd 0.25", ""},
    BusctlExample{"Job Cancel", "", "cancel 1"},
    BusctlExample{"Manager GetEvents ", "the shadow on beta is in step", "events web 5 -"},
    BusctlExample{"busctl monitor ", "PropertiesChanged", ""},
};

/// The page's, each on a line.
QStringList busctlCommands()
{
    QFile page{QStringLiteral(LOCKSTEP_EXAMPLES_PAGE)};
    if (!page.open(QFile::ReadOnly))
        return {};
    QStringList commands;
    bool goesOn = false;
    const QStringList lines = QString::fromUtf8(page.readAll()).split(u'\n');
    for (const QString& line : lines) {
        const bool begins = line.startsWith("    busctl "_L1);
        if (!begins && !goesOn)
            continue;
        QString words = line.trimmed();
        goesOn = words.endsWith(u'\\');
        if (goesOn)
            words.chop(1);
        if (begins)
            commands.append(words);
        else
            commands.last() += words;
    }
    return commands;
}

} // namespace

/// The examples of docs/dbus-examples.md, as they stand there.
class ExamplesTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void protectWaitsUntilTheJobIsDone();
    void protectTellsWhyTheJobFailed();
    void protectTellsWhyItWasRefused();
    void protectEndsWhenTheJobIsForgotten();
    void watchShowsPairsAndTheirChanges();
    void everyBusctlExampleIsKnown();
    void busctlDoesWhatThePageSays_data();
    void busctlDoesWhatThePageSays();
};

void ExamplesTest::protectWaitsUntilTheJobIsDone()
{
    OpenStage stage;
    Program program{stage, protectExample, {u"web1"_s, u"beta"_s}};
    QTRY_VERIFY_WITH_TIMEOUT(program.said().contains(stage.pairs.nextJob.phase), patience);
    QCOMPARE(stage.pairs.calls, QStringList{u"protect web1 beta  auto-protect"_s});
    QVERIFY(!program.ended());
    JobView job = stage.pairs.nextJob;
    job.phase = u"confirm"_s;
    stage.pairs.put(job);
    QTRY_VERIFY_WITH_TIMEOUT(program.said().contains(u"confirm"_s), patience);
    job.state = JobState::Done;
    stage.pairs.put(job);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended(), patience);
    QCOMPARE(program.status(), 0);
    QVERIFY2(program.said().endsWith(u"done\n"_s), qPrintable(program.said()));
}

void ExamplesTest::protectTellsWhyTheJobFailed()
{
    OpenStage stage;
    Program program{stage, protectExample, {u"web1"_s, u"beta"_s}};
    QTRY_VERIFY_WITH_TIMEOUT(program.said().contains(stage.pairs.nextJob.phase), patience);
    JobView job = stage.pairs.nextJob;
    job.state = JobState::Failed;
    job.error = Error{Errc::NoSpace, u"beta: the disk is full"_s, u"Make room."_s};
    stage.pairs.put(job);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended(), patience);
    QCOMPARE(program.status(), 1);
    QCOMPARE(program.failed(), u"beta: the disk is full\n  what to do: Make room.\n"_s);
}

void ExamplesTest::protectTellsWhyItWasRefused()
{
    OpenStage stage;
    stage.pairs.refusal = Error{Errc::UnknownDomain, u"there is no web1"_s, u"Define it."_s};
    Program program{stage, protectExample, {u"web1"_s, u"beta"_s}};
    QTRY_VERIFY_WITH_TIMEOUT(program.ended(), patience);
    QCOMPARE(program.status(), 1);
    QCOMPARE(program.failed(),
             u"org.lockstep.Error.UnknownDomain: there is no web1\nDefine it.\n"_s);
}

void ExamplesTest::protectEndsWhenTheJobIsForgotten()
{
    OpenStage stage;
    Program program{stage, protectExample, {u"web1"_s, u"beta"_s}};
    QTRY_VERIFY_WITH_TIMEOUT(program.said().contains(stage.pairs.nextJob.phase), patience);
    stage.pairs.drop(stage.pairs.nextJob.id);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended(), patience);
    QCOMPARE(program.status(), 1);
}

void ExamplesTest::watchShowsPairsAndTheirChanges()
{
    const QString python = u"python3"_s;
    if (QProcess::execute(python, {u"-c"_s, u"import dbus, gi.repository.GLib"_s}) != 0)
        QSKIP("it needs python3-dbus and python3-gi");
    OpenStage stage;
    Program program{stage, python, {QStringLiteral(LOCKSTEP_WATCH_EXAMPLE)}};
    QTRY_COMPARE_WITH_TIMEOUT(
        program.said(), u"web1: primary, protected: the shadow on beta is in step\n"_s, patience);
    PairView pair = samplePair();
    pair.state = PairState::Interrupted;
    pair.reason = u"beta is gone"_s;
    stage.pairs.put(pair);
    QTRY_VERIFY_WITH_TIMEOUT(
        program.said().endsWith(u"web1: primary, interrupted: beta is gone\n"_s), patience);
    stage.pairs.drop(pair.uuid);
    QTRY_VERIFY_WITH_TIMEOUT(program.said().endsWith(u"web1: not paired any more\n"_s), patience);
    QCoro::waitFor(stage.service.stop());
    QTRY_VERIFY_WITH_TIMEOUT(program.said().endsWith(u"lockstepd does not run\n"_s), patience);
    program.interrupt();
    QTRY_VERIFY_WITH_TIMEOUT(program.ended(), patience);
    QCOMPARE(program.status(), 0);
    QCOMPARE(program.failed(), QString{});
}

void ExamplesTest::everyBusctlExampleIsKnown()
{
    const QStringList commands = busctlCommands();
    for (const QString& command : commands) {
        const auto isOf = [&command](const BusctlExample& example) {
            return command.contains(QLatin1StringView{example.part});
        };
        QVERIFY2(std::ranges::count_if(busctlExamples, isOf) == 1, qPrintable(command));
    }
    QCOMPARE(static_cast<std::size_t>(commands.size()), busctlExamples.size());
}

void ExamplesTest::busctlDoesWhatThePageSays_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("said");
    QTest::addColumn<QString>("call");
    const QStringList commands = busctlCommands();
    for (const BusctlExample& example : busctlExamples) {
        const QStringList found = commands.filter(QString::fromLatin1(example.part));
        QTest::newRow(example.part) << found.value(0) << QString::fromLatin1(example.said)
                                    << QString::fromLatin1(example.call);
    }
}

void ExamplesTest::busctlDoesWhatThePageSays()
{
    QFETCH(const QString, command);
    QFETCH(const QString, said);
    QFETCH(const QString, call);
    if (QStandardPaths::findExecutable(u"busctl"_s).isEmpty())
        QSKIP("it needs systemd's busctl");
    OpenStage stage;
    PairView pair = samplePair();
    pair.domain = u"web"_s;
    stage.pairs.put(pair);
    PairEvent event = sampleEvent();
    event.domain = pair.domain;
    stage.pairs.record(event);
    Program program{stage, u"sh"_s, {u"-c"_s, u"exec "_s + command}};
    if (command.startsWith("busctl monitor"_L1)) { // Without end.
        const auto isHeard = [&] {
            ++pair.epoch.value;
            stage.pairs.put(pair);
            return program.said().contains(said);
        };
        QTRY_VERIFY_WITH_TIMEOUT(isHeard(), patience);
        return;
    }
    QTRY_VERIFY_WITH_TIMEOUT(program.ended(), patience);
    QVERIFY2(program.status() == 0, qPrintable(program.failed()));
    QVERIFY2(program.said().contains(said), qPrintable(program.said()));
    QCOMPARE(stage.pairs.calls, call.isEmpty() ? QStringList{} : QStringList{call});
}

QTEST_GUILESS_MAIN(ExamplesTest)
#include "ExamplesTest.moc"
