// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <systemd/sd-bus.h>

#include <QTest>

#include <csignal>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// More of them than any socket between here and the bus holds.
constexpr int manyPairs = 300;
constexpr int manyCalls = 40;

PairView pairNumber(int number)
{
    PairView pair = samplePair();
    pair.uuid = DomainUuid{
        QUuid{0x6ad1c0f4, 1, 2, 3, 4, 5, 6, 7, 8, uchar(number >> 8), uchar(number & 0xff)}};
    pair.domain = u"vm%1"_s.arg(number);
    return pair;
}

/// A client that asks, listens, and reads nothing of what comes.
class DeafClient final
{
public:
    explicit DeafClient(const QString& address)
    {
        sd_bus_new(&m_bus);
        sd_bus_set_address(m_bus, address.toUtf8().constData());
        sd_bus_set_bus_client(m_bus, 1);
        m_isThere = sd_bus_start(m_bus) >= 0
            && sd_bus_add_match(m_bus, nullptr, "type='signal',path_namespace='/org/lockstep'",
                                nullptr, nullptr)
                >= 0;
    }
    ~DeafClient() { sd_bus_close_unref(m_bus); }
    DeafClient(const DeafClient&) = delete;
    DeafClient& operator=(const DeafClient&) = delete;

    [[nodiscard]] bool isThere() const { return m_isThere; }
    void ask()
    {
        sd_bus_call_method_async(
            m_bus, nullptr, dbus::service, dbus::rootPath, "org.freedesktop.DBus.ObjectManager",
            "GetManagedObjects", [](sd_bus_message*, void*, sd_bus_error*) { return 0; }, nullptr,
            "");
    }

private:
    sd_bus* m_bus{nullptr};
    bool m_isThere{false};
};

using Managed = std::map<sdbus::ObjectPath, std::map<std::string, wire::Dictionary>>;

std::size_t countObjects(BusClient& client)
{
    const auto all =
        client.call<Managed>(root, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
    return all ? std::get<0>(*all).size() : 0;
}

/// Fetches the ids of all that has happened since the last of them.
void fetchIds(BusClient& client, std::vector<uint64_t>& ids)
{
    constexpr uint64_t portion = 1'000;
    for (bool more = true; more;) {
        const uint64_t last = ids.empty() ? 0 : ids.back();
        const auto found = client.call<std::vector<wire::Dictionary>>(
            root, managerInterface, "GetEvents",
            wire::Dictionary{{"since", sdbus::Variant{last}}, {"limit", sdbus::Variant{portion}}});
        QVERIFY2(found, found ? "" : qPrintable(found.error().message()));
        const auto& events = std::get<0>(*found);
        for (const wire::Dictionary& event : events)
            ids.push_back(event.at("id").get<uint64_t>());
        more = events.size() == portion;
    }
}

std::string stateOf(const BusClient::Signal& signal)
{
    const auto found = signal.changed.find(sdbus::PropertyName{"State"});
    return found == signal.changed.end() ? std::string{} : found->second.get<std::string>();
}

} // namespace

/// That nobody on the bus can hold the daemon up, nor the daemon flood the bus.
class LoadTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void announcesTenTimesASecondAtMost();
    void announcesAStateAtOnceThoughFiguresChange();
    void announcesEachObjectByItself();
    void gathersEventsAndLosesNone();
    void aClientThatReadsNothingHoldsNobodyUp();
    void aBusThatStandsStillHoldsTheDaemonNotUp();
    void showsNoPairAnewForAPeersFigures();
};

void LoadTest::announcesTenTimesASecondAtMost()
{
    // A pair that flaps, for three seconds.
    Stage stage;
    PairView pair = samplePair();
    QElapsedTimer time;
    time.start();
    QList<qint64> heardAt;
    std::size_t seen = 0;
    while (time.elapsed() < 3000) {
        pair.state =
            pair.state == PairState::Protected ? PairState::Interrupted : PairState::Protected;
        ++pair.checkpoints;
        stage.pairs.put(pair);
        QCoreApplication::processEvents(QEventLoop::AllEvents, 1);
        for (; seen < stage.client->heard(pairPath, "PropertiesChanged").size(); ++seen)
            heardAt << time.elapsed();
    }
    pair.state = PairState::Alone;
    stage.pairs.put(pair);
    // The newest state comes, however many were left out before.
    QTRY_COMPARE(stateOf(stage.client->heard(pairPath, "PropertiesChanged").back()),
                 std::string{"alone"});
    const auto count = qint64(stage.client->heard(pairPath, "PropertiesChanged").size());
    QVERIFY2(count <= 10 * (time.elapsed() / 1000 + 1), qPrintable(QString::number(count)));
    QVERIFY2(count >= 10, "changes have to be told");
    QVERIFY(!heardAt.isEmpty());
}

void LoadTest::announcesAStateAtOnceThoughFiguresChange()
{
    // Figures alone never use up what an object may say: no state waits behind them.
    Stage stage;
    PairView pair = samplePair();
    QElapsedTimer time;
    time.start();
    while (time.elapsed() < 1500) {
        ++pair.checkpoints;
        stage.pairs.put(pair);
        QCoreApplication::processEvents(QEventLoop::AllEvents, 1);
    }
    const auto before = stage.client->heard(pairPath, "PropertiesChanged").size();
    QVERIFY2(before <= 9, qPrintable(QString::number(before)));
    pair.state = PairState::Interrupted;
    stage.pairs.put(pair);
    QTRY_VERIFY(stage.client->heard(pairPath, "PropertiesChanged").size() > before);
    QCOMPARE(stateOf(stage.client->heard(pairPath, "PropertiesChanged").at(before)),
             std::string{"interrupted"});
}

void LoadTest::announcesEachObjectByItself()
{
    // One that flaps leaves the others their say.
    Stage stage;
    const PairView calm = pairNumber(1);
    stage.pairs.put(calm);
    PairView wild = samplePair();
    for (int i = 0; i < 100; ++i) {
        wild.reason = u"reason %1"_s.arg(i);
        stage.pairs.put(wild);
        QCoreApplication::processEvents();
    }
    PairView changed = calm;
    changed.state = PairState::Interrupted;
    stage.pairs.put(changed);
    const std::string path = wire::pairPath(calm.uuid);
    QTRY_COMPARE(stage.client->heard(path, "PropertiesChanged").size(), std::size_t{1});
}

void LoadTest::gathersEventsAndLosesNone()
{
    // A peer has gone that very many pairs have: for three seconds there is always something new.
    Stage stage;
    std::size_t heard = 0;
    std::vector<uint64_t> ids;
    const auto follow = [&] {
        const std::size_t now = stage.client->heard(root, "Events").size();
        if (now > heard) {
            heard = now;
            fetchIds(*stage.client, ids);
        }
        return ids.size();
    };
    QElapsedTimer time;
    time.start();
    while (time.elapsed() < 3000) {
        while (stage.pairs.history.size() < time.elapsed() / 4)
            stage.pairs.record(sampleEvent());
        QCoreApplication::processEvents(QEventLoop::AllEvents, 1);
        follow();
    }
    QTRY_COMPARE(follow(), static_cast<std::size_t>(stage.pairs.history.size()));
    QVERIFY2(qint64(heard) <= 10 * (time.elapsed() / 1000 + 1), qPrintable(QString::number(heard)));
    QVERIFY2(heard >= 10, qPrintable(QString::number(heard)));
    for (std::size_t index = 0; index < ids.size(); ++index)
        QCOMPARE(ids[index], uint64_t{index + 1});
}

void LoadTest::aClientThatReadsNothingHoldsNobodyUp()
{
    Stage stage;
    for (int i = 0; i < manyPairs; ++i)
        stage.pairs.put(pairNumber(i));
    DeafClient deaf{stage.bus.address()};
    QVERIFY(deaf.isThere());
    // Each answer is about half a megabyte; and then all the signals.
    for (int i = 0; i < manyCalls; ++i)
        deaf.ask();
    for (int i = 0; i < manyPairs; ++i) {
        PairView pair = pairNumber(i);
        pair.reason = QString{1000, u'x'};
        stage.pairs.put(pair);
    }
    const std::string last = wire::pairPath(pairNumber(manyPairs - 1).uuid);
    QTRY_COMPARE_WITH_TIMEOUT(stage.client->heard(last, "PropertiesChanged").size(), std::size_t{1},
                              60'000);
    QCOMPARE(countObjects(*stage.client), std::size_t{manyPairs + 3});
}

void LoadTest::aBusThatStandsStillHoldsTheDaemonNotUp()
{
    // The socket to the bus fills; whatever is said then must wait, and nothing else may.
    Stage stage;
    QCOMPARE(::kill(pid_t(stage.bus.processId()), SIGSTOP), 0);
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < manyPairs; ++i) {
            PairView pair = pairNumber(i);
            pair.reason = QString{1000, QChar{u'a' + round}};
            stage.pairs.put(pair);
        }
        QCoreApplication::processEvents(); // returns
    }
    PairView pair = pairNumber(0);
    pair.reason = u"the last word"_s;
    stage.pairs.put(pair);
    QCOMPARE(::kill(pid_t(stage.bus.processId()), SIGCONT), 0);
    const auto lastWord = [&] {
        const auto told =
            stage.client->heard(wire::pairPath(pairNumber(0).uuid), "PropertiesChanged");
        const auto name = sdbus::PropertyName{"Reason"};
        return !told.empty() && told.back().changed.contains(name)
            && told.back().changed.at(name).get<std::string>() == "the last word";
    };
    QTRY_VERIFY_WITH_TIMEOUT(lastWord(), 60'000);
    QCOMPARE(countObjects(*stage.client), std::size_t{manyPairs + 3});
}

void LoadTest::showsNoPairAnewForAPeersFigures()
{
    // A peer's round trip changes all the time: with a thousand pairs that must not cost a look at
    // each of them.
    Stage stage;
    const int before = stage.pairs.looks;
    PeerInfo peer = samplePeer();
    for (int i = 0; i < 50; ++i) {
        peer.heartbeat.paths[0].roundTrip += std::chrono::microseconds{1};
        stage.peers.put(peer);
    }
    QCOMPARE(stage.pairs.looks, before);
    peer.id = PeerId{u"c3"_s.repeated(32)};
    stage.peers.put(peer); // a new one may be some pair's
    QVERIFY(stage.pairs.looks > before);
}

QTEST_GUILESS_MAIN(LoadTest)
#include "LoadTest.moc"
