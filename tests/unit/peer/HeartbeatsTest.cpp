// SPDX-License-Identifier: LGPL-2.1-or-later
#include "HeartbeatSide.h"
#include "TestHost.h"

#include <QSignalSpy>
#include <QTest>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Real datagrams between two hosts on the loopback.
class HeartbeatsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void findEachOther();
    void noticeAClosedSocket();
    void silentHostIsGone();
    void silentHostWithLiveConnectionsHasLostItsDaemon();
    void goOnAfterRestartsWithoutTheControlChannel();
    void newSecretsLeaveNoGap();
    void lostAnswerLeavesNoGap();
    void secondPathTakesOver();
    void recordingsOfOldSessionsDoNotCount();
    void rejectedDatagramsAreCountedAndJudgeNobody();
    void repeatedDatagramIsRejected();
    void carriesPairs();
    void settingsTakeEffectAndSurvive();
    void settingsOfAFullStoreStay();
    void removedPeerIsForgotten();
    void runOverTheRealControlChannel();

private:
    [[nodiscard]] bool meet();
    /// Requests on the control channel so far.
    [[nodiscard]] QStringList calls() const { return m_alpha->journal + m_beta->journal; }
    /// Some of beta's datagrams, which alpha, not running meanwhile, never got.
    [[nodiscard]] QList<QByteArray> recordBeta();

    std::unique_ptr<HeartbeatSide> m_alpha;
    std::unique_ptr<HeartbeatSide> m_beta;
};

namespace {

/// Takes a side's datagrams once nobody else does: no ICMP, as with a host that is gone. Can be
/// there before: the kernel prefers connected sockets.
class BlackHole
{
public:
    explicit BlackHole(const HeartbeatRoute& route)
        : m_socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)}
    {
        const sockaddr_in address = system(route.local, route.localPort);
        const int on = 1;
        ::setsockopt(m_socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
        if (::bind(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            qFatal("cannot bind: %s", strerror(errno));
    }
    ~BlackHole() { ::close(m_socket); }
    void send(const QByteArray& datagram, const HeartbeatRoute& to) const
    {
        const sockaddr_in address = system(to.local, to.localPort);
        ::sendto(m_socket, datagram.constData(), size_t(datagram.size()), 0,
                 reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    BlackHole(const BlackHole&) = delete;
    BlackHole& operator=(const BlackHole&) = delete;

private:
    static sockaddr_in system(const QHostAddress& host, quint16 port)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(host.toIPv4Address());
        return address;
    }

    int m_socket;
};

/// Hears what is meant for a side that does not run.
struct Recorder
{
    explicit Recorder(const HeartbeatRoute& route)
    {
        auto opened = HeartbeatSocket::open(route);
        if (!opened)
            qFatal("%s", qPrintable(opened.error().message()));
        socket = *std::move(opened);
        QObject::connect(socket.get(), &HeartbeatSocket::received,
                         [this](const QByteArray& datagram) { recorded << datagram; });
    }
    std::unique_ptr<HeartbeatSocket> socket;
    QList<QByteArray> recorded;
};

QString secretOf(const HeartbeatSide& side) { return side.record()[u"secret"_s].toString(); }

bool isHealthy(HeartbeatSide& side) { return side.health() == PeerHealth::Alive; }

} // namespace

void HeartbeatsTest::init()
{
    // Different ports, for the only address that IPv6 has on the loopback.
    const HeartbeatSide::Place alpha{u"127.0.0.1"_s, freePort()};
    const HeartbeatSide::Place beta{u"127.0.0.2"_s, freePort()};
    m_alpha = std::make_unique<HeartbeatSide>(u"alpha"_s, alpha, beta);
    m_beta = std::make_unique<HeartbeatSide>(u"beta"_s, beta, alpha);
    HeartbeatSide::introduce(*m_alpha, *m_beta);
}

void HeartbeatsTest::cleanup()
{
    m_alpha.reset();
    m_beta.reset();
}

bool HeartbeatsTest::meet()
{
    m_alpha->start();
    m_beta->start();
    HeartbeatSide::connect(*m_alpha, *m_beta);
    return QTest::qWaitFor(
        [this] {
            return m_alpha->health() == PeerHealth::Alive && m_beta->health() == PeerHealth::Alive;
        },
        10'000);
}

void HeartbeatsTest::findEachOther()
{
    QVERIFY(meet());
    for (HeartbeatSide* const side : {m_alpha.get(), m_beta.get()}) {
        QTRY_VERIFY(side->view().paths.constFirst().roundTrip > 0us);
        const HeartbeatView view = side->view();
        QCOMPARE(view.reason, u"heartbeats come as they should"_s);
        QCOMPARE(view.paths.size(), 1);
        const PathView& path = view.paths.constFirst();
        QCOMPARE(path.name, u"dedicated"_s);
        QVERIFY(path.up);
        QCOMPARE(path.localAddress, side->peers.other.localAddress);
        QCOMPARE(path.remoteAddress, side->peers.other.remoteAddress);
        QVERIFY(path.leastRoundTrip <= path.roundTrip && path.roundTrip <= path.mostRoundTrip);
        QCOMPARE(path.lossPercent, 0.0);
    }
}

void HeartbeatsTest::noticeAClosedSocket()
{
    QVERIFY(meet());
    QSignalSpy told{&m_alpha->beats(), &Heartbeats::healthChanged};
    m_beta->stop();
    QTRY_COMPARE(m_alpha->health(), PeerHealth::DaemonGone);
    QCOMPARE(m_alpha->view().reason,
             u"its kernel refuses heartbeats: lockstepd does not run there"_s);
    QVERIFY(!told.isEmpty());
    QVERIFY(!m_alpha->view().paths.constFirst().up);
    m_beta->start();
    QTRY_COMPARE(m_alpha->health(), PeerHealth::Alive);
}

void HeartbeatsTest::silentHostIsGone()
{
    QVERIFY(meet());
    const BlackHole hole{m_beta->route()};
    QList<PeerHealth> seen;
    connect(&m_alpha->beats(), &Heartbeats::healthChanged, this,
            [&] { seen << m_alpha->health(); });
    QElapsedTimer silent;
    silent.start();
    m_beta->stop();
    QTRY_COMPARE(m_alpha->health(), PeerHealth::Gone);
    // The last heartbeat came an interval before, at most.
    QVERIFY(silent.elapsed() >= 180);
    QVERIFY(!seen.contains(PeerHealth::DaemonGone));
    QVERIFY(m_alpha->view().reason.startsWith(u"no heartbeat for 3"));
    QTRY_VERIFY(m_alpha->view().paths.constFirst().lossPercent > 0);
}

void HeartbeatsTest::silentHostWithLiveConnectionsHasLostItsDaemon()
{
    std::chrono::milliseconds age{0};
    m_alpha->tcpActivity = [&](const QHostAddress& local, const QHostAddress& remote) {
        const HeartbeatRoute route = m_alpha->route();
        return local == route.local && remote == route.remote ? std::optional{age} : std::nullopt;
    };
    QVERIFY(meet());
    const BlackHole hole{m_beta->route()};
    m_beta->stop();
    QTRY_COMPARE(m_alpha->health(), PeerHealth::DaemonGone);
    QVERIFY(m_alpha->view().reason.endsWith(u"but QEMU's connections live"));
    age = 1h;
    QTRY_COMPARE(m_alpha->health(), PeerHealth::Gone);
}

void HeartbeatsTest::goOnAfterRestartsWithoutTheControlChannel()
{
    QVERIFY(meet());
    HeartbeatSide::disconnect(*m_alpha, *m_beta);
    QTRY_VERIFY(isHealthy(*m_alpha) && isHealthy(*m_beta));
    const QStringList before = calls();
    m_alpha->stop();
    m_alpha->start();
    QCOMPARE(m_alpha->health(), PeerHealth::Unknown);
    QTRY_VERIFY(isHealthy(*m_alpha) && isHealthy(*m_beta));
    m_beta->stop();
    m_alpha->stop();
    m_alpha->start();
    m_beta->start();
    QTRY_VERIFY(isHealthy(*m_alpha) && isHealthy(*m_beta));
    QCOMPARE(calls(), before);
}

void HeartbeatsTest::newSecretsLeaveNoGap()
{
    QVERIFY(meet());
    QSignalSpy alphaTold{&m_alpha->beats(), &Heartbeats::healthChanged};
    QSignalSpy betaTold{&m_beta->beats(), &Heartbeats::healthChanged};
    QString before = secretOf(*m_alpha);
    for (int i = 0; i < 5; ++i) {
        HeartbeatSide::connect(*m_alpha, *m_beta);
        QTRY_VERIFY(secretOf(*m_alpha) != before && secretOf(*m_alpha) == secretOf(*m_beta));
        before = secretOf(*m_alpha);
    }
    QCOMPARE(m_alpha->view().rejected, (QMap<QString, quint64>{}));
    QCOMPARE(m_beta->view().rejected, (QMap<QString, quint64>{}));
    QCOMPARE(alphaTold.size(), 0);
    QCOMPARE(betaTold.size(), 0);
}

void HeartbeatsTest::lostAnswerLeavesNoGap()
{
    QVERIFY(meet());
    for (HeartbeatSide* const side : {m_alpha.get(), m_beta.get()})
        side->peers.lostReplies << Heartbeats::agreeMethod;
    const qsizetype before = calls().size();
    HeartbeatSide::connect(*m_alpha, *m_beta);
    // It is tried again after a while.
    QTRY_VERIFY_WITH_TIMEOUT(calls().size() >= before + 2, 20'000);
    QVERIFY(isHealthy(*m_alpha) && isHealthy(*m_beta));
    QVERIFY(m_alpha->view().rejected.isEmpty() && m_beta->view().rejected.isEmpty());
}

void HeartbeatsTest::secondPathTakesOver()
{
    QVERIFY(meet());
    const HeartbeatSettings both{.timing = {}, .secondPath = u"::1"_s};
    QVERIFY(m_alpha->set(both));
    if (m_alpha->view().paths.constLast().localAddress.isNull())
        QSKIP("no IPv6 on the loopback");
    QVERIFY(m_beta->set(both));
    const auto allUp = [](HeartbeatSide& side) {
        return std::ranges::all_of(side.view().paths, &PathView::up)
            && side.health() == PeerHealth::Alive;
    };
    QTRY_VERIFY(allUp(*m_alpha) && allUp(*m_beta));
    QVERIFY(m_alpha->view().rejected.isEmpty());
    QCOMPARE(m_alpha->view().paths.constLast().name, u"second"_s);

    m_alpha->peers.other.remoteAddress = QHostAddress{u"127.0.0.77"_s}; // nobody is there
    Q_EMIT m_alpha->peers.peerChanged(m_alpha->peers.other.id);
    QTRY_COMPARE(m_alpha->health(), PeerHealth::PathDown);
    QTRY_COMPARE(m_beta->health(), PeerHealth::PathDown);
    QVERIFY(m_beta->view().reason.endsWith(u"over the dedicated link"));
    QVERIFY(!m_beta->view().paths.constFirst().up);
    QVERIFY(m_beta->view().paths.constLast().up);

    m_alpha->peers.other.remoteAddress = m_alpha->route().remote;
    Q_EMIT m_alpha->peers.peerChanged(m_alpha->peers.other.id);
    QTRY_VERIFY(allUp(*m_alpha) && allUp(*m_beta));
}

QList<QByteArray> HeartbeatsTest::recordBeta()
{
    m_alpha->stop();
    Recorder recorder{m_alpha->route()};
    if (!QTest::qWaitFor([&] { return recorder.recorded.size() >= 5; }, 10'000))
        qFatal("beta is silent");
    return recorder.recorded;
}

void HeartbeatsTest::recordingsOfOldSessionsDoNotCount()
{
    m_beta->pairs = {{.uuid = {QUuid::createUuid()}, .role = 1, .state = 1, .epoch = {1}}};
    QVERIFY(meet());
    HeartbeatSide::disconnect(*m_alpha, *m_beta);
    const QList<QByteArray> recorded = recordBeta();
    m_beta->stop();
    m_alpha->start();
    const BlackHole beta{m_beta->route()};
    for (const char* const reason : {"unconfirmed", "replayed"}) {
        for (const QByteArray& datagram : recorded)
            beta.send(datagram, m_alpha->route());
        QTRY_COMPARE(m_alpha->view().rejected.value(QLatin1StringView{reason}),
                     quint64(recorded.size()));
        QVERIFY(m_alpha->health() != PeerHealth::Alive);
    }
    QVERIFY(!m_alpha->beats().pairBeat(m_beta->peers.ownId(), m_beta->pairs[0].uuid));
}

void HeartbeatsTest::repeatedDatagramIsRejected()
{
    QVERIFY(meet());
    HeartbeatSide::disconnect(*m_alpha, *m_beta);
    const QList<QByteArray> recorded = recordBeta();
    m_alpha->start(); // beta goes on in the session that was recorded
    QTRY_COMPARE(m_alpha->health(), PeerHealth::Alive);
    const BlackHole beta{m_beta->route()};
    for (const QByteArray& datagram : recorded)
        beta.send(datagram, m_alpha->route());
    QTRY_COMPARE(m_alpha->view().rejected.value(u"replayed"_s), quint64(recorded.size()));
    QCOMPARE(m_alpha->health(), PeerHealth::Alive);
}

void HeartbeatsTest::rejectedDatagramsAreCountedAndJudgeNobody()
{
    QVERIFY(meet());
    QSignalSpy told{&m_alpha->beats(), &Heartbeats::healthChanged};
    const BlackHole beta{m_beta->route()};
    const HeartbeatKey foreign = heartbeatKey(QByteArray(32, 'f'), m_beta->peers.ownId());
    const QByteArray good = HeartbeatCodec::encode(
        {.session = 1, .sequence = 1, .interval = 100ms, .pairs = {}}, foreign);
    QByteArray newer = good;
    newer[4] = 9;
    const auto secret = QByteArray::fromBase64(secretOf(*m_alpha).toLatin1());
    HeartbeatKey known = heartbeatKey(secret, m_beta->peers.ownId());
    const QByteArray old = HeartbeatCodec::encode(
        {.session = 1, .sequence = 1, .interval = 100ms, .pairs = {}}, known);
    known.secret = foreign.secret;
    const QByteArray forged = HeartbeatCodec::encode(
        {.session = 1, .sequence = 1, .interval = 100ms, .pairs = {}}, known);
    for (const QByteArray& datagram :
         {QByteArray{}, QByteArray{"LSHB"}, good.chopped(1), good + 'x', QByteArray(1400, 'L'),
          QByteArray(100, 'x'), newer, good, forged, old})
        beta.send(datagram, m_alpha->route());
    const QMap<QString, quint64> expected{{u"truncated"_s, 3},    {u"oversized"_s, 1},
                                          {u"no-heartbeat"_s, 2}, {u"unknown-version"_s, 1},
                                          {u"unknown-key"_s, 1},  {u"forged"_s, 1},
                                          {u"old-session"_s, 1}};
    QTRY_COMPARE(m_alpha->view().rejected, expected);
    QCOMPARE(told.size(), 0);
    QCOMPARE(m_alpha->health(), PeerHealth::Alive);
}

void HeartbeatsTest::carriesPairs()
{
    for (uint i = 0; i < 100; ++i) { // three datagrams
        m_beta->pairs << PairBeat{
            .uuid = {QUuid::createUuid()}, .role = 2, .state = 3, .epoch = {i}, .health = i};
    }
    QVERIFY(meet());
    const PeerId beta = m_beta->peers.ownId();
    const auto allThere = [&] {
        return std::ranges::all_of(m_beta->pairs, [&](const PairBeat& pair) {
            return m_alpha->beats().pairBeat(beta, pair.uuid) == pair;
        });
    };
    QTRY_VERIFY(allThere());
    QSignalSpy told{&m_alpha->beats(), &Heartbeats::pairBeatsChanged};
    const DomainUuid gone = m_beta->pairs.constLast().uuid;
    m_beta->pairs = m_beta->pairs.first(2);
    m_beta->pairs[0].epoch = {1000};
    m_beta->beats().beatSoon(m_alpha->peers.ownId());
    QTRY_VERIFY(allThere());
    QTRY_VERIFY(!m_alpha->beats().pairBeat(beta, gone));
    QVERIFY(!told.isEmpty());
    QVERIFY(!m_alpha->beats().pairBeat(beta, DomainUuid{QUuid::createUuid()}));
}

void HeartbeatsTest::settingsTakeEffectAndSurvive()
{
    QVERIFY(meet());
    const auto refused = m_alpha->set({.timing = {1ms, 1ms}, .secondPath = {}});
    QCOMPARE(refused.error().code(), Errc::InvalidArgument);
    QCOMPARE(m_alpha->view().settings, HeartbeatSettings{});
    // The second path must be another one.
    QCOMPARE(m_alpha->set({.timing = {}, .secondPath = u"127.0.0.2"_s}).error().code(),
             Errc::InvalidArgument);

    QSignalSpy told{&m_beta->beats(), &Heartbeats::healthChanged};
    const HeartbeatSettings patient{.timing = {1000ms, 2500ms}, .secondPath = {}};
    QVERIFY(m_alpha->set(patient));
    QCOMPARE(m_alpha->view().settings, patient);
    m_alpha->stop();
    m_alpha->start();
    QCOMPARE(m_alpha->view().settings, patient);
    QTRY_VERIFY(isHealthy(*m_alpha) && isHealthy(*m_beta));
    // beta, with its own 300 ms, does not miss what comes once a second.
    told.clear();
    const quint64 heard = 3;
    QSignalSpy beats{&m_beta->beats(), &Heartbeats::pairBeatsChanged};
    for (quint64 i = 1; i <= heard; ++i) {
        m_alpha->pairs = {{.uuid = {QUuid{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}, .epoch = {i}}};
        QTRY_COMPARE(beats.size(), qsizetype(i));
    }
    QCOMPARE(told.size(), 0);
}

void HeartbeatsTest::settingsOfAFullStoreStay()
{
    QVERIFY(meet());
    m_alpha->store.full = true;
    const auto refused = m_alpha->set({.timing = {200ms, 500ms}, .secondPath = {}});
    QCOMPARE(refused.error().code(), Errc::StoreError);
    QCOMPARE(m_alpha->view().settings, HeartbeatSettings{});
    QVERIFY(isHealthy(*m_alpha));
}

void HeartbeatsTest::removedPeerIsForgotten()
{
    QVERIFY(meet());
    const PeerId beta = m_alpha->peers.other.id;
    QVERIFY(!m_alpha->record().isEmpty());
    m_alpha->peers.other.trust = PeerTrust::Asked;
    Q_EMIT m_alpha->peers.peerRemoved(beta);
    QCOMPARE(m_alpha->health(), PeerHealth::Unknown);
    QTRY_VERIFY(m_alpha->record().isEmpty());
    QTRY_COMPARE(m_beta->health(), PeerHealth::DaemonGone);
}

void HeartbeatsTest::runOverTheRealControlChannel()
{
    TestHost alpha{u"alpha"_s, u"127.0.0.3"_s};
    TestHost beta{u"beta"_s, u"127.0.0.4"_s};
    QSignalSpy told{&alpha.peers(), &Peers::healthChanged};
    QVERIFY(pair(alpha, beta));
    const auto areAlive = [&] {
        return alpha.of(beta).heartbeat.health == PeerHealth::Alive
            && beta.of(alpha).heartbeat.health == PeerHealth::Alive;
    };
    QTRY_VERIFY(areAlive());
    QVERIFY(!told.isEmpty());
    const HeartbeatSettings quick{.timing = {50ms, 200ms}, .secondPath = {}};
    QVERIFY(QCoro::waitFor(alpha.peers().setHeartbeat(beta.id(), quick)));
    QCOMPARE(alpha.of(beta).heartbeat.settings, quick);
    const PeerId id = beta.id();
    const auto ofBeta = [&] { return alpha.peers().peer(id)->heartbeat; };
    beta.stop();
    QTRY_COMPARE(ofBeta().health, PeerHealth::DaemonGone);
    alpha.stop();
    alpha.start();
    QCOMPARE(ofBeta().settings, quick);
    beta.start();
    QTRY_VERIFY(areAlive());
    QVERIFY(QCoro::waitFor(alpha.peers().remove(id)));
    QVERIFY(QCoro::waitFor(alpha.store().load(u"heartbeat"_s))->isEmpty());
}

QTEST_GUILESS_MAIN(HeartbeatsTest)
#include "HeartbeatsTest.moc"
