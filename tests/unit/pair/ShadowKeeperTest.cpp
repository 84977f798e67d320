// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"
#include "pair/ShadowBuild.h"

#include <QDir>
#include <QFile>
#include <QTcpServer>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

/// The secondary's host, and the primary's, which only asks.
struct Hosts
{
    FakeHost alpha{u"alpha"_s};
    FakeHost beta{u"beta"_s};

    Hosts() { FakePeers::join(alpha.peers, beta.peers); }
    Result<QJsonObject> ask(const QString& method, QJsonObject request = {})
    {
        request.insert(u"uuid"_s, toString(webUuid()));
        if (!request.contains(u"epoch"))
            request.insert(u"epoch"_s, 1);
        return QCoro::waitFor(
            alpha.peers.call(alpha.peers.other.id, method, request, Peers::usualDeadline));
    }
    Result<QJsonObject> prepare(quint64 epoch = 5)
    {
        return ask(u"shadow.prepare"_s,
                   {{u"spec"_s, webSpec().toJson()},
                    {u"epoch"_s, qint64(epoch)},
                    {u"xml"_s, u"<domain/>"_s}});
    }
    void putShadow(PairState state, quint64 epoch = 1)
    {
        beta.put(beta.record(Role::Secondary, state, epoch));
        beta.putDomain().coloMode = u"secondary"_s;
    }
};

} // namespace

class ShadowKeeperTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void refusesAShadowOfWhatIsEngaged_data();
    void refusesAShadowOfWhatIsEngaged();
    void refusesAShadowOfWhatLivesHere();
    void refusesANameThatIsTaken();
    void refusesToReplaceARunningDomain();
    void cleansUpAfterAFailedPreparation();
    void refusesWhatIsNoRequest();
    void confirmsOnlyAShadowInStep();
    void neverTakesOverOnceReleased();
    void refusesToReleaseWhatGoesLive();
    void refusesToReleaseWhileAJobTakesOver();
    void keepsAStaleRecordWhenReleased();
    void discardsTwice();
    void keepsWhatIsLive_data();
    void keepsWhatIsLive();
    void answersOnlyThePairsOwnPeer();
    void keepsAnOldDefinitionAsStale();
    void removesTheImagesButNoOthers();
    void choosesPortsThatNobodyUses();
    void reusesPortsOfPairsThatHaveEnded();
    void saysWhenPortsAreUsedUp();
};

void ShadowKeeperTest::refusesAShadowOfWhatIsEngaged_data()
{
    QTest::addColumn<Role>("role");
    QTest::addColumn<PairState>("state");
    using enum PairState;
    for (const auto role : {Role::Primary, Role::Secondary}) {
        for (const auto state :
             {Preparing, Copying, Protected, Interrupted, TakingOver, Merging, Undoing})
            QTest::newRow(qPrintable(toString(role) + u' ' + toString(state))) << role << state;
    }
}

void ShadowKeeperTest::refusesAShadowOfWhatIsEngaged()
{
    QFETCH(const Role, role);
    QFETCH(const PairState, state);
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(role, state, 1));
    hosts.beta.putDomain();
    QCOMPARE(hosts.prepare().error().code(), Errc::Busy);
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
    QCOMPARE(hosts.beta.state(), toString(state));
}

void ShadowKeeperTest::refusesAShadowOfWhatLivesHere()
{
    // The newest state is on beta; alpha would copy an older one over it.
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(Role::Primary, PairState::Alone, 9));
    hosts.beta.putDomain(DomainState::Off);
    QCOMPARE(hosts.prepare().error().code(), Errc::NameTaken);
    QCOMPARE(hosts.beta.state(), toString(PairState::Alone));
}

void ShadowKeeperTest::refusesANameThatIsTaken()
{
    Hosts hosts;
    hosts.beta.hypervisor.put({.uuid = {QUuid::createUuid()},
                               .name = u"web"_s,
                               .id = -1,
                               .state = DomainState::Off,
                               .persistent = true});
    QCOMPARE(hosts.prepare().error().code(), Errc::NameTaken);
    QVERIFY(!hosts.beta.has());
}

void ShadowKeeperTest::refusesToReplaceARunningDomain()
{
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(Role::Primary, PairState::Stale, 1));
    hosts.beta.putDomain(); // started by hand, whatever the record says
    QCOMPARE(hosts.prepare().error().code(), Errc::NameTaken);
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
}

void ShadowKeeperTest::cleansUpAfterAFailedPreparation()
{
    Hosts hosts;
    QVERIFY(!hosts.prepare()); // this libvirt starts no shadow
    QVERIFY(!hosts.beta.has());
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
    QCOMPARE(QDir{hosts.beta.images.path()}.entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
             QStringList{});
}

void ShadowKeeperTest::refusesWhatIsNoRequest()
{
    Hosts hosts;
    QCOMPARE(hosts.ask(u"shadow.prepare"_s, {{u"spec"_s, 1}}).error().code(), Errc::ProtocolError);
    QCOMPARE(hosts.ask(u"shadow.confirm"_s, {{u"epoch"_s, u"one"_s}}).error().code(),
             Errc::ProtocolError);
    QCOMPARE(hosts.ask(u"shadow.release"_s, {{u"epoch"_s, {}}}).error().code(),
             Errc::ProtocolError);
    QCOMPARE(hosts.ask(u"shadow.confirm"_s).error().code(), Errc::UnknownPair);
}

void ShadowKeeperTest::confirmsOnlyAShadowInStep()
{
    Hosts hosts;
    hosts.putShadow(PairState::Copying);
    hosts.beta.hypervisor.qemu(webUuid()).coloMode = u"none"_s;
    QCOMPARE(hosts.ask(u"shadow.confirm"_s).error().code(), Errc::NotInStep);
    QCOMPARE(hosts.beta.state(), toString(PairState::Copying));
    hosts.beta.hypervisor.qemu(webUuid()).coloMode = u"secondary"_s;
    QVERIFY(hosts.ask(u"shadow.confirm"_s));
    QCOMPARE(hosts.beta.state(), toString(PairState::Protected));
}

void ShadowKeeperTest::neverTakesOverOnceReleased()
{
    Hosts hosts;
    hosts.putShadow(PairState::Protected);
    QVERIFY(hosts.ask(u"shadow.release"_s));
    QCOMPARE(hosts.beta.state(), toString(PairState::Undoing)); // what takeover refuses
    QVERIFY(hosts.beta.store.documents[u"pair"_s][toString(webUuid())][u"state"].toString()
            == u"undoing");
    QVERIFY(hosts.ask(u"shadow.release"_s)); // asked again by a daemon that was restarted
}

void ShadowKeeperTest::refusesToReleaseWhatGoesLive()
{
    Hosts hosts;
    for (const auto& [role, state] : {std::pair{Role::Secondary, PairState::TakingOver},
                                      std::pair{Role::Primary, PairState::Merging},
                                      std::pair{Role::Primary, PairState::Alone}}) {
        hosts.beta.put(hosts.beta.record(role, state, 2));
        QCOMPARE(hosts.ask(u"shadow.release"_s).error().code(), Errc::WrongRole);
        QCOMPARE(hosts.beta.state(), toString(state));
    }
}

void ShadowKeeperTest::refusesToReleaseWhileAJobTakesOver()
{
    // The job has begun and is about to make it live: both sides going on would be two primaries.
    Hosts hosts;
    hosts.putShadow(PairState::Protected);
    QVERIFY(hosts.beta.jobs.start(u"takeover"_s, webUuid(), u"web"_s, false));
    QCOMPARE(hosts.ask(u"shadow.release"_s).error().code(), Errc::Busy);
    QCOMPARE(hosts.beta.state(), toString(PairState::Protected));
}

void ShadowKeeperTest::keepsAStaleRecordWhenReleased()
{
    // There is no shadow; a domain that runs here was started by somebody else.
    Hosts hosts;
    hosts.putShadow(PairState::Stale);
    QVERIFY(hosts.ask(u"shadow.release"_s));
    QCOMPARE(hosts.beta.state(), toString(PairState::Stale));
    QVERIFY(hosts.ask(u"shadow.discard"_s));
    QCOMPARE(hosts.beta.state(), toString(PairState::Stale));
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
}

void ShadowKeeperTest::discardsTwice()
{
    Hosts hosts;
    hosts.putShadow(PairState::Protected);
    QVERIFY(hosts.ask(u"shadow.discard"_s));
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
    QVERIFY(!hosts.beta.has());
    QVERIFY(hosts.ask(u"shadow.discard"_s));
}

void ShadowKeeperTest::keepsWhatIsLive_data()
{
    QTest::addColumn<Role>("role");
    QTest::addColumn<PairState>("state");
    QTest::newRow("taking over") << Role::Secondary << PairState::TakingOver;
    QTest::newRow("merging") << Role::Primary << PairState::Merging;
    QTest::newRow("alone") << Role::Primary << PairState::Alone;
    QTest::newRow("protected towards somebody") << Role::Primary << PairState::Protected;
}

void ShadowKeeperTest::keepsWhatIsLive()
{
    QFETCH(const Role, role);
    QFETCH(const PairState, state);
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(role, state, 2));
    hosts.beta.putDomain();
    QVERIFY(QCoro::waitFor(hosts.beta.keeper.giveUp(webUuid(), u"test"_s)));
    (void)hosts.ask(u"shadow.discard"_s);
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
    QCOMPARE(hosts.beta.state(), toString(state));
}

void ShadowKeeperTest::answersOnlyThePairsOwnPeer()
{
    Hosts hosts;
    PairRecord record = hosts.beta.record(Role::Secondary, PairState::Protected, 1);
    record.peer = {QString(64, u'f')};
    hosts.beta.put(record);
    hosts.beta.putDomain().coloMode = u"secondary"_s;
    QCOMPARE(hosts.ask(u"shadow.release"_s).error().code(), Errc::UnknownPair);
    (void)hosts.ask(u"shadow.discard"_s);
    QVERIFY(hosts.beta.hypervisor.runs(webUuid()));
    QCOMPARE(hosts.prepare().error().code(), Errc::Busy);
}

void ShadowKeeperTest::keepsAnOldDefinitionAsStale()
{
    Hosts hosts;
    PairRecord record = hosts.beta.record(Role::Secondary, PairState::Protected, 1);
    record.definedHere = true;
    hosts.beta.put(record);
    hosts.beta.putDomain();
    QVERIFY(hosts.ask(u"shadow.discard"_s));
    // Forgotten, a start of the old definition would go unnoticed.
    QCOMPARE(hosts.beta.state(), toString(PairState::Stale));
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
}

void ShadowKeeperTest::removesTheImagesButNoOthers()
{
    Hosts hosts;
    hosts.putShadow(PairState::Protected);
    const QDir folder{hosts.beta.images.path() + u'/' + toString(webUuid())};
    QVERIFY(folder.mkpath(u"."_s));
    for (const auto& name :
         {u"vda.qcow2"_s, u"vda.hidden.qcow2"_s, u"vda.active.qcow2"_s, u"users-own.img"_s}) {
        QFile file{folder.filePath(name)};
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    QVERIFY(hosts.ask(u"shadow.discard"_s));
    QCOMPARE(folder.entryList(QDir::Files), QStringList{u"users-own.img"_s});
}

void ShadowKeeperTest::choosesPortsThatNobodyUses()
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

void ShadowKeeperTest::reusesPortsOfPairsThatHaveEnded()
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

void ShadowKeeperTest::saysWhenPortsAreUsedUp()
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

QTEST_GUILESS_MAIN(ShadowKeeperTest)
#include "ShadowKeeperTest.moc"
