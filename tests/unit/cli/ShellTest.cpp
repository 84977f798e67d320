// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

/// Words that a prompt ends with, for root and for others.
QString prompt() { return ::geteuid() == 0 ? u"lockstep # "_s : u"lockstep > "_s; }

Outcome runScript(Stage& stage, const QByteArray& script, const QStringList& arguments = {})
{
    CliRun run{stage};
    run.feed(script);
    run.start(arguments);
    return run.finish();
}

} // namespace

/// `lockstep` without a command: the shell at a terminal, and scripts.
class ShellTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void greetsAndLeaves_data();
    void greetsAndLeaves();
    void goesOnAfterAnError();
    void goesOnWithoutDaemon();
    void beginsThoughTheDaemonHangs();
    void ctrlCDropsTheLine();
    void ctrlCDuringACallLeavesTheShell();
    void completesCommandsAndNames();
    void listsSeveralCompletions();
    void completesWithoutDaemon();
    void completionNeverAsksForAPassword();
    void asksAboutAJobAndGoesOn();
    void terminationLeavesTheJobAndEnds();
    void keepsHistoryForTheUserOnly();

    void scriptRunsEachLine();
    void scriptGoesOnAndTellsTheFirstFailure();
    void scriptEndsWithQuit();
    void severalCommandsInOneWord();
};

void ShellTest::greetsAndLeaves_data()
{
    QTest::addColumn<QByteArray>("keys");
    QTest::newRow("quit") << QByteArray{"quit\r"};
    QTest::newRow("exit") << QByteArray{"exit\r"};
    QTest::newRow("Ctrl-D") << QByteArray{"\x04"};
}

void ShellTest::greetsAndLeaves()
{
    QFETCH(const QByteArray, keys);
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitFor(u"on alpha. 'help' lists the commands"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type(keys);
    QCOMPARE(run.finish().status, 0);
}

void ShellTest::goesOnAfterAnError()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("show nothing\r");
    QVERIFY(run.waitFor(u"error: "_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("show 'web\r");
    QVERIFY(run.waitFor(u"a quote has no end"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("frobnicate\r");
    QVERIFY(run.waitFor(u"the shell has no command 'frobnicate'"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("list; show web1\r");
    QVERIFY(run.waitFor(u"checkpoints:"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("quit\r");
    QCOMPARE(run.finish().status, 0);
}

void ShellTest::goesOnWithoutDaemon()
{
    Stage stage;
    NEEDS_TERMINALS();
    QCoro::waitFor(stage.service.stop());
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitFor(u"lockstepd does not answer"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    QVERIFY(stage.service.start());
    run.type("list\r");
    QVERIFY(run.waitFor(u"web1"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    QCOMPARE(run.finish().status, 0);
}

void ShellTest::beginsThoughTheDaemonHangs()
{
    Stage stage;
    NEEDS_TERMINALS();
    QCoro::waitFor(stage.service.stop());
    const auto deaf =
        sdbus::createSessionBusConnectionWithAddress(stage.bus.address().toStdString());
    deaf->requestName(sdbus::ServiceName{dbus::service});
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitFor(u"lockstepd did not answer within 5 s"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    QCOMPARE(run.finish().status, 0);
}

void ShellTest::ctrlCDropsTheLine()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("unprotect web1");
    QVERIFY(run.waitFor(u"unprotect web1"_s));
    run.type("\x03");
    QVERIFY(run.waitFor(u"^C\r\n"_s + prompt()));
    run.type("help quit\r");
    QVERIFY(run.waitFor(u"Leave the shell"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    QCOMPARE(run.finish().status, 0);
    QVERIFY(stage.pairs.calls.isEmpty());
}

void ShellTest::ctrlCDuringACallLeavesTheShell()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    // A daemon that hangs: the name is owned, nobody answers.
    QCoro::waitFor(stage.service.stop());
    const auto deaf =
        sdbus::createSessionBusConnectionWithAddress(stage.bus.address().toStdString());
    deaf->requestName(sdbus::ServiceName{dbus::service});
    run.type("list\r");
    QVERIFY(run.waitFor(u"waiting for lockstepd… 0:01"_s));
    run.type("\x03");
    QVERIFY(run.waitFor(u"error: interrupted before lockstepd answered"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("help quit\r");
    QVERIFY(run.waitFor(u"Leave the shell"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    QCOMPARE(run.finish().status, 0);
}

void ShellTest::completesCommandsAndNames()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("sho\tw\t\r"); // show web1
    QVERIFY(run.waitFor(u"checkpoints:"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("peer show b\t--j\t\r");
    QVERIFY(run.waitFor(u"\"heartbeat-interval-ms\""_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    QCOMPARE(run.finish().status, 0);
}

void ShellTest::listsSeveralCompletions()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("peer \t");
    QVERIFY(run.waitFor(u"accept  add     list    probe   remove  set     show\r\n"_s));
    QVERIFY(run.waitForPrompt(prompt() + u"peer "_s));
    run.type("\x03");
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    QCOMPARE(run.finish().status, 0);
}

void ShellTest::completesWithoutDaemon()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    QCoro::waitFor(stage.service.stop());
    run.type("show we\thelp");
    QVERIFY(run.waitFor(u"help"_s));
    run.type("\x03");
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QVERIFY(!outcome.err.contains(u"error"_s));
}

void ShellTest::completionNeverAsksForAPassword()
{
    Stage stage;
    NEEDS_TERMINALS();
    FakePolkit polkit{stage.bus.address()};
    polkit.challenge = true; // a password would do
    CliRun run{stage, CliRun::Where::Terminal};
    run.asNobody();
    run.start({});
    QVERIFY(run.waitForPrompt(u"lockstep > "_s));
    run.type("config \t");
    QTRY_VERIFY(!polkit.questions.empty());
    QCOMPARE(polkit.questions.at(0).flags, uint32_t{0}); // it may not be asked for
    QCOMPARE(run.children(), QByteArray{}); // no agent
    run.type("\x03");
    QVERIFY(run.waitForPrompt(u"lockstep > "_s));
    run.type("\x04");
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QVERIFY2(!outcome.err.contains(u"error"_s), qPrintable(outcome.err));
}

void ShellTest::asksAboutAJobAndGoesOn()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("protect web1 beta; unprotect web1\r");
    QVERIFY(run.waitFor(u"copy disk vda  ["_s));
    run.type("\x03");
    QVERIFY(run.waitFor(u"[c]ancel it"_s));
    run.type("l\n");
    QVERIFY(run.waitFor(u"goes on in the daemon"_s));
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("\x04");
    QCOMPARE(run.finish().status, 0);
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
}

void ShellTest::terminationLeavesTheJobAndEnds()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({});
    QVERIFY(run.waitForPrompt(prompt()));
    run.type("protect web1 beta\r");
    QVERIFY(run.waitFor(u"copy disk vda  ["_s));
    run.terminate();
    const Outcome outcome = run.finish();
    QVERIFY2(outcome.err.contains(u"goes on in the daemon"_s), qPrintable(outcome.err));
    QVERIFY(!outcome.err.contains(u"[c]ancel it"_s));
    QCOMPARE(stage.pairs.calls.size(), qsizetype{1});
}

void ShellTest::keepsHistoryForTheUserOnly()
{
    Stage stage;
    NEEDS_TERMINALS();
    const QTemporaryDir state;
    const QString file = state.filePath(u"lockstep/history"_s);
    for (const QByteArray& keys : {QByteArray{"help quit\r"}, QByteArray{"\x1b[A\r"}}) { // Up
        CliRun run{stage, CliRun::Where::Terminal};
        run.setVariable(u"XDG_STATE_HOME"_s, state.path());
        run.setVariable(u"TERM"_s, u"xterm"_s);
        run.start({});
        QVERIFY(run.waitFor(prompt()));
        run.type(keys);
        QVERIFY(run.waitFor(u"Leave the shell"_s));
        QVERIFY(run.waitFor(prompt()));
        run.type("\x04");
        QCOMPARE(run.finish().status, 0);
    }
    QCOMPARE(QFileInfo{file}.permissions() & (QFile::ReadGroup | QFile::ReadOther),
             QFile::Permissions{});
    QCOMPARE(QFileInfo{state.filePath(u"lockstep"_s)}.permissions() & QFile::ReadOther,
             QFile::Permissions{});
}

void ShellTest::scriptRunsEachLine()
{
    Stage stage;
    const Outcome outcome = runScript(stage, "# what there is\n\nlist; peer list\nshow web1\n");
    QCOMPARE(outcome.status, 0);
    QVERIFY(!outcome.out.contains(prompt()));
    QVERIFY(!outcome.out.contains(u"'quit' leaves"_s));
    QVERIFY(outcome.out.startsWith(u"DOMAIN"_s));
    QVERIFY(outcome.out.contains(u"FINGERPRINT"_s));
    QVERIFY(outcome.out.contains(u"checkpoints:"_s));
}

void ShellTest::scriptGoesOnAndTellsTheFirstFailure()
{
    Stage stage;
    const Outcome outcome = runScript(stage, "show nothing\nfrobnicate\nlist");
    QCOMPARE(outcome.status, 1);
    QVERIFY(outcome.out.contains(u"web1"_s));
    QCOMPARE(outcome.err.count(u"error:"_s), 2);
    QCOMPARE(runScript(stage, "frobnicate\nshow nothing\n", {u"--json"_s}).status, 2);
}

void ShellTest::scriptEndsWithQuit()
{
    Stage stage;
    const Outcome outcome = runScript(stage, "quit; list\nlist\n");
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, QString{});
}

void ShellTest::severalCommandsInOneWord()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"--json"_s, u"list; show web1"_s});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.out.contains(u"\"pairs\""_s));
    QVERIFY(outcome.out.contains(u"\"checkpoints\""_s));
    QCOMPARE(runCli(stage, {u"list; show nothing"_s}).status, 1);
    // A name with a blank in it is no line.
    QVERIFY(runCli(stage, {u"show"_s, u"my domain"_s}).err.contains(u"my domain"_s));
}

QTEST_GUILESS_MAIN(ShellTest)
#include "ShellTest.moc"
