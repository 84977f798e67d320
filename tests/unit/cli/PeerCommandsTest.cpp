// SPDX-License-Identifier: LGPL-2.1-or-later
#include "CliRun.h"

#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

const QString betaFingerprint = u"b1"_s.repeated(32);

/// A stage whose peer "beta" can be probed and has not been added yet.
struct Strangers : Stage
{
    Strangers()
    {
        pairs.drop(samplePair().uuid);
        peers.infos.clear();
        Q_EMIT peers.peerRemoved(samplePeer().id);
        peers.probed = PeerProbe{.name = u"beta"_s, .id = samplePeer().id, .version = u"0.1.0"_s};
    }
};

PeerInfo asking(const QString& name, const QString& byte)
{
    PeerInfo info = samplePeer();
    info.id = PeerId{byte.repeated(32)};
    info.name = name;
    info.trust = PeerTrust::Asked;
    return info;
}

} // namespace

/// How hosts are made to trust each other, and forgotten.
class PeerCommandsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void peerAddTakesTheRightFingerprint();
    void peerAddRefusesAnotherFingerprint();
    void peerAddNeedsAnAnswerOrAnOption();
    void peerAddAsksAtATerminal();
    void peerAddDoesNothingOnNo();
    void peerAddShowsNoControlCharactersOfStrangers();
    void peerProbeTellsWhoItIs();
    void peerProbeReportsThatNobodyAnswers();
    void peerAcceptTakesTheOnlyOneThatAsked();
    void peerAcceptWantsANameIfSeveralAsked();
    void peerAcceptTellsThatNobodyAsked();
    void peerRemoveRefusesAPeerInUse();
    void peerRemoveForgets();
    void peerSetChangesHeartbeats();
    void peerSetWantsSomethingToSet();
    void peerSetTellsTheBounds();
    void eachPrintsThePeerAsJson();
};

void PeerCommandsTest::peerAddTakesTheRightFingerprint()
{
    Strangers stage;
    QString typed = betaFingerprint.toUpper();
    typed.insert(4, u':').insert(10, u' ');
    const Outcome outcome = runCli(
        stage,
        {u"peer"_s, u"add"_s, u"10.0.0.2"_s, u"--name"_s, u"b"_s, u"--fingerprint"_s, typed});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, u"b is trusted here; now run 'lockstep peer accept' on b\n"_s);
    QCOMPARE(stage.peers.calls.last(), u"add 10.0.0.2 %1 b"_s.arg(betaFingerprint));
}

void PeerCommandsTest::peerAddRefusesAnotherFingerprint()
{
    Strangers stage;
    const Outcome outcome = runCli(stage,
                                   {u"peer"_s, u"add"_s, u"10.0.0.2"_s, u"--fingerprint"_s,
                                    u"c2"_s.repeated(32), u"--yes"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"FingerprintMismatch"_s);
    QCOMPARE(stage.peers.calls, QStringList{u"probe 10.0.0.2"_s});
}

void PeerCommandsTest::peerAddNeedsAnAnswerOrAnOption()
{
    Strangers stage;
    QCOMPARE(runCli(stage, {u"peer"_s, u"add"_s, u"10.0.0.2"_s}).status, 2);
    QCOMPARE(stage.peers.calls, QStringList{u"probe 10.0.0.2"_s});
    const Outcome trusting = runCli(stage, {u"peer"_s, u"add"_s, u"10.0.0.2"_s, u"--yes"_s});
    QVERIFY2(trusting.status == 0, qPrintable(trusting.err));
}

void PeerCommandsTest::peerAddAsksAtATerminal()
{
    Strangers stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"peer"_s, u"add"_s, u"10.0.0.2"_s});
    QVERIFY(run.waitFor(u"a0a0 a0a0 a0a0 a0a0 a0a0 a0a0 a0a0 a0a0"_s));
    QVERIFY(run.waitFor(u"b1b1 b1b1 b1b1 b1b1 b1b1 b1b1 b1b1 b1b1"_s));
    QVERIFY(run.waitFor(u"Type yes to trust beta: "_s));
    run.type("yes\n");
    QCOMPARE(run.finish().status, 0);
    QCOMPARE(stage.peers.calls.last(), u"add 10.0.0.2 %1 "_s.arg(betaFingerprint));
}

void PeerCommandsTest::peerAddDoesNothingOnNo()
{
    Strangers stage;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"peer"_s, u"add"_s, u"10.0.0.2"_s});
    QVERIFY(run.waitFor(u"Type yes to trust beta: "_s));
    run.type("y\n");
    QCOMPARE(run.finish().status, 5);
    QCOMPARE(stage.peers.calls, QStringList{u"probe 10.0.0.2"_s});
}

void PeerCommandsTest::peerAddShowsNoControlCharactersOfStrangers()
{
    Strangers stage;
    stage.peers.probed->name = u"be\x1b[2Jta\n"_s;
    NEEDS_TERMINALS();
    CliRun run{stage, CliRun::Where::Terminal};
    run.start({u"peer"_s, u"add"_s, u"10.0.0.2"_s});
    QVERIFY(run.waitFor(u"Type yes to trust be\ufffd[2Jta"_s));
    run.type("no\n");
    QVERIFY(!run.finish().err.contains(u'\x1b'));
}

void PeerCommandsTest::peerProbeTellsWhoItIs()
{
    Strangers stage;
    const Outcome outcome = runCli(stage, {u"peer"_s, u"probe"_s, u"10.0.0.2"_s});
    QCOMPARE(outcome.status, 0);
    QVERIFY2(outcome.out.startsWith(u"name:         beta\naddress:      10.0.0.2\n"_s),
             qPrintable(outcome.out));
    QVERIFY(outcome.out.contains(u"fingerprint:  b1b1 b1b1"_s));
    QVERIFY(outcome.out.endsWith(u"version:      0.1.0\n"_s));
    const QJsonObject json =
        runCli(stage, {u"peer"_s, u"probe"_s, u"10.0.0.2"_s, u"--json"_s}).json();
    QCOMPARE(json[u"fingerprint"].toString(), betaFingerprint);
    QCOMPARE(stage.peers.calls, (QStringList{u"probe 10.0.0.2"_s, u"probe 10.0.0.2"_s}));
}

void PeerCommandsTest::peerProbeReportsThatNobodyAnswers()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"peer"_s, u"probe"_s, u"10.0.0.9"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"PeerUnreachable"_s);
    QCOMPARE(runCli(stage, {u"peer"_s, u"probe"_s}).status, 2);
}

void PeerCommandsTest::peerAcceptTakesTheOnlyOneThatAsked()
{
    Stage stage;
    stage.peers.put(asking(u"gamma"_s, u"c2"_s));
    const Outcome outcome = runCli(stage, {u"peer"_s, u"accept"_s, u"--yes"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out, u"gamma and this host trust each other\n"_s);
}

void PeerCommandsTest::peerAcceptWantsANameIfSeveralAsked()
{
    Stage stage;
    stage.peers.put(asking(u"gamma"_s, u"c2"_s));
    stage.peers.put(asking(u"delta"_s, u"d3"_s));
    const Outcome outcome = runCli(stage, {u"peer"_s, u"accept"_s, u"--yes"_s});
    QCOMPARE(outcome.status, 2);
    QVERIFY(outcome.err.contains(u"delta, gamma"_s));
    QCOMPARE(runCli(stage, {u"peer"_s, u"accept"_s, u"gamma"_s, u"--yes"_s}).status, 0);
}

void PeerCommandsTest::peerAcceptTellsThatNobodyAsked()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"peer"_s, u"accept"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"UnknownPeer"_s);
}

void PeerCommandsTest::peerRemoveRefusesAPeerInUse()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"peer"_s, u"remove"_s, u"beta"_s, u"--json"_s});
    QCOMPARE(outcome.status, 1);
    QCOMPARE(outcome.errorName(), u"Busy"_s);
}

void PeerCommandsTest::peerRemoveForgets()
{
    Stage stage;
    stage.pairs.drop(samplePair().uuid);
    QCOMPARE(runCli(stage, {u"peer"_s, u"remove"_s, u"beta"_s}).out, u"beta is forgotten here\n"_s);
    QCOMPARE(stage.peers.calls, QStringList{u"remove "_s + betaFingerprint});
}

void PeerCommandsTest::peerSetChangesHeartbeats()
{
    Stage stage;
    Outcome outcome =
        runCli(stage,
               {u"peer"_s, u"set"_s, u"beta"_s, u"--heartbeat-interval"_s, u"50"_s,
                u"--heartbeat-timeout"_s, u"200"_s, u"--second-path"_s, u"192.0.2.7"_s});
    QCOMPARE(outcome.status, 0);
    QCOMPARE(outcome.out,
             u"beta: heartbeats every 50 ms, timeout 200 ms, second path 192.0.2.7\n"_s);
    outcome = runCli(stage, {u"peer"_s, u"set"_s, u"beta"_s, u"--second-path"_s, u"none"_s});
    QCOMPARE(outcome.out, u"beta: heartbeats every 50 ms, timeout 200 ms, second path none\n"_s);
}

void PeerCommandsTest::peerSetWantsSomethingToSet()
{
    Stage stage;
    const Outcome outcome = runCli(stage, {u"peer"_s, u"set"_s, u"beta"_s, u"--json"_s});
    QCOMPARE(outcome.status, 2);
    QCOMPARE(outcome.errorName(), u"InvalidArgument"_s);
    QVERIFY(stage.peers.calls.isEmpty());
}

void PeerCommandsTest::peerSetTellsTheBounds()
{
    Stage stage;
    const Outcome outcome = runCli(
        stage, {u"peer"_s, u"set"_s, u"beta"_s, u"--heartbeat-interval"_s, u"5"_s, u"--json"_s});
    QCOMPARE(outcome.status, 2);
    QCOMPARE(outcome.errorName(), u"InvalidArgument"_s);
}

void PeerCommandsTest::eachPrintsThePeerAsJson()
{
    Strangers stage;
    const auto peerAfter = [&stage](const QString& words) {
        const Outcome outcome = runCli(stage, words.split(u' ') + QStringList{u"--json"_s});
        return outcome.status == 0 ? outcome.json() : QJsonObject{};
    };
    QCOMPARE(peerAfter(u"peer add 10.0.0.2 --yes"_s)[u"trust"].toString(), u"asking"_s);
    stage.peers.put(asking(u"gamma"_s, u"c2"_s));
    QCOMPARE(peerAfter(u"peer accept gamma --yes"_s)[u"trust"].toString(), u"trusted"_s);
    const QJsonObject set = peerAfter(u"peer set beta --heartbeat-timeout 400"_s);
    QCOMPARE(set[u"heartbeat-timeout-ms"].toInteger(), qint64{400});
    QCOMPARE(peerAfter(u"peer remove beta"_s)[u"fingerprint"].toString(), betaFingerprint);
}

QTEST_GUILESS_MAIN(PeerCommandsTest)
#include "PeerCommandsTest.moc"
