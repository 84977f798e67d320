// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"
#include "cli/Chart.h"
#include "cli/StatisticsText.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

/// So many checkpoints, the last of them now, a second apart.
void fill(Stage& stage, int count)
{
    PairStatistics& figures = stage.pairs.figures[samplePair().uuid];
    const qint64 last = (QDateTime::currentSecsSinceEpoch() - 2) * 1'000'000;
    for (int n = 0; n < count; ++n) {
        const qint64 time = last - qint64{count - 1 - n} * 1'000'000;
        figures.observe(time / 1'000'000, 3'000'000, 40'960);
        figures.add(sampleCheckpoint(time));
    }
}

QJsonObject first(const Outcome& outcome)
{
    return outcome.json()[u"statistics"].toArray().first().toObject();
}

} // namespace

/// `lockstep stats`, and the charts that it draws.
class StatsCommandTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aLineForEachPair();
    void allOfOnePair();
    void asJson();
    void sinceBoundsTheTime();
    void checkpointsOneByOne();
    void aPairWithoutCheckpoints();
    void saysThatNothingIsKnown();
    void saysFromWhenOnSomethingIsKnown();
    void saysNothingOfWhatAShadowsHostCannotKnow();
    void noPairIsNoError();
    void reportsAnUnknownPair();
    void sinceHasToBeATime();
    void watchesUntilCtrlC();
    void watchWaitsForADaemonThatGoes();
    void drawsInPlaceOnATerminal();
    void onlyAsciiWhereThereIsNoUtf8();
    void sparklinesTellGapsFromZero();
    void sparklinesInAscii();
    void barsHaveEighths();
    void timesHaveTheirUnits();
};

void StatsCommandTest::aLineForEachPair()
{
    Stage stage;
    fill(stage, 20);
    const Outcome outcome = runCli(stage, {u"stats"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.err, QString{});
    const QStringList lines = outcome.out.split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), qsizetype{2});
    QVERIFY(lines[0].startsWith(u"DOMAIN  ROLE     STATE      CKPT/S  STOPPED"_s));
    QVERIFY(lines[1].startsWith(u"web1    primary  protected  1.00    3.0 %"_s));
    QVERIFY2(lines[1].contains(u"2.9 MiB"_s), qPrintable(lines[1]));
}

void StatsCommandTest::allOfOnePair()
{
    Stage stage;
    fill(stage, 20);
    const Outcome outcome = runCli(stage, {u"stats"_s, u"web1"_s});
    QCOMPARE(outcome.status, 0);
    for (const QString& text :
         {u"web1: primary, protected with beta"_s, u"20 checkpoints, 1.00/s; 100.0 % of them"_s,
          u"stopped for 3.0 % of the time"_s, u"about 80 packets were held"_s, u"PER CHECKPOINT"_s,
          u"hold, at most"_s, u"difference"_s, u"checkpoints "_s})
        QVERIFY2(outcome.out.contains(text), qPrintable(text + u"\nis not in\n"_s + outcome.out));
}

void StatsCommandTest::asJson()
{
    Stage stage;
    fill(stage, 20);
    const Outcome outcome = runCli(stage, {u"stats"_s, u"--json"_s, u"--checkpoints"_s, u"3"_s});
    QCOMPARE(outcome.status, 0);
    const QJsonObject one = first(outcome);
    QCOMPARE(one[u"domain"].toString(), u"web1"_s);
    QCOMPARE(one[u"totals"][u"checkpoints"].toInteger(), qint64{20});
    QVERIFY(one[u"percentiles"][u"stopped-usec"][u"p50"].toDouble() > 27'000);
    QCOMPARE(one[u"checkpoints"][u"reason"].toArray(),
             (QJsonArray{u"difference"_s, u"difference"_s, u"difference"_s}));
    QCOMPARE(one[u"lifetime"][u"reasons"][u"difference"].toInteger(), qint64{20});
    QVERIFY(one[u"since"].toString().endsWith(u'Z'));
}

void StatsCommandTest::sinceBoundsTheTime()
{
    Stage stage;
    fill(stage, 600);
    const auto counted = [&stage](const QString& since) {
        const QJsonObject one =
            first(runCli(stage, {u"stats"_s, u"--json"_s, u"--since"_s, since}));
        return one[u"totals"][u"checkpoints"].toInteger();
    };
    QCOMPARE(counted(u"1h"_s), qint64{600});
    const auto some = counted(u"1min"_s);
    QVERIFY2(some > 0 && some <= 60, qPrintable(QString::number(some)));
}

void StatsCommandTest::checkpointsOneByOne()
{
    Stage stage;
    fill(stage, 20);
    const Outcome outcome = runCli(stage, {u"stats"_s, u"web1"_s, u"--checkpoints"_s, u"2"_s});
    QCOMPARE(outcome.status, 0);
    const QStringList lines = outcome.out.split(u'\n', Qt::SkipEmptyParts);
    QVERIFY(lines[lines.size() - 3].startsWith(u"TIME "_s));
    QVERIFY(lines.last().contains(u"difference"_s));
    QVERIFY(lines.last().contains(u"30.0 ms"_s));
    QVERIFY(lines.last().contains(u"350.0 ms"_s));
}

void StatsCommandTest::aPairWithoutCheckpoints()
{
    Stage stage;
    for (const QStringList& words : {QStringList{u"stats"_s}, QStringList{u"stats"_s, u"web1"_s},
                                     QStringList{u"stats"_s, u"--json"_s}}) {
        const Outcome outcome = runCli(stage, words);
        QCOMPARE(outcome.status, 0);
        QVERIFY(outcome.out.contains(u"web1"_s));
        QVERIFY(!outcome.out.contains(u"nan"_s));
    }
}

void StatsCommandTest::saysThatNothingIsKnown()
{
    Stage stage;
    const QString all = runCli(stage, {u"stats"_s, u"web1"_s}).out;
    QVERIFY2(all.contains(u" nothing is known\n"_s), qPrintable(all));
    QVERIFY2(!all.contains(u"0 checkpoints"_s), qPrintable(all));
    const QString line = runCli(stage, {u"stats"_s}).out;
    QVERIFY2(!line.contains(u"0.0"_s), qPrintable(line));
}

void StatsCommandTest::saysFromWhenOnSomethingIsKnown()
{
    Stage stage;
    fill(stage, 5); // it was protected some seconds ago
    const QString all = runCli(stage, {u"stats"_s, u"web1"_s, u"--since"_s, u"10min"_s}).out;
    static const QRegularExpression line{u"^from (\\S+ \\S+) to (\\S+ [0-9:]+)"_s,
                                         QRegularExpression::MultilineOption};
    const auto found = line.match(all);
    QVERIFY2(found.hasMatch(), qPrintable(all));
    const auto time = [&found](int which) {
        return QDateTime::fromString(found.captured(which), u"yyyy-MM-dd HH:mm:ss"_s);
    };
    const qint64 length = time(1).secsTo(time(2));
    QVERIFY2(length >= 5 && length < 300, qPrintable(all)); // not ten minutes
}

void StatsCommandTest::saysNothingOfWhatAShadowsHostCannotKnow()
{
    Stage stage;
    PairView shadow = samplePair();
    shadow.role = Role::Secondary;
    stage.pairs.put(shadow);
    const qint64 second = QDateTime::currentSecsSinceEpoch() - 2;
    Checkpoint checkpoint = sampleCheckpoint(second * 1'000'000);
    checkpoint.released = {};
    checkpoint.hold = {};
    checkpoint.reason = CheckpointReason::Unknown;
    PairStatistics& figures = stage.pairs.figures[shadow.uuid];
    figures.observe(second, 3'000'000, 0);
    figures.add(checkpoint);
    const QString all = runCli(stage, {u"stats"_s, u"web1"_s}).out;
    QVERIFY2(all.contains(u"\n1 checkpoints, "_s), qPrintable(all));
    QVERIFY2(!all.contains(u"were held"_s), qPrintable(all));
    QVERIFY2(!all.contains(u"asked for by QEMU"_s), qPrintable(all));
}

void StatsCommandTest::noPairIsNoError()
{
    Stage stage;
    stage.pairs.drop(samplePair().uuid);
    const Outcome outcome = runCli(stage, {u"stats"_s});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.err.startsWith(u"no domain is paired"_s));
    QVERIFY(first(runCli(stage, {u"stats"_s, u"--json"_s})).isEmpty());
}

void StatsCommandTest::reportsAnUnknownPair()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"stats"_s, u"nobody"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"UnknownDomain"_s);
}

void StatsCommandTest::sinceHasToBeATime()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"stats"_s, u"--since"_s, u"soon"_s, u"--json"_s});
    QCOMPARE(outcome.status, 2);
    QCOMPARE(outcome.errorName(), u"InvalidArgument"_s);
}

void StatsCommandTest::watchesUntilCtrlC()
{
    Stage stage;
    fill(stage, 5);
    CliRun run{stage};
    run.start({u"stats"_s, u"--watch"_s, u"--json"_s});
    QVERIFY(run.waitForOutput(u"\"checkpoints\":5"_s));
    stage.pairs.figures[samplePair().uuid].add(
        sampleCheckpoint(QDateTime::currentSecsSinceEpoch() * 1'000'000));
    QVERIFY(run.waitForOutput(u"\"checkpoints\":6"_s));
    run.interrupt();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.out.count(u'\n') >= 2);
}

void StatsCommandTest::watchWaitsForADaemonThatGoes()
{
    Stage stage;
    fill(stage, 5);
    CliRun run{stage};
    run.start({u"stats"_s, u"--watch"_s});
    QVERIFY(run.waitForOutput(u"web1"_s));
    QCoro::waitFor(stage.service.stop());
    QVERIFY(run.waitFor(u"lockstepd is gone; waiting for it\n"_s));
    QVERIFY(stage.service.start());
    QVERIFY(run.waitFor(u"lockstepd is back\n"_s));
    run.interrupt();
    QCOMPARE(run.finish().status, 0);
}

void StatsCommandTest::drawsInPlaceOnATerminal()
{
    Stage stage;
    NEEDS_TERMINALS();
    fill(stage, 5);
    CliRun run{stage, CliRun::Where::Terminal};
    run.setVariable(u"TERM"_s, u"xterm"_s);
    run.setVariable(u"LC_ALL"_s, u"C.UTF-8"_s);
    run.start({u"stats"_s, u"web1"_s, u"--watch"_s});
    QVERIFY(run.waitFor(u"\x1b[?1049h"_s)); // another page
    QVERIFY(run.waitFor(u"web1: primary, protected"_s));
    QVERIFY(run.waitFor(u"█"_s));
    run.type("\x03");
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.err.contains(u"\x1b[?1049l"_s));
}

void StatsCommandTest::onlyAsciiWhereThereIsNoUtf8()
{
    Stage stage;
    fill(stage, 20);
    CliRun run{stage};
    run.setVariable(u"LC_ALL"_s, u"C"_s);
    run.start({u"stats"_s, u"web1"_s});
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    for (const QChar letter : outcome.out)
        QVERIFY(letter.unicode() < 128);
    QVERIFY(outcome.out.contains(u'#'));
}

void StatsCommandTest::sparklinesTellGapsFromZero()
{
    using cli::Letters;
    QCOMPARE(cli::sparkline({0.0, {}, 0.01, 4.0, 8.0, 9.0}, 8, Letters::Unicode), u"▁ ▂▅██"_s);
    QCOMPARE(cli::sparkline({0.0, 0.0}, 0, Letters::Unicode), u"▁▁"_s);
    QCOMPARE(cli::sparkline({}, 1, Letters::Unicode), QString{});
}

void StatsCommandTest::sparklinesInAscii()
{
    QCOMPARE(cli::sparkline({0.0, {}, 0.01, 4.0, 8.0}, 8, cli::Letters::Ascii), u"_ .=#"_s);
}

void StatsCommandTest::barsHaveEighths()
{
    using cli::Letters;
    QCOMPARE(cli::bar(0.5, 4, Letters::Unicode), u"██"_s);
    QCOMPARE(cli::bar(0.53125, 4, Letters::Unicode), u"██▏"_s);
    QCOMPARE(cli::bar(2, 3, Letters::Unicode), u"███"_s);
    QCOMPARE(cli::bar(0.5, 4, Letters::Ascii), u"##"_s);
    QCOMPARE(cli::bar(0, 4, Letters::Ascii), QString{});
}

void StatsCommandTest::timesHaveTheirUnits()
{
    QCOMPARE(cli::formatMicroseconds(350), u"350 us"_s);
    QCOMPARE(cli::formatMicroseconds(28'140), u"28.1 ms"_s);
    QCOMPARE(cli::formatMicroseconds(1'250'000), u"1.25 s"_s);
}

QTEST_GUILESS_MAIN(StatsCommandTest)
#include "StatsCommandTest.moc"
