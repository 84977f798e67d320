// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QJsonArray>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

using Managed = std::map<sdbus::ObjectPath, std::map<std::string, wire::Dictionary>>;

Managed managed(BusClient& client)
{
    return client.call<Managed>(root, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        .transform([](const auto& values) { return std::get<0>(values); })
        .value_or(Managed{});
}

std::string text(const wire::Dictionary& properties, const char* name)
{
    const auto found = properties.find(name);
    return found == properties.end() ? "(missing)" : found->second.get<std::string>();
}

} // namespace

/// What is on the bus, and what is announced when it changes.
class ObjectsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void showsTheManager();
    void showsWhatIsThereAtStart();
    void showsAPairWithItsDisksAndNics();
    void showsHowAJobFailed();
    void showsWhatAJobMeasured();
    void announcesNewObjects();
    void announcesOnlyWhatChanged();
    void announcesThatTheArbiterIsLost();
    void announcesTheEndOfAJobAtOnce();
    void announcesProgressAFewTimesOnly();
    void announcesRemovedObjects();
    void tellsPairsThatTheirPeerIsForgotten();
    void refusesASecondDaemon();
    void reportsThatThereIsNoBus();
    void reportsTheLossOfTheBus();
    void mayBeDestroyedByWhoHearsOfTheLoss();
};

void ObjectsTest::showsTheManager()
{
    Stage stage;
    QVERIFY(stage.started);
    const auto properties = stage.client->properties(root, managerInterface);
    QCOMPARE(text(properties, "Version"), std::string{LOCKSTEP_VERSION});
    QCOMPARE(text(properties, "HostName"), std::string{"alpha"});
    QCOMPARE(text(properties, "Fingerprint"), (u"a0"_s.repeated(32)).toStdString());
}

void ObjectsTest::showsWhatIsThereAtStart()
{
    Stage stage;
    const auto objects = managed(*stage.client);
    QCOMPARE(objects.size(), std::size_t{3});
    QVERIFY(objects.at(pairPath).contains(pairInterface));
    QVERIFY(objects.at(peerPath).contains(peerInterface));
    QVERIFY(objects.at(jobPath).contains(jobInterface));
}

void ObjectsTest::showsAPairWithItsDisksAndNics()
{
    Stage stage;
    const auto pair = stage.client->properties(pairPath, pairInterface);
    QCOMPARE(text(pair, "Domain"), std::string{"web1"});
    QCOMPARE(text(pair, "Role"), std::string{"primary"});
    QCOMPARE(text(pair, "State"), std::string{"protected"});
    QCOMPARE(text(pair, "PeerName"), std::string{"beta"});
    QCOMPARE(pair.at("PeerPath").get<sdbus::ObjectPath>(), peerPath);
    QCOMPARE(pair.at("Epoch").get<uint64_t>(), uint64_t{3});
    QCOMPARE(text(pair, "Arbiter"), std::string{"etcd"});
    QCOMPARE(text(pair, "ArbiterError"), std::string{});
    QCOMPARE(text(pair, "OnArbiterLoss"), std::string{"primary-continues"});
    QCOMPARE(pair.at("AutoProtect").get<bool>(), true);
    QCOMPARE(pair.at("SinceUSec").get<uint64_t>(), uint64_t{1795200000000000});
    const auto disks = pair.at("Disks").get<std::vector<wire::Dictionary>>();
    QCOMPARE(disks.size(), std::size_t{1});
    QCOMPARE(text(disks[0], "target"), std::string{"vda"});
    QCOMPARE(disks[0].at("size-bytes").get<uint64_t>(), uint64_t{4} << 30);
    const auto nics = pair.at("Nics").get<std::vector<wire::Dictionary>>();
    QCOMPARE(text(nics.at(0), "mac"), std::string{"52:54:00:00:00:01"});
}

void ObjectsTest::showsHowAJobFailed()
{
    Stage stage;
    JobView job = sampleJob();
    job.state = JobState::Failed;
    job.error = Error{Errc::NoSpace, u"beta: 3 GiB are missing"_s};
    stage.pairs.put(job);
    const auto properties = stage.client->properties(jobPath, jobInterface);
    const auto error = properties.at("Error").get<wire::ErrorTriple>();
    QCOMPARE(error.get<0>(), std::string{"org.lockstep.Error.NoSpace"});
    QCOMPARE(error.get<1>(), std::string{"beta: 3 GiB are missing"});
    QCOMPARE(error.get<2>(), std::string{info(Errc::NoSpace).remedy.data()});
}

void ObjectsTest::showsWhatAJobMeasured()
{
    Stage stage;
    JobView job = sampleJob();
    job.result = {{u"live-ms"_s, 120},
                  {u"ratio"_s, 0.5},
                  {u"disks"_s, QJsonArray{u"vda"_s}},
                  {u"none"_s, QJsonValue::Null}};
    stage.pairs.put(job);
    const auto properties = stage.client->properties(jobPath, jobInterface);
    const auto result = properties.at("Result").get<wire::Dictionary>();
    QCOMPARE(result.size(), std::size_t{3});
    QCOMPARE(result.at("live-ms").get<int64_t>(), int64_t{120});
    QCOMPARE(result.at("ratio").get<double>(), 0.5);
    QCOMPARE(result.at("disks").get<std::vector<sdbus::Variant>>().at(0).get<std::string>(),
             std::string{"vda"});
}

void ObjectsTest::announcesNewObjects()
{
    Stage stage;
    JobView job = sampleJob();
    job.id = JobId{7};
    stage.pairs.put(job);
    QTRY_COMPARE(stage.client->heard("/org/lockstep/Lockstep1", "InterfacesAdded").size(),
                 std::size_t{1});
    QCOMPARE(managed(*stage.client).size(), std::size_t{4});
}

void ObjectsTest::announcesOnlyWhatChanged()
{
    Stage stage;
    PairView pair = samplePair();
    stage.pairs.put(pair); // nothing new
    pair.state = PairState::Interrupted;
    pair.reason = u"beta does not answer"_s;
    stage.pairs.put(pair);
    QTRY_COMPARE(stage.client->heard(pairPath, "PropertiesChanged").size(), std::size_t{1});
    const auto changed = stage.client->heard(pairPath, "PropertiesChanged").at(0).changed;
    QCOMPARE(changed.size(), std::size_t{2});
    QCOMPARE(changed.at(sdbus::PropertyName{"State"}).get<std::string>(),
             std::string{"interrupted"});
    QCOMPARE(changed.at(sdbus::PropertyName{"Reason"}).get<std::string>(),
             std::string{"beta does not answer"});
}

void ObjectsTest::announcesThatTheArbiterIsLost()
{
    Stage stage;
    PairView pair = samplePair();
    pair.arbiterError = u"no answer within 1 s"_s;
    stage.pairs.put(pair);
    QTRY_COMPARE(stage.client->heard(pairPath, "PropertiesChanged").size(), std::size_t{1});
    const auto changed = stage.client->heard(pairPath, "PropertiesChanged").at(0).changed;
    QCOMPARE(changed.size(), std::size_t{1});
    QCOMPARE(changed.at(sdbus::PropertyName{"ArbiterError"}).get<std::string>(),
             std::string{"no answer within 1 s"});
}

void ObjectsTest::announcesTheEndOfAJobAtOnce()
{
    Stage stage;
    JobView job = sampleJob();
    job.progress = 0.5;
    stage.pairs.put(job); // announced later
    job.state = JobState::Done;
    job.progress = 1;
    job.ended = job.started.addSecs(3);
    stage.pairs.put(job);
    stage.pairs.drop(job.id); // even if it goes in the same turn
    QTRY_COMPARE(stage.client->heard("/org/lockstep/Lockstep1", "InterfacesRemoved").size(),
                 std::size_t{1});
    const auto signals = stage.client->heard(jobPath, "PropertiesChanged");
    QCOMPARE(signals.size(), std::size_t{1});
    QCOMPARE(signals[0].changed.at(sdbus::PropertyName{"State"}).get<std::string>(),
             std::string{"done"});
    QCOMPARE(signals[0].changed.at(sdbus::PropertyName{"Progress"}).get<double>(), 1.0);
}

void ObjectsTest::announcesProgressAFewTimesOnly()
{
    Stage stage;
    JobView job = sampleJob();
    QElapsedTimer time;
    time.start();
    constexpr int changes = 300;
    for (int i = 1; i <= changes; ++i) {
        job.progress = 0.25 + i / 1000.0;
        stage.pairs.put(job);
        QCoreApplication::processEvents();
    }
    const double last = job.progress;
    const auto arrived = [&] {
        const auto signals = stage.client->heard(jobPath, "PropertiesChanged");
        return !signals.empty()
            && signals.back().changed.at(sdbus::PropertyName{"Progress"}).get<double>() == last;
    };
    QTRY_VERIFY(arrived());
    const auto count =
        static_cast<qint64>(stage.client->heard(jobPath, "PropertiesChanged").size());
    QVERIFY2(count <= time.elapsed() / 100 + 1, qPrintable(QString::number(count)));
}

void ObjectsTest::announcesRemovedObjects()
{
    Stage stage;
    stage.pairs.drop(samplePair().uuid);
    QTRY_COMPARE(stage.client->heard("/org/lockstep/Lockstep1", "InterfacesRemoved").size(),
                 std::size_t{1});
    QVERIFY(!managed(*stage.client).contains(pairPath));
}

void ObjectsTest::tellsPairsThatTheirPeerIsForgotten()
{
    Stage stage;
    QCoro::waitFor(stage.peers.remove(samplePeer().id));
    QTRY_COMPARE(stage.client->heard(pairPath, "PropertiesChanged").size(), std::size_t{1});
    const auto changed = stage.client->heard(pairPath, "PropertiesChanged").at(0).changed;
    QCOMPARE(changed.at(sdbus::PropertyName{"PeerPath"}).get<sdbus::ObjectPath>(),
             sdbus::ObjectPath{"/"});
}

void ObjectsTest::refusesASecondDaemon()
{
    Stage stage;
    DBusService second{stage.pairs, stage.peers, stage.hypervisor, stage.doctor,
                       stage.bus.address()};
    const auto started = second.start();
    QVERIFY(!started);
    QCOMPARE(started.error().code(), Errc::Busy);
}

void ObjectsTest::reportsThatThereIsNoBus()
{
    FakePairService pairs;
    FakePeers peers;
    FakeHypervisor hypervisor;
    FakeDoctor doctor;
    DBusService service{pairs, peers, hypervisor, doctor, u"unix:path=/nonexistent"_s};
    const auto started = service.start();
    QVERIFY(!started);
    QCOMPARE(started.error().code(), Errc::DaemonUnavailable);
}

void ObjectsTest::reportsTheLossOfTheBus()
{
    Stage stage;
    bool lost = false;
    connect(&stage.service, &DBusService::lost, this, [&lost] { lost = true; });
    stage.bus.stop();
    QTRY_VERIFY(lost);
    stage.pairs.put(sampleJob()); // does no harm
}

void ObjectsTest::mayBeDestroyedByWhoHearsOfTheLoss()
{
    FakePairService pairs;
    FakePeers peers;
    FakeHypervisor hypervisor;
    FakeDoctor doctor;
    PrivateBus bus;
    auto service = std::make_unique<DBusService>(pairs, peers, hypervisor, doctor, bus.address());
    QVERIFY(service->start());
    connect(service.get(), &DBusService::lost, this, [&service] { service.reset(); });
    bus.stop();
    QTRY_VERIFY(!service);
}

QTEST_GUILESS_MAIN(ObjectsTest)
#include "ObjectsTest.moc"
