// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ShadowBuild.h"

#include "fakes/FakeHost.h"

#include <QTcpServer>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

/// The ports of a shadow's channels.
class ShadowBuildTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void choosesPortsThatNobodyUses();
    void reusesPortsOfPairsThatHaveEnded();
    void saysWhenPortsAreUsedUp();
};

void ShadowBuildTest::choosesPortsThatNobodyUses()
{
    FakeHost host{u"beta"_s};
    const QHostAddress address{QHostAddress::LocalHost};
    QTcpServer stranger;
    QVERIFY(stranger.listen(address));
    if (stranger.serverPort() > 65000)
        QSKIP("no room above the port that the system chose");
    host.config.replication.portMin = stranger.serverPort();
    host.config.replication.portMax = quint16(stranger.serverPort() + 60);
    PairRecord other = host.record(Role::Secondary, PairState::Protected, 1);
    other.uuid = {QUuid::createUuid()};
    other.spec.nbdPort = quint16(stranger.serverPort() + 1);
    other.spec.migrationPort = quint16(stranger.serverPort() + 2);
    other.spec.nics[0].requestPort = quint16(stranger.serverPort() + 3);
    other.spec.nics[0].responsePort = quint16(stranger.serverPort() + 4);
    ReplicationSpec spec = webSpec();
    spec.secondaryAddress = address;
    QVERIFY(choosePorts(spec, {other}, host.config));
    const QSet<quint16> chosen{spec.nbdPort, spec.migrationPort, spec.nics[0].requestPort,
                               spec.nics[0].responsePort};
    QCOMPARE(chosen.size(), 4);
    for (const auto port : chosen) {
        QVERIFY(port > stranger.serverPort() + 4);
        QVERIFY(port <= host.config.replication.portMax);
    }
}

void ShadowBuildTest::reusesPortsOfPairsThatHaveEnded()
{
    // Five rounds of takeover and protecting back must not use the range up.
    FakeHost host{u"beta"_s};
    const QHostAddress address{QHostAddress::LocalHost};
    const int before = freePorts(address, webUuid(), {}, host.config);
    PairRecord ended = host.record(Role::Primary, PairState::Alone, 1);
    ended.uuid = {QUuid::createUuid()};
    ended.spec.nbdPort = host.config.replication.portMin;
    QCOMPARE(freePorts(address, webUuid(), {ended}, host.config), before);
    ended.state = PairState::Protected;
    QCOMPARE(freePorts(address, webUuid(), {ended}, host.config), before - 1);
    QCOMPARE(freePorts(address, ended.uuid, {ended}, host.config), before);
}

void ShadowBuildTest::saysWhenPortsAreUsedUp()
{
    FakeHost host{u"beta"_s};
    host.config.replication.portMax =
        quint16(host.config.replication.portMin + 2); // 3, and 4 are needed
    ReplicationSpec spec = webSpec();
    spec.secondaryAddress = QHostAddress{QHostAddress::LocalHost};
    const auto chosen = choosePorts(spec, {}, host.config);
    QCOMPARE(chosen.error().code(), Errc::NoSpace);
    QVERIFY(chosen.error().message().contains(QString::number(host.config.replication.portMin)));
    QCOMPARE(spec.nbdPort, quint16{0});
}

QTEST_GUILESS_MAIN(ShadowBuildTest)
#include "ShadowBuildTest.moc"
