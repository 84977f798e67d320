// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Completion.h"
#include "cli/Program.h"
#include "cli/SinceTime.h"
#include "cli/Target.h"
#include "cli/Words.h"

#include <QTest>
#include <QTimeZone>

#include <algorithm>

using namespace lockstep;
using namespace lockstep::cli;
using namespace Qt::StringLiterals;

namespace {

const QDateTime now{QDate{2026, 11, 22}, QTime{18, 40}, QTimeZone::UTC};

} // namespace

/// How a line of the shell is read and completed, whom --connect means, and when --since.
class LineTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void splitsAsAShellDoes_data();
    void splitsAsAShellDoes();
    void refusesAQuoteWithoutEnd();
    void findsTheBegunWord_data();
    void findsTheBegunWord();
    void quotesWhatItCompletes();
    void completes_data();
    void completes();
    void asksOnlyForWhatFits();
    void understandsTimes_data();
    void understandsTimes();
    void refusesWhatIsNoTime_data();
    void refusesWhatIsNoTime();
    void refusesATimeToCome();
    void understandsHosts_data();
    void understandsHosts();
    void refusesHostileHosts_data();
    void refusesHostileHosts();
};

void LineTest::splitsAsAShellDoes_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QList<QStringList>>("commands");
    const auto row = [](const QString& line, const QList<QStringList>& commands) {
        QTest::newRow(qPrintable(line)) << line << commands;
    };
    row(u""_s, {});
    row(u"  # nothing"_s, {});
    row(u"list"_s, {{u"list"_s}});
    row(u"  show \t web1 "_s, {{u"show"_s, u"web1"_s}});
    row(u"list; show web1;;"_s, {{u"list"_s}, {u"show"_s, u"web1"_s}});
    row(u"show 'my; web' # one"_s, {{u"show"_s, u"my; web"_s}});
    row(u"show my\\ web"_s, {{u"show"_s, u"my web"_s}});
    row(u"show \"a\\\"b\"c'd\\'"_s, {{u"show"_s, u"a\"bcd\\"_s}});
    row(u"set a#b ''"_s, {{u"set"_s, u"a#b"_s, u""_s}});
}

void LineTest::splitsAsAShellDoes()
{
    QFETCH(const QString, line);
    QFETCH(const QList<QStringList>, commands);
    const auto found = splitLine(line);
    QVERIFY(found);
    QCOMPARE(*found, commands);
}

void LineTest::refusesAQuoteWithoutEnd()
{
    for (const QString& line : {u"show 'web"_s, u"show \"web"_s, u"show web\\"_s}) {
        const auto found = splitLine(line);
        QVERIFY(!found);
        QCOMPARE(found.error().code(), Errc::InvalidArgument);
    }
}

void LineTest::findsTheBegunWord_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QStringList>("before");
    QTest::addColumn<QString>("word");
    QTest::addColumn<int>("start");
    QTest::newRow("nothing") << u""_s << QStringList{} << u""_s << 0;
    QTest::newRow("new word") << u"show "_s << QStringList{u"show"_s} << u""_s << 5;
    QTest::newRow("begun") << u"list; show we"_s << QStringList{u"show"_s} << u"we"_s << 11;
    QTest::newRow("quoted") << u"show 'my w"_s << QStringList{u"show"_s} << u"my w"_s << 5;
    QTest::newRow("escaped") << u"show my\\ w"_s << QStringList{u"show"_s} << u"my w"_s << 5;
}

void LineTest::findsTheBegunWord()
{
    QFETCH(const QString, line);
    const BegunWord begun = begunWord(line);
    QTEST(begun.before, "before");
    QTEST(begun.word, "word");
    QTEST(static_cast<int>(begun.start), "start");
}

void LineTest::quotesWhatItCompletes()
{
    for (const QString& word : {u"web1"_s, u"my web"_s, u"it's \"it\"\\;"_s, u"#1"_s}) {
        for (const QChar quote : {QChar{}, QChar{u'\''}, QChar{u'"'}}) {
            const auto read = splitLine(quotedWord(word, quote));
            QVERIFY2(read, qPrintable(word));
            QCOMPARE(*read, (QList<QStringList>{{word}}));
        }
    }
}

void LineTest::completes_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QStringList>("words");
    const auto row = [](const QString& line, const QStringList& words) {
        QTest::newRow(qPrintable(line)) << line << words;
    };
    row(u"sw"_s, {u"switchover"_s});
    row(u"pe"_s, {u"peer"_s});
    row(u"peer s"_s, {u"set"_s, u"show"_s});
    row(u"show "_s, {u"pair-a"_s, u"pair-b"_s});
    row(u"show pair-a "_s, {});
    row(u"--json show "_s, {u"pair-a"_s, u"pair-b"_s});
    row(u"protect domain-a p"_s, {u"peer-a"_s, u"peer-b"_s});
    row(u"protect --arbiter "_s, {u"etcd"_s, u"fence"_s, u"manual"_s});
    row(u"protect --arbiter=e"_s, {u"--arbiter=etcd"_s});
    row(u"protect --arbiter etcd domain-a peer-a --no-"_s,
        {u"--no-auto-protect"_s, u"--no-reuse-disks"_s, u"--no-wait"_s});
    row(u"job show "_s, {u"job-a"_s, u"job-b"_s});
    row(u"job wait "_s, {u"running-job-a"_s, u"running-job-b"_s});
    row(u"job cancel "_s, {u"cancellable-job-a"_s, u"cancellable-job-b"_s});
    row(u"peer accept "_s, {u"stranger-a"_s, u"stranger-b"_s});
    row(u"preflight "_s, {u"any-domain-a"_s, u"any-domain-b"_s});
    row(u"preflight any-domain-a peer-a --re"_s, {u"--reuse-disks"_s});
    row(u"doctor --host "_s, {u"host-or-peer-a"_s, u"host-or-peer-b"_s});
    row(u"events --since "_s, {});
    row(u"peer set x --second-path n"_s, {u"none"_s});
    row(u"help pe"_s, {u"peer"_s});
    row(u"help peer rem"_s, {u"remove"_s});
    row(u"help pro"_s, {u"program"_s, u"protect"_s, u"protection"_s});
    row(u"frobnicate "_s, {});
    row(u"des"_s, {}); // hidden
    row(u"qu"_s, {u"quit"_s});
}

void LineTest::completes()
{
    QFETCH(const QString, line);
    const Program program{true};
    const BegunWord begun = begunWord(line);
    const auto known = [](const QString& kind) {
        return kind == "text"_L1 ? QStringList{} : QStringList{kind + u"-b"_s, kind + u"-a"_s};
    };
    QTEST(completions(commandTree(program.app()), begun.before, begun.word, known), "words");
}

void LineTest::asksOnlyForWhatFits()
{
    const Program program{true};
    QStringList asked;
    const auto known = [&asked](const QString& kind) {
        asked.append(kind);
        return QStringList{};
    };
    const CommandTree tree = commandTree(program.app());
    for (const QString& line :
         {u""_s, u"pe"_s, u"list --"_s, u"protect --arbiter "_s, u"list "_s}) {
        const BegunWord begun = begunWord(line);
        [[maybe_unused]] const auto words = completions(tree, begun.before, begun.word, known);
    }
    QCOMPARE(asked, QStringList{});
}

void LineTest::understandsTimes_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QDateTime>("time");
    const QDate day{2026, 11, 20};
    const auto row = [](const QString& text, const QDateTime& time) {
        QTest::newRow(qPrintable(text)) << text << time;
    };
    row(u"90s"_s, now.addSecs(-90));
    row(u"30min"_s, now.addSecs(-30 * 60));
    row(u"2h"_s, now.addSecs(-2 * 3600));
    row(u"1h30min"_s, now.addSecs(-90 * 60));
    row(u"7d"_s, now.addDays(-7));
    row(u"2w"_s, now.addDays(-14));
    row(u"2026-11-20"_s, day.startOfDay());
    row(u"2026-11-20T18:40"_s, QDateTime{day, QTime{18, 40}});
    row(u"2026-11-20 18:40:05"_s, QDateTime{day, QTime{18, 40, 5}});
    row(u"2026-11-20T18:40:05.250"_s, QDateTime{day, QTime{18, 40, 5, 250}});
    row(u"2026-11-20T18:40Z"_s, QDateTime{day, QTime{18, 40}, QTimeZone::UTC});
    row(u"2026-11-20T18:40:00.000Z"_s, QDateTime{day, QTime{18, 40}, QTimeZone::UTC});
    row(u"2026-11-20T18:40:05+01:00"_s, QDateTime{day, QTime{17, 40, 5}, QTimeZone::UTC});
}

void LineTest::understandsTimes()
{
    QFETCH(const QString, text);
    const auto time = parseSince(text, now);
    QVERIFY(time);
    QTEST(*time, "time");
}

void LineTest::refusesWhatIsNoTime_data()
{
    QTest::addColumn<QString>("text");
    for (const QString& text :
         {u""_s, u"soon"_s, u"2"_s, u"2 h"_s, u"-2h"_s, u"1.5h"_s, u"2h\n"_s, u"h"_s, u"9999999h"_s,
          u"2026-13-01"_s, u"2026-02-30"_s, u"2026-11-20T25:00"_s, u"18:40"_s, u"2026-11-20T18"_s,
          u"20.11.2026"_s, u"2026-11-20T18:40+99:00"_s, u"x"_s.repeated(9999)})
        QTest::newRow(qPrintable(text.first(std::min<qsizetype>(text.size(), 40)))) << text;
}

void LineTest::refusesWhatIsNoTime()
{
    QFETCH(const QString, text);
    const auto time = parseSince(text, now);
    QVERIFY(!time);
    QCOMPARE(time.error().code(), Errc::InvalidArgument);
    QVERIFY(time.error().message().size() < 200);
    QVERIFY(time.error().remedy().contains(u"30min"_s));
}

void LineTest::refusesATimeToCome()
{
    const auto time = parseSince(now.addSecs(3600).toString(Qt::ISODate), now);
    QVERIFY(!time);
    QVERIFY(time.error().message().contains(u"future"_s));
}

void LineTest::understandsHosts_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("user");
    QTest::addColumn<int>("port");
    QTest::newRow("name") << u"beta"_s << u"beta"_s << u""_s << 0;
    QTest::newRow("user") << u"root@beta.example"_s << u"beta.example"_s << u"root"_s << 0;
    QTest::newRow("url") << u"ssh://beta"_s << u"beta"_s << u""_s << 0;
    QTest::newRow("all") << u"ssh://ops@beta:2222/"_s << u"beta"_s << u"ops"_s << 2222;
    QTest::newRow("v4") << u"ssh://10.0.0.2:22"_s << u"10.0.0.2"_s << u""_s << 22;
    QTest::newRow("v6") << u"root@fe80::1%eth0"_s << u"fe80::1%eth0"_s << u"root"_s << 0;
    QTest::newRow("v6 url") << u"ssh://[2001:db8::2]:2222"_s << u"2001:db8::2"_s << u""_s << 2222;
    QTest::newRow("v6 brackets") << u"[::1]"_s << u"::1"_s << u""_s << 0;
}

void LineTest::understandsHosts()
{
    QFETCH(const QString, text);
    QFETCH(const int, port);
    const auto target = parseTarget(text);
    QVERIFY(target);
    QTEST(target->host, "host");
    QTEST(target->user, "user");
    QCOMPARE(int{target->port.value_or(0)}, port);
}

void LineTest::refusesHostileHosts_data()
{
    QTest::addColumn<QString>("text");
    for (const QString& text : {u""_s,
                                u"-oProxyCommand=touch x"_s,
                                u"ssh://-oProxyCommand=x"_s,
                                u"root@-x"_s,
                                u"-l@beta"_s,
                                u"@beta"_s,
                                u"root@"_s,
                                u"be ta"_s,
                                u"beta\n"_s,
                                u"be\x1bta"_s,
                                u"beta;reboot"_s,
                                u"$(reboot)"_s,
                                u"ssh://"_s,
                                u"ssh://beta:0"_s,
                                u"ssh://beta:65536"_s,
                                u"ssh://beta:x"_s,
                                u"beta:22"_s,
                                u"ssh://beta/path"_s,
                                u"http://beta"_s,
                                u"[::1"_s,
                                u"ssh://[::1]x"_s,
                                u"qemu+ssh://beta"_s})
        QTest::newRow(qPrintable(text)) << text;
}

void LineTest::refusesHostileHosts()
{
    QFETCH(const QString, text);
    const auto target = parseTarget(text);
    QVERIFY(!target);
    QCOMPARE(target.error().code(), Errc::InvalidArgument);
    QVERIFY(!target.error().message().contains(u'\x1b'));
}

QTEST_GUILESS_MAIN(LineTest)
#include "LineTest.moc"
