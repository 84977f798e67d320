// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Format.h"
#include "cli/Progress.h"
#include "cli/Table.h"

#include <QTest>

using namespace lockstep::cli;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// How the command line writes figures, tables and progress.
class TextTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void writesBytesInReadableUnits();
    void writesDurations();
    void cutsTheLastColumnFirst();
    void cutsOtherColumnsIfThatIsNotEnough();
    void cutsNothingInFiles();
    void paintsStatesOnlyOnRequest();
    void measuresSpeedSmoothly();
    void startsSpeedAnewWithAPhase();
    void keepsSpeedWhileNothingArrives();
    void progressFitsTheTerminal();
    void progressWithoutBytesHasNoFigures();
    void progressTellsSpeedAndTimeToGo();
    void progressTakesTheDaemonsEstimate();
};

void TextTest::writesBytesInReadableUnits()
{
    QCOMPARE(formatBytes(0), u"0 B"_s);
    QCOMPARE(formatBytes(1023), u"1023 B"_s);
    QCOMPARE(formatBytes(1536), u"1.5 KiB"_s);
    QCOMPARE(formatBytes(qint64{4} << 30), u"4.0 GiB"_s);
    QCOMPARE(formatBytes(qint64{5000} << 50), u"5000.0 PiB"_s);
}

void TextTest::writesDurations()
{
    QCOMPARE(formatDuration(7s), u"0:07"_s);
    QCOMPARE(formatDuration(750s), u"12:30"_s);
    QCOMPARE(formatDuration(3723s), u"1:02:03"_s);
}

void TextTest::cutsTheLastColumnFirst()
{
    Table table{{u"A"_s, u"TEXT"_s}};
    table.addRow({u"one"_s, u"a long sentence about it"_s});
    QCOMPARE(table.toText({.width = 15, .colours = false}), u"A    TEXT\none  a long se…\n"_s);
}

void TextTest::cutsOtherColumnsIfThatIsNotEnough()
{
    Table table{{u"A"_s, u"TEXT"_s}};
    table.addRow({u"an extremely long name"_s, u"a long sentence about it"_s});
    QCOMPARE(table.toText({.width = 20, .colours = false}),
             u"A             TEXT\nan extremel…  a lon…\n"_s);
}

void TextTest::cutsNothingInFiles()
{
    Table table{{u"A"_s, u"TEXT"_s}};
    table.addRow({u"one"_s, u"x"_s.repeated(300)});
    QVERIFY(table.toText({}).contains(u"x"_s.repeated(300)));
}

void TextTest::paintsStatesOnlyOnRequest()
{
    Table table{{u"STATE"_s, u"B"_s}};
    table.addRow({u"protected"_s, u"x"_s}, 0);
    QVERIFY(!table.toText({}).contains(u'\x1b'));
    QVERIFY(table.toText({.width = 0, .colours = true}).contains(u"\x1b[32mprotected\x1b[0m  x"_s));
}

void TextTest::measuresSpeedSmoothly()
{
    Speedometer speed;
    Clock::time_point now{};
    speed.add(u"copy"_s, 0, now);
    QVERIFY(!speed.bytesPerSecond());
    for (int second = 1; second <= 10; ++second)
        speed.add(u"copy"_s, second * 1000, now += 1s);
    QCOMPARE(*speed.bytesPerSecond(), 1000.0);
    speed.add(u"copy"_s, 20'000, now += 1s); // a burst
    QVERIFY(*speed.bytesPerSecond() > 1000 && *speed.bytesPerSecond() < 10'000);
}

void TextTest::startsSpeedAnewWithAPhase()
{
    Speedometer speed;
    Clock::time_point now{};
    speed.add(u"copy disk vda"_s, 0, now);
    speed.add(u"copy disk vda"_s, 1000, now += 1s);
    speed.add(u"copy disk vdb"_s, 5000, now += 1s);
    QVERIFY(!speed.bytesPerSecond());
}

void TextTest::keepsSpeedWhileNothingArrives()
{
    Speedometer speed;
    Clock::time_point now{};
    speed.add(u"copy"_s, 0, now);
    speed.add(u"copy"_s, 1000, now += 1s);
    speed.add(u"copy"_s, 1000, now += 200ms);
    QCOMPARE(*speed.bytesPerSecond(), 1000.0);
}

void TextTest::progressFitsTheTerminal()
{
    const QJsonObject job{{u"phase"_s, u"a phase with a very long title indeed"_s},
                          {u"progress"_s, 0.999},
                          {u"bytes-done"_s, 1 << 30},
                          {u"bytes-total"_s, qint64{1} << 40}};
    for (const int width : {20, 60, 80, 200}) {
        const QString line = progressLine(job, 1e6, width);
        QVERIFY2(line.size() <= width, qPrintable(line));
    }
    QVERIFY(progressLine(job, 1e6, 200).contains(u" 99%"_s)); // 100 only when done
}

void TextTest::progressWithoutBytesHasNoFigures()
{
    const QJsonObject job{{u"phase"_s, u"start COLO"_s}, {u"progress"_s, 0.5}};
    QCOMPARE(progressLine(job, std::nullopt, 80), u"start COLO  [##########..........]  50%"_s);
}

void TextTest::progressTellsSpeedAndTimeToGo()
{
    const QJsonObject job{{u"phase"_s, u"copy"_s},
                          {u"progress"_s, 0.5},
                          {u"bytes-done"_s, 1 << 20},
                          {u"bytes-total"_s, 61 << 20}};
    QCOMPARE(progressLine(job, 1 << 20, 100),
             u"copy  [##########..........]  50%  1.0 MiB of 61.0 MiB  1.0 MiB/s  1:00 left"_s);
}

void TextTest::progressTakesTheDaemonsEstimate()
{
    const QJsonObject job{{u"phase"_s, u"copy"_s},
                          {u"progress"_s, 0.5},
                          {u"bytes-done"_s, 1 << 20},
                          {u"bytes-total"_s, 61 << 20},
                          {u"eta-usec"_s, 125'000'000}};
    QVERIFY(progressLine(job, 1 << 20, 100).endsWith(u"1.0 MiB/s  2:05 left"_s));
}

QTEST_GUILESS_MAIN(TextTest)
#include "TextTest.moc"
