// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

PairEvent happening(const QString& text, const QString& domain = u"web1"_s)
{
    PairEvent event = sampleEvent();
    event.domain = domain;
    if (domain != "web1"_L1)
        event.uuid = DomainUuid{QUuid::createUuidV5(QUuid{}, domain)};
    event.text = text;
    return event;
}

PairEvent happeningAt(const QDateTime& time, const QString& text)
{
    PairEvent event = happening(text);
    event.time = time;
    return event;
}

/// What `events` prints with these words.
QStringList textsOf(Stage& stage, const QStringList& words)
{
    const Outcome outcome = runCli(stage, QStringList{u"events"_s, u"--json"_s} + words);
    const QJsonArray events = QJsonDocument::fromJson(outcome.out.toUtf8()).array();
    QStringList all;
    for (const auto& event : events)
        all.append(event.toObject()[u"text"].toString());
    return all;
}

void start(Stage& stage) { QVERIFY(stage.service.start()); }

void stop(Stage& stage) { QCoro::waitFor(stage.service.stop()); }

} // namespace

/// `lockstep events --follow`. OutputTest has what it prints without.
class EventsCommandTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void showsTheNewestAndThenNewOnes();
    void followsOneDomain();
    void takesTheIdOfARunningDomain();
    void sinceShowsOnlyLaterOnes();
    void sinceLooksThroughTheWholeHistory();
    void sinceGoesOnWithNewOnes();
    void sinceHasToBeATime();
    void printsAJsonObjectPerLine();
    void missesNothingWhileManyCome();
    void goesOnAfterARestartOfTheDaemon();
    void goesOnWhenTheHistoryBeganAnew();
    void isNotFooledByAQuickRestart();
    void aSignalEndsItInGoodOrder();
    void noDaemonIsStatusThree();
    void aBusThatEndsIsStatusThree();
    void reportsAHistoryThatCannotBeRead();
};

void EventsCommandTest::showsTheNewestAndThenNewOnes()
{
    Stage stage;
    for (int n = 1; n <= 12; ++n)
        stage.pairs.record(happening(u"old %1."_s.arg(n)));
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s});
    QVERIFY(run.waitForOutput(u"old 12."_s));
    stage.pairs.record(happening(u"new one"_s));
    QVERIFY(run.waitForOutput(u"new one"_s));
    run.interrupt();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.err.isEmpty());
    const QStringList lines = outcome.out.split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 1 + 10 + 1);
    QCOMPARE(lines.first(), u"TIME                 DOMAIN        EVENT     STATE         TEXT"_s);
    QCOMPARE(lines.at(1), u"2026-11-20 18:40:00  web1          state     protected     old 3."_s);
    QVERIFY(lines.last().endsWith(u"new one"_s));
}

void EventsCommandTest::followsOneDomain()
{
    Stage stage;
    stage.pairs.record(happening(u"old of db"_s, u"db"_s));
    CliRun run{stage};
    run.start({u"events"_s, u"web1"_s, u"--follow"_s});
    QVERIFY(run.waitForOutput(u"TEXT"_s));
    stage.pairs.record(happening(u"of db"_s, u"db"_s));
    stage.pairs.record(happening(u"of web1"_s));
    QVERIFY(run.waitForOutput(u"of web1"_s));
    run.interrupt();
    QVERIFY(!run.finish().out.contains(u"db"_s));
}

void EventsCommandTest::takesTheIdOfARunningDomain()
{
    Stage stage;
    stage.hypervisor.known = {{.uuid = samplePair().uuid, .name = u"web1"_s, .id = 7}};
    stage.pairs.record(happening(u"of db"_s, u"db"_s));
    stage.pairs.record(happening(u"of web1"_s));
    const Outcome outcome = runCli(stage, {u"events"_s, u"7"_s});
    QCOMPARE(outcome.status, 0);
    QVERIFY(outcome.out.contains(u"of web1"_s));
    QVERIFY(!outcome.out.contains(u"of db"_s));
    QCOMPARE(runCli(stage, {u"events"_s, u"8"_s}).out, QString{}); // nobody's
}

void EventsCommandTest::sinceShowsOnlyLaterOnes()
{
    Stage stage;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    stage.pairs.record(happeningAt(now.addDays(-3), u"long ago"_s));
    stage.pairs.record(happeningAt(now.addSecs(-3600), u"lately"_s));
    stage.pairs.record(happeningAt(now.addSecs(-30), u"just now"_s));
    QCOMPARE(textsOf(stage, {u"--since"_s, u"2h"_s}), (QStringList{u"lately"_s, u"just now"_s}));
    QCOMPARE(textsOf(stage, {u"--since"_s, u"1w"_s}).size(), qsizetype{3});
    QCOMPARE(textsOf(stage, {u"--since"_s, now.addSecs(-60).toString(Qt::ISODate)}),
             QStringList{u"just now"_s});
    QCOMPARE(textsOf(stage, {u"--since"_s, u"1w"_s, u"--limit"_s, u"1"_s}),
             QStringList{u"just now"_s});
    QCOMPARE(textsOf(stage, {u"db"_s, u"--since"_s, u"1w"_s}), QStringList{});
    const Outcome outcome = runCli(stage, {u"events"_s, u"--since"_s, now.toString(Qt::ISODate)});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.err,
             u"nothing has happened to a pair of this host since %1\n"_s.arg(
                 now.toLocalTime().toString(u"yyyy-MM-dd hh:mm:ss"_s)));
}

void EventsCommandTest::sinceLooksThroughTheWholeHistory()
{
    Stage stage;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    stage.pairs.record(happeningAt(now.addDays(-3), u"long ago"_s));
    constexpr int many = 1103; // more than are given at once
    for (int n = 0; n < many; ++n)
        stage.pairs.record(happeningAt(now, u"n"_s));
    QCOMPARE(textsOf(stage, {u"--since"_s, u"1h"_s}).size(), qsizetype{many});
    QCOMPARE(textsOf(stage, {u"--since"_s, u"7d"_s}).first(), u"long ago"_s);
    QCOMPARE(textsOf(stage, {u"--since"_s, u"7d"_s, u"--limit"_s, u"7"_s}).size(), qsizetype{7});
}

void EventsCommandTest::sinceGoesOnWithNewOnes()
{
    Stage stage;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    stage.pairs.record(happeningAt(now.addDays(-3), u"long ago"_s));
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s, u"--since"_s, u"1h"_s, u"--json"_s});
    QTRY_VERIFY(!stage.pairs.calls.isEmpty()); // it has asked for those that are there
    stage.pairs.record(happeningAt(now, u"new"_s));
    QVERIFY(run.waitForOutput(u"new"_s));
    run.interrupt();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out.count(u'\n'), qsizetype{1});
}

void EventsCommandTest::sinceHasToBeATime()
{
    Stage stage;
    for (const QString& time : {u"soon"_s, u""_s, u"2026-13-01"_s}) {
        const Outcome outcome = runCli(stage, {u"events"_s, u"--since"_s, time, u"--json"_s});
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.errorName(), u"InvalidArgument"_s);
    }
    QVERIFY(stage.pairs.calls.isEmpty());
}

void EventsCommandTest::printsAJsonObjectPerLine()
{
    Stage stage;
    stage.pairs.record(happening(u"old"_s));
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s, u"--json"_s});
    QVERIFY(run.waitForOutput(u"old"_s));
    stage.pairs.record(happening(u"new"_s));
    QVERIFY(run.waitForOutput(u"new"_s));
    run.interrupt();
    const QStringList lines = run.finish().out.split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 2);
    const auto json = QJsonDocument::fromJson(lines.last().toUtf8()).object();
    QCOMPARE(json[u"text"].toString(), u"new"_s);
    QCOMPARE(json[u"time"].toString(), u"2026-11-20T18:40:00.000Z"_s);
    QCOMPARE(json[u"id"].toInteger(), 2);
}

void EventsCommandTest::missesNothingWhileManyCome()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s, u"--json"_s, u"--limit"_s, u"1"_s});
    stage.pairs.record(happening(u"first"_s));
    QVERIFY(run.waitForOutput(u"first"_s));
    constexpr int many = 1203; // more than are fetched at once
    for (int n = 0; n < many; ++n)
        stage.pairs.record(happening(u"n"_s));
    stage.pairs.record(happening(u"last"_s));
    QVERIFY(run.waitForOutput(u"last"_s));
    run.interrupt();
    const QStringList lines = run.finish().out.split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), many + 2);
    for (int n = 0; n < lines.size(); ++n)
        QCOMPARE(QJsonDocument::fromJson(lines[n].toUtf8())[u"id"].toInteger(), n + 1);
}

void EventsCommandTest::goesOnAfterARestartOfTheDaemon()
{
    Stage stage;
    stage.pairs.record(happening(u"before"_s));
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s});
    QVERIFY(run.waitForOutput(u"before"_s));
    stop(stage);
    QVERIFY(run.waitFor(u"lockstepd is gone; waiting for it\n"_s));
    stage.pairs.record(happening(u"meanwhile"_s));
    start(stage);
    QVERIFY(run.waitFor(u"lockstepd is back\n"_s));
    QVERIFY(run.waitForOutput(u"meanwhile"_s));
    stage.pairs.record(happening(u"after"_s));
    QVERIFY(run.waitForOutput(u"after"_s));
    run.interrupt();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out.count(u'\n'), 4);
    QCOMPARE(outcome.err, u"lockstepd is gone; waiting for it\nlockstepd is back\n"_s);
}

void EventsCommandTest::goesOnWhenTheHistoryBeganAnew()
{
    Stage stage;
    for (int n = 0; n < 5; ++n)
        stage.pairs.record(happening(u"before"_s));
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s});
    QVERIFY(run.waitForOutput(u"before"_s));
    stop(stage);
    QVERIFY(run.waitFor(u"is gone"_s));
    stage.pairs.history.clear();
    stage.pairs.record(happening(u"number one again"_s));
    start(stage);
    QVERIFY(run.waitForOutput(u"number one again"_s));
    run.interrupt();
    QCOMPARE(run.finish().status, 0);
}

void EventsCommandTest::isNotFooledByAQuickRestart()
{
    Stage stage;
    stage.pairs.record(happening(u"before"_s));
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s});
    QVERIFY(run.waitForOutput(u"before"_s));
    for (int n = 0; n < 3; ++n) {
        stop(stage);
        start(stage);
    }
    stage.pairs.record(happening(u"after"_s));
    QVERIFY(run.waitForOutput(u"after"_s));
    run.interrupt();
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out.count(u'\n'), 3);
    QCOMPARE(outcome.err.count(u"gone"_s), outcome.err.count(u"back"_s));
}

void EventsCommandTest::aSignalEndsItInGoodOrder()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s, u"--json"_s});
    stage.pairs.record(happening(u"one"_s));
    QVERIFY(run.waitForOutput(u"one"_s));
    stop(stage);
    QVERIFY(run.waitFor(u"is gone"_s));
    run.interrupt(); // while it waits for the daemon, too
    const Outcome outcome = run.finish();
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out.count(u'\n'), 1);
}

void EventsCommandTest::noDaemonIsStatusThree()
{
    Stage stage;
    stop(stage);
    for (const QString& words : {u"events --json"_s, u"events --follow --json"_s}) {
        const Outcome outcome = runCli(stage, words.split(u' '));
        QCOMPARE(outcome.status, 3);
        QCOMPARE(outcome.errorName(), u"DaemonUnavailable"_s);
    }
}

void EventsCommandTest::aBusThatEndsIsStatusThree()
{
    Stage stage;
    CliRun run{stage};
    run.start({u"events"_s, u"--follow"_s});
    QVERIFY(run.waitForOutput(u"TEXT"_s));
    stop(stage);
    stage.bus.stop();
    QCOMPARE(run.finish().status, 3);
}

void EventsCommandTest::reportsAHistoryThatCannotBeRead()
{
    Stage stage;
    stage.pairs.refusal = Error{Errc::StoreError, u"history.db: disk I/O error"_s};
    for (const QString& words : {u"events --json"_s, u"events --follow --json"_s}) {
        const Outcome outcome = runCli(stage, words.split(u' '));
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.errorName(), u"StoreError"_s);
    }
}

QTEST_GUILESS_MAIN(EventsCommandTest)
#include "EventsCommandTest.moc"
