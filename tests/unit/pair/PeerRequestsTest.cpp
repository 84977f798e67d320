// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;
using enum PairState;

namespace {

/// The secondary's host, and the primary's, which only asks.
struct Hosts : TwoHosts
{
    Hosts() : TwoHosts{ArbiterKind::Manual, false} { }
    [[nodiscard]] bool letGo(const QString& what, quint64 epoch = 1)
    {
        const auto reply =
            askBeta(u"pair.let-go"_s, {{u"for"_s, what}, {u"epoch"_s, qint64(epoch)}});
        return reply && (*reply)[u"agreed"].toBool();
    }
    void putShadow(PairState state, quint64 epoch = 1)
    {
        beta.put(beta.record(Role::Secondary, state, epoch));
        beta.putDomain(DomainState::Paused).coloMode = u"secondary"_s;
    }
    [[nodiscard]] bool betaRuns() const { return beta.hypervisor.runs(webUuid()); }
};

} // namespace

class PeerRequestsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void makesAShadow();
    void refusesAShadowOfWhatIsEngaged_data();
    void refusesAShadowOfWhatIsEngaged();
    void refusesAShadowOfWhatLivesHere();
    void refusesANameThatIsTaken();
    void refusesToReplaceARunningDomain();
    void replacesWhatIsOutOfDate_data();
    void replacesWhatIsOutOfDate();
    void takesTheNewSpecWhateverWasThere_data();
    void takesTheNewSpecWhateverWasThere();
    void cleansUpAfterAFailedPreparation();
    void refusesWhatIsNoRequest_data();
    void refusesWhatIsNoRequest();
    void discardsWhatLosesItsPrimaryBeforeItIsInStep();
    void neverTakesOverOnceReleased();
    void refusesToReleaseWhatGoesLive_data();
    void refusesToReleaseWhatGoesLive();
    void agreesForWhatItDoesNotKnow();
    void discardsTwice();
    void keepsAnOldDefinitionAsStale();
    void removesTheImagesButNoOthers();
    void yieldsOnlyToTheShadow_data();
    void yieldsOnlyToTheShadow();
    void promisesByNumber();
    void leavesAThirdHostNoSay();
    void handsOverOnlyUnderItsEpoch();
};

void PeerRequestsTest::makesAShadow()
{
    Hosts hosts;
    hosts.beta.begin();
    const auto reply = hosts.prepare();
    QVERIFY2(reply, qPrintable(reply ? QString{} : reply.error().message()));
    QCOMPARE(hosts.beta.standing(), u"secondary copying 5"_s);
    QVERIFY(hosts.betaRuns());
    const auto record = *hosts.beta.pairs.find(webUuid());
    QVERIFY2(record.settings.arbiter == ArbiterKind::Etcd && record.settings.autoProtect,
             "both hosts keep the same settings");
    QVERIFY(!record.definition.isEmpty());
    QVERIFY(!record.sole);
    QCOMPARE(hosts.beta.guard(), u"refuse"_s);
    // Found again by a daemon that dies while it builds.
    QVERIFY(hosts.beta.did(u"store copying 5"_s, u"create"_s));
    const auto spec = ReplicationSpec::fromJson((*reply)[u"spec"].toObject());
    QVERIFY(QFile::exists(spec->disks[0].replica));
}

void PeerRequestsTest::refusesAShadowOfWhatIsEngaged_data()
{
    QTest::addColumn<Role>("role");
    QTest::addColumn<PairState>("state");
    for (const auto role : {Role::Primary, Role::Secondary}) {
        for (const auto state :
             {Preparing, Copying, Confirming, Protected, Interrupted, TakingOver, Merging, Undoing})
            QTest::newRow(qPrintable(toString(role) + u' ' + toString(state))) << role << state;
    }
}

void PeerRequestsTest::refusesAShadowOfWhatIsEngaged()
{
    QFETCH(const Role, role);
    QFETCH(const PairState, state);
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(role, state, 1));
    hosts.beta.putDomain();
    hosts.beta.load(); // its driver has not begun, and cannot change it yet
    QCOMPARE(hosts.prepare().error().code(), Errc::Busy);
    QVERIFY(hosts.betaRuns());
    QCOMPARE(hosts.beta.state(), toString(state));
}

void PeerRequestsTest::refusesAShadowOfWhatLivesHere()
{
    // The newest state is on beta; alpha would copy an older one over it.
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(Role::Primary, Alone, 9));
    hosts.beta.putDomain(DomainState::Off);
    hosts.beta.begin();
    QCOMPARE(hosts.prepare(10).error().code(), Errc::NameTaken);
    QVERIFY(hosts.beta.standing().startsWith(u"primary"));
}

void PeerRequestsTest::refusesANameThatIsTaken()
{
    Hosts hosts;
    hosts.beta.hypervisor.put({.uuid = {QUuid::createUuid()},
                               .name = u"web"_s,
                               .id = -1,
                               .state = DomainState::Off,
                               .persistent = true});
    hosts.beta.begin();
    QCOMPARE(hosts.prepare().error().code(), Errc::NameTaken);
    QVERIFY(!hosts.beta.has());
    QCOMPARE(hosts.beta.guard(), QString{});
}

void PeerRequestsTest::refusesToReplaceARunningDomain()
{
    Hosts hosts;
    auto stale = hosts.beta.record(Role::Secondary, Stale, 1);
    stale.definedHere = true;
    hosts.beta.put(stale);
    hosts.beta.putDomain(); // started by hand, whatever the record says
    hosts.beta.begin();
    QCOMPARE(hosts.prepare().error().code(), Errc::NameTaken);
    QVERIFY(hosts.betaRuns());
    QCOMPARE(hosts.beta.standing(), u"secondary stale 1"_s);
}

void PeerRequestsTest::replacesWhatIsOutOfDate_data()
{
    QTest::addColumn<Role>("role");
    QTest::newRow("taken over by alpha") << Role::Primary;
    QTest::newRow("an old definition") << Role::Secondary;
}

void PeerRequestsTest::replacesWhatIsOutOfDate()
{
    QFETCH(const Role, role);
    Hosts hosts;
    auto stale = hosts.beta.record(role, Stale, 4);
    stale.definedHere = role == Role::Secondary;
    hosts.beta.put(stale);
    hosts.beta.putDomain(DomainState::Off);
    hosts.beta.begin();
    if (role == Role::Primary) {
        for (const quint64 old : {3, 4})
            QVERIFY2(!hosts.prepare(old), "an older epoch must not come back");
        QCOMPARE(hosts.beta.standing(), u"primary stale 4"_s);
    }
    const auto built = hosts.prepare(5);
    QVERIFY2(built, qPrintable(built ? QString{} : built.error().message()));
    QCOMPARE(hosts.beta.standing(), u"secondary copying 5"_s);
    QVERIFY2(hosts.beta.pairs.find(webUuid())->definedHere, "libvirt's definition is out of date");
    // Taken away again, it is as out of date as before.
    QVERIFY(hosts.askBeta(u"shadow.discard"_s, {{u"epoch"_s, 5}}));
    QCOMPARE(hosts.beta.standing(), u"secondary stale 5"_s);
    QCOMPARE(hosts.beta.guard(), u"refuse"_s);
}

void PeerRequestsTest::takesTheNewSpecWhateverWasThere_data()
{
    QTest::addColumn<int>("epoch");
    QTest::newRow("older") << 1;
    QTest::newRow("the same") << 4;
    QTest::newRow("newer") << 5;
}

void PeerRequestsTest::takesTheNewSpecWhateverWasThere()
{
    // A pair that was forgotten begins anew, from epoch 1; its disks may be others by now.
    QFETCH(const int, epoch);
    Hosts hosts;
    auto stale = hosts.beta.record(Role::Secondary, Stale, 4);
    stale.definedHere = true;
    stale.spec.disks[0].size = Bytes::fromMiB(8);
    stale.spec.disks[0].replica = u"/gone/vda.qcow2"_s;
    hosts.beta.put(stale);
    hosts.beta.putDomain(DomainState::Off);
    hosts.beta.begin();
    const auto built = hosts.prepare(quint64(epoch));
    QVERIFY2(built, qPrintable(built ? QString{} : built.error().message()));
    QCOMPARE(hosts.beta.standing(), u"secondary copying %1"_s.arg(epoch));
    const auto record = *hosts.beta.pairs.find(webUuid());
    QCOMPARE(record.spec.disks[0].size.value, webSpec().disks[0].size.value);
    QVERIFY(QFile::exists(record.spec.disks[0].replica));
    QVERIFY(record.settings.arbiter == ArbiterKind::Etcd);
    QVERIFY(record.definedHere);
}

void PeerRequestsTest::cleansUpAfterAFailedPreparation()
{
    Hosts hosts;
    hosts.beta.hypervisor.startProblem = u"no memory"_s;
    hosts.beta.begin();
    const auto reply = hosts.prepare();
    QVERIFY(!reply);
    QVERIFY2(reply.error().message().contains(u"no memory"), qPrintable(reply.error().message()));
    QTRY_VERIFY(!hosts.beta.has());
    QVERIFY(!hosts.betaRuns());
    QCOMPARE(QDir{hosts.beta.images.path()}.entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
             QStringList{});
    QTRY_COMPARE(hosts.beta.guard(), QString{});
    QTRY_VERIFY(!hosts.beta.driver()); // nothing is left of it
    hosts.beta.hypervisor.startProblem.clear();
    QVERIFY(hosts.prepare(6));
}

void PeerRequestsTest::refusesWhatIsNoRequest_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("member");
    QTest::addColumn<QJsonValue>("value");
    const QJsonValue text{u"one"_s};
    QTest::newRow("spec") << u"shadow.prepare"_s << u"spec"_s << QJsonValue{1};
    QTest::newRow("settings") << u"shadow.prepare"_s << u"settings"_s << QJsonValue{};
    QTest::newRow("prepare, epoch") << u"shadow.prepare"_s << u"epoch"_s << text;
    QTest::newRow("prepare, negative") << u"shadow.prepare"_s << u"epoch"_s << QJsonValue{-1};
    QTest::newRow("prepare, beyond 2^53")
        << u"shadow.prepare"_s << u"epoch"_s << QJsonValue{qint64{9'007'199'254'740'993}};
    for (const auto& method :
         {u"shadow.confirm"_s, u"shadow.discard"_s, u"pair.promise"_s, u"pair.switch-over"_s}) {
        QTest::addRow("%s, uuid", qPrintable(method)) << method << u"uuid"_s << text;
        QTest::addRow("%s, epoch", qPrintable(method)) << method << u"epoch"_s << text;
        QTest::addRow("%s, negative", qPrintable(method)) << method << u"epoch"_s << QJsonValue{-1};
    }
    QTest::newRow("for nothing") << u"pair.let-go"_s << u"for"_s << text;
    QTest::newRow("let-go, epoch") << u"pair.let-go"_s << u"epoch"_s << text;
    QTest::newRow("flush, epoch") << u"replica.flush"_s << u"epoch"_s << text;
    QTest::newRow("drop, uuid") << u"replica.drop"_s << u"uuid"_s << text;
    QTest::newRow("number") << u"pair.promise"_s << u"number"_s << text;
    QTest::newRow("promise") << u"pair.promise"_s << u"promise"_s << QJsonValue{1};
}

void PeerRequestsTest::refusesWhatIsNoRequest()
{
    QFETCH(const QString, method);
    QFETCH(const QString, member);
    QFETCH(const QJsonValue, value);
    Hosts hosts;
    hosts.putShadow(Protected);
    hosts.beta.begin();
    QJsonObject request = Hosts::wanted(1);
    request.insert(u"uuid"_s, toString(webUuid()));
    request.insert(u"for"_s, u"go-alone"_s);
    request.insert(u"number"_s, 1);
    request.insert(u"promise"_s, true);
    request[member] = value;
    const auto reply =
        QCoro::waitFor(hosts.beta.peers.ask(hosts.alpha.peers.ownId(), method, request));
    QVERIFY(!reply);
    QCOMPARE(reply.error().code(), Errc::ProtocolError);
    QCOMPARE(hosts.beta.standing(), u"secondary protected 1"_s);
}

void PeerRequestsTest::discardsWhatLosesItsPrimaryBeforeItIsInStep()
{
    Hosts hosts;
    hosts.beta.begin();
    QVERIFY(hosts.prepare());
    hosts.beta.peers.setHealth(PeerHealth::Gone, u"no heartbeats"_s);
    QTRY_VERIFY(!hosts.beta.has());
    QVERIFY(!hosts.betaRuns());
    QCOMPARE(hosts.beta.guard(), QString{});
}

void PeerRequestsTest::neverTakesOverOnceReleased()
{
    Hosts hosts;
    hosts.putShadow(Protected);
    hosts.beta.begin();
    hosts.beta.qemu().refused = u"query-colo-status"_s;
    QVERIFY(hosts.letGo(u"go-alone"_s));
    // Saved before it was said.
    QVERIFY(hosts.beta.journal.contains(u"store undoing 1"_s));
    QTRY_VERIFY(!hosts.beta.has());
    QVERIFY(!hosts.betaRuns());
    QVERIFY(hosts.letGo(u"go-alone"_s)); // asked again by a daemon that was restarted
}

void PeerRequestsTest::refusesToReleaseWhatGoesLive_data()
{
    QTest::addColumn<Role>("role");
    QTest::addColumn<PairState>("state");
    QTest::newRow("taking over") << Role::Secondary << TakingOver;
    QTest::newRow("merging") << Role::Primary << Merging;
    QTest::newRow("alone") << Role::Primary << Alone;
    QTest::newRow("protected towards alpha") << Role::Primary << Protected;
}

void PeerRequestsTest::refusesToReleaseWhatGoesLive()
{
    QFETCH(const Role, role);
    QFETCH(const PairState, state);
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(role, state, 2));
    hosts.beta.putDomain().refused = u"nbd-server-stop"_s; // stays as it is
    hosts.beta.begin();
    for (const quint64 epoch : {1, 2}) {
        QVERIFY(!hosts.letGo(u"go-alone"_s, epoch));
        QCOMPARE(hosts.askBeta(u"shadow.discard"_s, {{u"epoch"_s, qint64(epoch)}}).error().code(),
                 Errc::WrongRole);
    }
    QVERIFY(hosts.betaRuns());
    QVERIFY(hosts.beta.has());
}

void PeerRequestsTest::agreesForWhatItDoesNotKnow()
{
    Hosts hosts;
    hosts.beta.begin();
    QVERIFY(hosts.letGo(u"go-alone"_s));
    QVERIFY2(!hosts.letGo(u"takeover"_s), "who knows nothing has nothing to hand over");
    hosts.beta.putDomain(); // without a record, but it runs
    QVERIFY(!hosts.letGo(u"go-alone"_s));
}

void PeerRequestsTest::discardsTwice()
{
    Hosts hosts;
    hosts.putShadow(Protected);
    hosts.beta.begin();
    QVERIFY(hosts.askBeta(u"shadow.discard"_s));
    QVERIFY(!hosts.betaRuns());
    QVERIFY(!hosts.beta.has());
    QVERIFY(hosts.askBeta(u"shadow.discard"_s));
}

void PeerRequestsTest::keepsAnOldDefinitionAsStale()
{
    Hosts hosts;
    PairRecord record = hosts.beta.record(Role::Secondary, Protected, 1);
    record.definedHere = true;
    hosts.beta.put(record);
    hosts.beta.putDomain(DomainState::Paused).coloMode = u"secondary"_s;
    hosts.beta.begin();
    QVERIFY(hosts.askBeta(u"shadow.discard"_s));
    // Forgotten, a start of the old definition would go unnoticed.
    QCOMPARE(hosts.beta.state(), toString(Stale));
    QVERIFY(!hosts.betaRuns());
    QCOMPARE(hosts.beta.guard(), u"refuse"_s);
}

void PeerRequestsTest::removesTheImagesButNoOthers()
{
    Hosts hosts;
    hosts.putShadow(Protected);
    const QDir folder{hosts.beta.images.path() + u'/' + toString(webUuid())};
    QVERIFY(folder.mkpath(u"."_s));
    for (const auto& name :
         {u"vda.qcow2"_s, u"vda.hidden.qcow2"_s, u"vda.active.qcow2"_s, u"users-own.img"_s}) {
        QFile file{folder.filePath(name)};
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    hosts.beta.begin();
    QVERIFY(hosts.askBeta(u"shadow.discard"_s));
    QCOMPARE(folder.entryList(QDir::Files), QStringList{u"users-own.img"_s});
}

void PeerRequestsTest::yieldsOnlyToTheShadow_data()
{
    QTest::addColumn<PairState>("state");
    for (const auto state :
         {Preparing, Copying, Confirming, Protected, Undoing, Merging, Alone, Off})
        QTest::newRow(qPrintable(toString(state))) << state;
}

void PeerRequestsTest::yieldsOnlyToTheShadow()
{
    // A primary whose guest is well gives it away only if it was told to.
    QFETCH(const PairState, state);
    Hosts hosts;
    hosts.beta.put(hosts.beta.record(Role::Primary, state, 1));
    auto& qemu = hosts.beta.putDomain();
    qemu.coloMode = u"primary"_s;
    qemu.migration = u"colo"_s;
    hosts.beta.begin();
    for (const quint64 epoch : {0, 1, 2})
        QVERIFY(!hosts.letGo(u"takeover"_s, epoch));
    QVERIFY(hosts.betaRuns());
    QVERIFY(hosts.beta.state() != u"stale");
}

void PeerRequestsTest::promisesByNumber()
{
    Hosts hosts;
    hosts.putShadow(Protected);
    hosts.beta.begin();
    const auto promise = [&hosts](int number, bool promised) {
        const auto reply =
            hosts.askBeta(u"pair.promise"_s, {{u"number"_s, number}, {u"promise"_s, promised}});
        return reply && (*reply)[u"agreed"].toBool();
    };
    QVERIFY(promise(2, true));
    QVERIFY(hosts.beta.pairs.find(webUuid())->promised);
    QVERIFY2(!promise(1, false), "an older word that comes late does not count");
    QVERIFY(hosts.beta.pairs.find(webUuid())->promised);
    QVERIFY(promise(3, false));
    QVERIFY(!hosts.beta.pairs.find(webUuid())->promised);
}

void PeerRequestsTest::leavesAThirdHostNoSay()
{
    Hosts hosts;
    hosts.putShadow(Protected);
    hosts.beta.begin();
    const PeerId third{QString(64, u'e')};
    QJsonObject request = Hosts::wanted(99);
    request.insert(u"uuid"_s, toString(webUuid()));
    request[u"epoch"] = 1;
    request.insert(u"number"_s, 1);
    request.insert(u"promise"_s, true);
    for (const auto& method : {u"shadow.confirm"_s, u"pair.promise"_s, u"pair.switch-over"_s})
        QCOMPARE(QCoro::waitFor(hosts.beta.peers.ask(third, method, request)).error().code(),
                 Errc::UnknownPair);
    for (const auto& what : {u"go-alone"_s, u"takeover"_s}) {
        request[u"for"] = what;
        const auto reply = QCoro::waitFor(hosts.beta.peers.ask(third, u"pair.let-go"_s, request));
        QVERIFY(!reply || !(*reply)[u"agreed"].toBool());
    }
    (void)QCoro::waitFor(hosts.beta.peers.ask(third, u"shadow.discard"_s, request));
    request[u"epoch"] = 99;
    QVERIFY(!QCoro::waitFor(hosts.beta.peers.ask(third, u"shadow.prepare"_s, request)));
    QCOMPARE(hosts.beta.standing(), u"secondary protected 1"_s);
    QVERIFY(hosts.betaRuns());
}

void PeerRequestsTest::handsOverOnlyUnderItsEpoch()
{
    Hosts hosts;
    QVERIFY(hosts.beginProtected());
    const auto ask = [&hosts](int epoch) {
        return QCoro::waitFor(
            hosts.alpha.peers.ask(hosts.beta.peers.ownId(), u"pair.switch-over"_s,
                                  {{u"uuid"_s, toString(webUuid())}, {u"epoch"_s, epoch}}));
    };
    QCOMPARE(ask(2).error().code(), Errc::WrongRole);
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
    QVERIFY(ask(1));
    QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), hosts.text());
}

QTEST_GUILESS_MAIN(PeerRequestsTest)
#include "PeerRequestsTest.moc"
