// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QJsonDocument>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

PairView interrupted()
{
    PairView pair = samplePair();
    pair.state = PairState::Interrupted;
    pair.reason = u"beta does not answer"_s;
    return pair;
}

} // namespace

/// `lockstep list --watch`.
class WatchTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void printsALinePerChange();
    void printsAnObjectPerChange();
    void survivesARestartOfTheDaemon();
    void noDaemonAtFirstIsStatusThree();
    void drawsInPlaceOnATerminal();
    void cutsWhatDoesNotFit();
};

void WatchTest::printsALinePerChange()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"list"_s, u"--watch"_s});
    QVERIFY(run.waitForOutput(u"web1"_s));
    PairView same = samplePair();
    same.checkpoints += 1000; // nothing that is shown
    stage.pairs.put(same);
    stage.pairs.put(interrupted());
    QVERIFY(run.waitForOutput(u"interrupted"_s));
    stage.pairs.drop(samplePair().uuid);
    QVERIFY(run.waitForOutput(u"no longer paired"_s));
    run.interrupt();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.err, QString{});
    const QStringList lines = outcome.out.split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), qsizetype{4});
    QVERIFY(lines.first().startsWith(u"TIME                 DOMAIN"_s));
    QVERIFY(lines[2].endsWith(u"beta does not answer"_s));
}

void WatchTest::printsAnObjectPerChange()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"list"_s, u"--watch"_s, u"--json"_s});
    QVERIFY(run.waitForOutput(u"\n"_s));
    stage.pairs.put(interrupted());
    QVERIFY(run.waitForOutput(u"interrupted"_s));
    stage.pairs.drop(samplePair().uuid);
    QVERIFY(run.waitForOutput(u"\"state\":null"_s));
    run.interrupt();
    const QStringList lines = run.finish().out.split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), qsizetype{3});
    QCOMPARE(QJsonDocument::fromJson(lines[1].toUtf8())[u"state"].toString(), u"interrupted"_s);
    QCOMPARE(QJsonDocument::fromJson(lines[2].toUtf8())[u"domain"].toString(), u"web1"_s);
}

void WatchTest::survivesARestartOfTheDaemon()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"list"_s, u"--watch"_s});
    QVERIFY(run.waitForOutput(u"web1"_s));
    QCoro::waitFor(stage.service.stop());
    QVERIFY(run.waitFor(u"lockstepd is gone; waiting for it\n"_s));
    stage.pairs.put(interrupted());
    QVERIFY(stage.service.start());
    QVERIFY(run.waitFor(u"lockstepd is back\n"_s));
    QVERIFY(run.waitForOutput(u"interrupted"_s));
    run.interrupt();
    QCOMPARE(run.finish().status, 0);
}

void WatchTest::noDaemonAtFirstIsStatusThree()
{
    Stage stage;
    QCoro::waitFor(stage.service.stop());
    const Outcome outcome = runCli(stage, {u"list"_s, u"--watch"_s, u"--json"_s});
    QCOMPARE(outcome.status, 3);
    QCOMPARE(outcome.errorName(), u"DaemonUnavailable"_s);
}

void WatchTest::drawsInPlaceOnATerminal()
{
    Stage stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.setVariable(u"TERM"_s, u"xterm"_s);
    run.start({u"list"_s, u"--watch"_s});
    QVERIFY(run.waitFor(u"\x1b[?1049h"_s)); // another page
    QVERIFY(run.waitFor(u"\x1b[H1 pair, "_s));
    QVERIFY(run.waitFor(u"\x1b[32mprotected\x1b[0m"_s));
    stage.pairs.put(interrupted());
    QVERIFY(run.waitFor(u"\x1b[31minterrupted\x1b[0m"_s));
    QCoro::waitFor(stage.service.stop());
    QVERIFY(run.waitFor(u"lockstepd is gone; this is how it was."_s));
    run.type("\x03");
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    // The page of before, with the last state below what was there.
    QVERIFY(outcome.err.contains(u"\x1b[?1049l"_s));
    QVERIFY(outcome.err.sliced(outcome.err.indexOf(u"\x1b[?1049l"_s)).contains(u"web1"_s));
}

void WatchTest::cutsWhatDoesNotFit()
{
    Stage stage;
    NEEDS_TERMINALS();
    for (int n = 0; n < 40; ++n) { // the terminal has 24 lines
        PairView pair = samplePair();
        pair.domain = u"domain%1"_s.arg(n, 2, 10, QChar{u'0'});
        pair.uuid = DomainUuid{QUuid::createUuidV5(QUuid{}, pair.domain)};
        stage.pairs.put(pair);
    }
    CliRun run{stage, CliRun::Where::Terminal};
    run.setVariable(u"TERM"_s, u"xterm"_s);
    run.setVariable(u"NO_COLOR"_s, u"1"_s);
    run.start({u"list"_s, u"--watch"_s});
    QVERIFY(run.waitFor(u"… and 22 more; make the window higher"_s));
    QVERIFY(run.waitFor(u"domain18"_s));
    run.type("\x03");
    const Outcome outcome = run.finish();
    QVERIFY(!outcome.err.contains(u"\x1b[32m"_s));
    QCOMPARE(outcome.status, 0);
}

QTEST_GUILESS_MAIN(WatchTest)
#include "WatchTest.moc"
