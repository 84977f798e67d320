// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QJsonArray>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

/// `lockstep describe`, of which man pages and completions are made, and `lockstep help`.
class DescribeTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void describesEveryCommand();
    void describesArguments();
    void listsValues();
    void listsOnlyValuesThatWillDo();
    void listsNoValuesWithoutDaemon();
    void helpIsGrouped();
    void helpKnowsCommandsAndGroups();
    void helpAsJsonIsTheWholeDescription();
    void helpOfNothingIsStatusTwo();
    void unknownCommandIsStatusTwo();
};

namespace {

QJsonObject command(const QJsonObject& description, const QString& name)
{
    for (const auto& entry : description[u"commands"].toArray()) {
        if (entry.toObject()[u"name"] == name)
            return entry.toObject();
    }
    return {};
}

QJsonObject option(const QJsonObject& owner, const QString& name)
{
    for (const auto& entry : owner[u"options"].toArray()) {
        if (entry.toObject()[u"names"].toArray().contains(name))
            return entry.toObject();
    }
    return {};
}

} // namespace

void DescribeTest::describesEveryCommand()
{
    Stage stage;
    const QJsonObject all = runCli(stage, {u"describe"_s}).json();
    QCOMPARE(all[u"program"].toString(), u"lockstep"_s);
    QStringList headings;
    QStringList grouped;
    for (const auto& group : all[u"groups"].toArray()) {
        headings.append(group[u"name"].toString());
        for (const auto& name : group[u"commands"].toArray())
            grouped.append(name.toString());
    }
    QCOMPARE(headings.first(), u"Protection"_s);
    QVERIFY(grouped.contains(u"peer add"_s));
    QVERIFY(!grouped.contains(u"describe"_s));
    for (const auto& entry : all[u"commands"].toArray()) {
        const QString name = entry[u"name"].toString();
        QVERIFY2(!entry[u"description"].toString().isEmpty(), qPrintable(name));
        QVERIFY2(name == "describe"_L1 || grouped.contains(name), qPrintable(name));
        // Each is a command that the program knows.
        QCOMPARE(runCli(stage, name.split(u' ') + QStringList{u"--help"_s}).status, 0);
    }
}

void DescribeTest::describesArguments()
{
    Stage stage;
    const QJsonObject all = runCli(stage, {u"describe"_s}).json();
    const QJsonObject protect = command(all, u"protect"_s);
    QCOMPARE(protect[u"usage"].toString(), u"protect DOMAIN [PEER]"_s);
    QCOMPARE(protect[u"positionals"][0][u"kind"].toString(), u"domain"_s);
    QCOMPARE(protect[u"positionals"][1][u"kind"].toString(), u"peer"_s);
    QCOMPARE(protect[u"positionals"][1][u"required"].toBool(), false);
    const QJsonObject arbiter = option(protect, u"--arbiter"_s);
    QCOMPARE(arbiter[u"kind"].toString(), u"choice"_s);
    QCOMPARE(arbiter[u"values"].toArray(), (QJsonArray{u"manual"_s, u"etcd"_s, u"fence"_s}));
    QCOMPARE(option(protect, u"--no-auto-protect"_s)[u"kind"].toString(), u"flag"_s);
    QCOMPARE(option(all, u"--timeout"_s)[u"placeholder"].toString(), u"SECONDS"_s);
    QCOMPARE(command(all, u"show"_s)[u"positionals"][0][u"kind"].toString(), u"pair"_s);
    QCOMPARE(command(all, u"job show"_s)[u"positionals"][0][u"kind"].toString(), u"job"_s);
    const QJsonObject second = option(command(all, u"peer set"_s), u"--second-path"_s);
    QCOMPARE(second[u"kind"].toString(), u"text"_s);
    QCOMPARE(second[u"values"].toArray(), QJsonArray{u"none"_s});
    const QJsonObject connect = option(all, u"--connect"_s);
    QCOMPARE(connect[u"kind"].toString(), u"host"_s);
    QCOMPARE(connect[u"environment"].toString(), u"LOCKSTEP_CONNECT"_s);
}

void DescribeTest::listsValues()
{
    Stage stage;
    const auto values = [&stage](const QString& kind) {
        return runCli(stage, {u"describe"_s, u"--values"_s, kind}).out;
    };
    QCOMPARE(values(u"pair"_s), u"web1\n"_s);
    QCOMPARE(values(u"peer"_s), u"beta\n"_s);
    QCOMPARE(values(u"job"_s), u"1\n"_s);
    QCOMPARE(values(u"setting"_s), u"control.port\nfence.beta.options.passwd\n"_s);
    QCOMPARE(values(u"host-or-peer"_s), u"alpha\nbeta\n"_s);
}

void DescribeTest::listsOnlyValuesThatWillDo()
{
    Stage stage;
    stage.hypervisor.known = {{.uuid = samplePair().uuid, .name = u"web1"_s, .id = 7},
                              {.uuid = DomainUuid{QUuid::createUuid()}, .name = u"off"_s}};
    PeerInfo asked = samplePeer();
    asked.id = PeerId{u"c2"_s.repeated(32)};
    asked.name = u"gamma"_s;
    asked.trust = PeerTrust::Asked;
    stage.peers.put(asked);
    JobView takeover = sampleJob();
    takeover.id = JobId{2};
    takeover.cancellable = false;
    stage.pairs.put(takeover);
    JobView done = sampleJob();
    done.id = JobId{3};
    done.state = JobState::Done;
    stage.pairs.put(done);
    const auto values = [&stage](const QString& kind) {
        return runCli(stage, {u"describe"_s, u"--values"_s, kind}).out.split(u'\n');
    };
    QCOMPARE(values(u"domain"_s), (QStringList{u"web1"_s, {}}));
    QCOMPARE(values(u"any-domain"_s), (QStringList{u"off"_s, u"web1"_s, {}}));
    QCOMPARE(values(u"peer"_s), (QStringList{u"beta"_s, u"gamma"_s, {}}));
    QCOMPARE(values(u"stranger"_s), (QStringList{u"gamma"_s, {}}));
    QCOMPARE(values(u"job"_s), (QStringList{u"1"_s, u"2"_s, u"3"_s, {}}));
    QCOMPARE(values(u"running-job"_s), (QStringList{u"1"_s, u"2"_s, {}}));
    QCOMPARE(values(u"cancellable-job"_s), (QStringList{u"1"_s, {}}));
}

void DescribeTest::listsNoValuesWithoutDaemon()
{
    Stage stage;
    QCoro::waitFor(stage.service.stop());
    for (const QString& kind : {u"domain"_s, u"pair"_s, u"peer"_s, u"host-or-peer"_s, u"job"_s}) {
        const Outcome outcome = runCli(stage, {u"describe"_s, u"--values"_s, kind});
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.out + outcome.err, QString{});
    }
}

void DescribeTest::helpIsGrouped()
{
    Stage stage;
    const Outcome help = runCli(stage, {u"help"_s});
    QCOMPARE(help.status, 0);
    QCOMPARE(help.out, runCli(stage, {u"--help"_s}).out);
    qsizetype last = 0;
    for (const QString& text :
         {u"Protection (help keyword 'protection'):"_s, u"  protect DOMAIN [PEER]"_s,
          u"Hosts and peers (help keyword 'hosts'):"_s, u"  peer add ADDRESS"_s,
          u"Jobs and events (help keyword 'jobs'):"_s, u"Program (help keyword 'program'):"_s}) {
        QVERIFY2(help.out.indexOf(text) > last, qPrintable(text + u"\n"_s + help.out));
        last = help.out.indexOf(text);
    }
    for (const QString& line : help.out.split(u'\n'))
        QVERIFY2(line.size() <= 80, qPrintable(line));
}

void DescribeTest::helpKnowsCommandsAndGroups()
{
    Stage stage;
    QCOMPARE(runCli(stage, {u"help"_s, u"peer"_s, u"add"_s}).out,
             runCli(stage, {u"peer"_s, u"add"_s, u"--help"_s}).out);
    QVERIFY(runCli(stage, {u"help"_s, u"protect"_s})
                .out.startsWith(u"Usage: lockstep protect DOMAIN [PEER] [OPTIONS]\n"_s));
    QVERIFY(runCli(stage, {u"help"_s, u"peer"_s}).out.contains(u"peer remove PEER"_s));
    QVERIFY(runCli(stage, {u"help"_s, u"HOSTS"_s}).out.contains(u"host drain"_s));
}

void DescribeTest::helpAsJsonIsTheWholeDescription()
{
    Stage stage;
    const Outcome help = runCli(stage, {u"help"_s, u"protect"_s, u"--json"_s});
    QCOMPARE(help.status, 0);
    QCOMPARE(help.out, runCli(stage, {u"describe"_s}).out);
}

void DescribeTest::helpOfNothingIsStatusTwo()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"help"_s, u"frobnicate"_s});
    QCOMPARE(outcome.status, 2);
    QCOMPARE(
        outcome.err,
        u"error: there is no command or group 'frobnicate'\n  what to do: 'lockstep help' lists them.\n"_s);
}

void DescribeTest::unknownCommandIsStatusTwo()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"frobnicate"_s, u"web1"_s});
    QCOMPARE(outcome.status, 2);
    QCOMPARE(
        outcome.err,
        u"error: lockstep has no command 'frobnicate'\n  what to do: See 'lockstep --help'.\n"_s);
    QCOMPARE(runCli(stage, {u"frobnicate"_s, u"--json"_s}).errorName(), u"InvalidArgument"_s);
}

QTEST_GUILESS_MAIN(DescribeTest)
#include "DescribeTest.moc"
