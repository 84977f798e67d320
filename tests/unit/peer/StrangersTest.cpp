// SPDX-License-Identifier: LGPL-2.1-or-later
#include "RawClient.h"

#include "peer/PrivateFile.h"

#include <QSignalSpy>
#include <QSslCertificate>
#include <QSslKey>
#include <QTcpSocket>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// What anybody who reaches the control port can do to a host that is paired and at work: nothing.
class StrangersTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void cleanupTestCase();

    void bytesThatAreNoTls_data();
    void bytesThatAreNoTls();
    void oldTlsIsRefused();
    void clientWithoutCertificateIsTurnedAway();
    void certificateOfQemuIsTurnedAway();
    void forgedChainIsTurnedAway();
    void brokenMessagesEndTheConnection_data();
    void brokenMessagesEndTheConnection();
    void truncatedFrameEndsWithTheTime();
    void idleOnesAreClosedInTime();
    void manyIdleOnesDoNotKeepOthersOut();
    void nothingBeforeTheGreeting();
    void nothingButAskingAfterTheGreeting();
    void readyIsNotEnough();
    void greetingWithAnothersIdIsRefused();
    void secondGreetingIsRefused();
    void otherProtocolIsToldSo();
    void asksOnlyInBoundedNumbers();

private:
    /// The TLS of a host that nobody knows.
    [[nodiscard]] QSslConfiguration foreign() const { return m_gamma->tls(); }

    std::unique_ptr<TestHost> m_alpha;
    std::unique_ptr<TestHost> m_beta;
    std::unique_ptr<TestHost> m_gamma; ///< A stranger to both; only its key is used.
    std::unique_ptr<QSignalSpy> m_lost;
};

namespace {

QSslConfiguration tlsWith(const KeyedCertificate& leaf, const QList<QByteArray>& chain)
{
    auto tls = QSslConfiguration::defaultConfiguration();
    tls.setPeerVerifyMode(QSslSocket::VerifyNone);
    QList<QSslCertificate> certificates;
    for (const auto& pem : chain)
        certificates << QSslCertificate{pem, QSsl::Pem};
    tls.setLocalCertificateChain(certificates);
    tls.setPrivateKey(QSslKey{leaf.key, QSsl::Ec, QSsl::Pem});
    return tls;
}

} // namespace

void StrangersTest::initTestCase()
{
    m_alpha = std::make_unique<TestHost>(u"alpha"_s, u"127.0.0.1"_s);
    m_beta = std::make_unique<TestHost>(u"beta"_s, u"127.0.0.2"_s);
    m_gamma = std::make_unique<TestHost>(u"gamma"_s, u"127.0.0.3"_s);
    QVERIFY(pair(*m_alpha, *m_beta));
    m_alpha->stop();
    m_alpha->options.patience = 2s;
    m_alpha->start();
    QTRY_VERIFY_WITH_TIMEOUT(m_alpha->isConnectedTo(*m_beta) && m_beta->isConnectedTo(*m_alpha),
                             15s);
}

void StrangersTest::init()
{
    m_lost = std::make_unique<QSignalSpy>(&m_alpha->peers(), &Peers::disconnected);
}

void StrangersTest::cleanup()
{
    // Whatever the stranger did: those who trust each other do not notice.
    QVERIFY(m_lost->isEmpty());
    QVERIFY(m_alpha->isConnectedTo(*m_beta));
    const auto answer = m_alpha->call(*m_beta, u"no.such"_s);
    QCOMPARE(answer.error().code(), Errc::ProtocolError);
    QCOMPARE(m_alpha->of(*m_beta).trust, PeerTrust::Trusted);
}

void StrangersTest::cleanupTestCase()
{
    m_alpha.reset();
    m_beta.reset();
    m_gamma.reset();
}

void StrangersTest::bytesThatAreNoTls_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("HTTP") << "GET / HTTP/1.1\r\n\r\n"_ba;
    QTest::newRow("zeros") << QByteArray(100'000, '\0');
    QTest::newRow("frame without TLS") << toFrame(rpc::request(1, u"hello"_s, {}));
    QTest::newRow("half a TLS greeting") << QByteArray::fromHex("160301020001000001fc0303");
}

void StrangersTest::bytesThatAreNoTls()
{
    QFETCH(const QByteArray, bytes);
    QTcpSocket socket;
    socket.connectToHost(m_alpha->address(), m_alpha->port());
    QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
    socket.write(bytes);
    QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::UnconnectedState, 10s);
}

void StrangersTest::oldTlsIsRefused()
{
    auto tls = foreign();
    tls.setProtocol(QSsl::TlsV1_2);
    RawClient client{*m_alpha, tls};
    QVERIFY(!client.isEncrypted());
}

void StrangersTest::clientWithoutCertificateIsTurnedAway()
{
    auto tls = foreign();
    tls.setLocalCertificateChain({});
    tls.setPrivateKey({});
    RawClient client{*m_alpha, tls};
    QVERIFY(client.isClosed());
}

void StrangersTest::certificateOfQemuIsTurnedAway()
{
    // The key of a trusted host's QEMU: signed by the right CA, for another purpose.
    const auto identity = Identity::loadOrCreate(m_beta->folder(), u"beta"_s);
    const auto& authority = identity->authority();
    for (const auto use : {LeafUse::QemuServer, LeafUse::QemuClient}) {
        const auto leaf = makeLeaf(authority, {u"beta"_s, use, {}});
        QVERIFY(leaf);
        RawClient client{*m_alpha, tlsWith(*leaf, {leaf->certificate, authority.certificate})};
        QVERIFY(client.isClosed());
    }
}

void StrangersTest::forgedChainIsTurnedAway()
{
    const auto real = Identity::loadOrCreate(m_beta->folder(), u"beta"_s)->authority();
    const auto fake = makeAuthority(u"beta"_s); // same name, another key
    const auto leaf = makeLeaf(*fake, {u"beta"_s, LeafUse::Daemon, {}});
    const auto qemu = makeLeaf(real, {u"beta"_s, LeafUse::QemuServer, {}});
    const auto below = makeLeaf(*qemu, {u"beta"_s, LeafUse::Daemon, {}}); // signed by a leaf
    for (const auto& [key, chain] :
         {std::pair{*leaf, QList{leaf->certificate, real.certificate}},
          std::pair{*leaf, QList{leaf->certificate}},
          std::pair{*leaf, QList{leaf->certificate, fake->certificate, real.certificate}},
          std::pair{*below, QList{below->certificate, qemu->certificate}},
          std::pair{*below, QList{below->certificate, qemu->certificate, real.certificate}}}) {
        RawClient client{*m_alpha, tlsWith(key, chain)};
        QVERIFY(client.isClosed());
    }
}

void StrangersTest::brokenMessagesEndTheConnection_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    QTest::newRow("no JSON") << toFrame("hello?") << rpc::parseError;
    QTest::newRow("empty frame") << toFrame({}) << rpc::parseError;
    QTest::newRow("deep JSON") << toFrame(QByteArray(10'000, '[')) << rpc::parseError;
    QTest::newRow("no JSON-RPC") << toFrame(R"({"method":"hello","id":1})") << rpc::invalidRequest;
    QTest::newRow("batch") << toFrame("[]") << rpc::invalidRequest;
    QTest::newRow("announces 4 GiB") << QByteArray::fromHex("ffffffff") << 0;
    QTest::newRow("longer than a stranger may speak")
        << toFrame(QByteArray(Channel::strangersFrames + 1, ' ')) << 0;
}

void StrangersTest::brokenMessagesEndTheConnection()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const int, code);
    RawClient client{*m_alpha, foreign()};
    QVERIFY(client.isEncrypted());
    client.write(bytes);
    if (code != 0)
        QCOMPARE(client.next()[u"error"_s][u"code"_s].toInt(), code);
    QVERIFY(client.isClosed(1500ms)); // at once, not because its time is over
}

void StrangersTest::truncatedFrameEndsWithTheTime()
{
    RawClient client{*m_alpha, foreign()};
    client.write(
        toFrame(rpc::request(1, u"hello"_s, RawClient::hello(m_gamma->id(), false))).chopped(1));
    QVERIFY(client.isClosed(10s));
}

void StrangersTest::idleOnesAreClosedInTime()
{
    RawClient quiet{*m_alpha, foreign()};
    RawClient greeted{*m_alpha, foreign()};
    QVERIFY(greeted.ask(u"hello"_s, RawClient::hello(m_gamma->id(), false)).contains(u"result"_s));
    QVERIFY(quiet.isClosed(10s));
    QVERIFY(greeted.isClosed(10s));
}

void StrangersTest::manyIdleOnesDoNotKeepOthersOut()
{
    std::vector<std::unique_ptr<QTcpSocket>> idle;
    for (size_t i = 0; i < Reception::mostGuests + 8; ++i) {
        idle.push_back(std::make_unique<QTcpSocket>());
        idle.back()->connectToHost(m_alpha->address(), m_alpha->port());
    }
    const auto isGone = [](const auto& socket) {
        return socket->state() == QAbstractSocket::UnconnectedState;
    };
    QTRY_VERIFY(std::ranges::count_if(idle, isGone) >= 8);
    const auto probe = QCoro::waitFor(m_gamma->peers().probe(m_alpha->place()));
    QVERIFY(probe);
}

void StrangersTest::nothingBeforeTheGreeting()
{
    for (const auto& method : {u"pair.request"_s, u"no.such"_s, u"shadow.prepare"_s}) {
        RawClient client{*m_alpha, foreign()};
        QCOMPARE(errorName(client.ask(method)), u"PeerNotAccepted"_s);
        QVERIFY(client.isClosed(1500ms));
    }
    QCOMPARE(m_alpha->peers().peers().size(), 1);
}

void StrangersTest::nothingButAskingAfterTheGreeting()
{
    bool called = false;
    m_alpha->peers().handle(u"secret"_s,
                            [&called](PeerId, QJsonObject) -> Task<Result<QJsonObject>> {
                                called = true;
                                co_return QJsonObject{};
                            });
    RawClient client{*m_alpha, foreign()};
    const auto greeting = client.ask(u"hello"_s, RawClient::hello(m_gamma->id(), true));
    QCOMPARE(greeting[u"result"_s][u"accepts"_s], QJsonValue{false});
    QCOMPARE(errorName(client.ask(u"secret"_s)), u"PeerNotAccepted"_s);
    QVERIFY(client.isClosed(1500ms));
    QVERIFY(!called);
}

void StrangersTest::readyIsNotEnough()
{
    RawClient client{*m_alpha, foreign()};
    client.send(QJsonObject{{u"jsonrpc"_s, u"2.0"_s}, {u"method"_s, u"ready"_s}});
    QVERIFY(client.ask(u"hello"_s, RawClient::hello(m_gamma->id(), true)).contains(u"result"_s));
    client.send(QJsonObject{{u"jsonrpc"_s, u"2.0"_s}, {u"method"_s, u"ready"_s}});
    QVERIFY(client.isClosed(1500ms));
    QCOMPARE(m_alpha->peers().peers().size(), 1);
}

void StrangersTest::greetingWithAnothersIdIsRefused()
{
    RawClient client{*m_alpha, foreign()};
    QCOMPARE(errorName(client.ask(u"hello"_s, RawClient::hello(m_beta->id(), true))),
             u"ProtocolError"_s);
    QVERIFY(client.isClosed(1500ms));
}

void StrangersTest::secondGreetingIsRefused()
{
    RawClient client{*m_alpha, foreign()};
    QVERIFY(client.ask(u"hello"_s, RawClient::hello(m_gamma->id(), false)).contains(u"result"_s));
    QCOMPARE(errorName(client.ask(u"hello"_s, RawClient::hello(m_gamma->id(), false))),
             u"ProtocolError"_s);
}

void StrangersTest::otherProtocolIsToldSo()
{
    RawClient client{*m_alpha, foreign()};
    auto hello = RawClient::hello(m_gamma->id(), false);
    hello[u"protocol"_s] = QJsonObject{{u"min"_s, 1000}, {u"max"_s, 1001}};
    QCOMPARE(errorName(client.ask(u"hello"_s, hello)), u"VersionMismatch"_s);
    QVERIFY(client.isClosed(1500ms));
}

void StrangersTest::asksOnlyInBoundedNumbers()
{
    QString last;
    for (size_t i = 0; i < PeerBook::mostAsking + 1; ++i) {
        const auto authority = makeAuthority(u"flood"_s);
        const auto leaf = makeLeaf(*authority, {u"flood"_s, LeafUse::Daemon, {}});
        const PeerId id = fingerprint(QSslCertificate{authority->certificate, QSsl::Pem}.toDer());
        RawClient client{*m_alpha, tlsWith(*leaf, {leaf->certificate, authority->certificate})};
        QVERIFY(client.ask(u"hello"_s, RawClient::hello(id, true)).contains(u"result"_s));
        last = errorName(client.ask(u"pair.request"_s));
    }
    QCOMPARE(last, u"Busy"_s);
    QCOMPARE(m_alpha->peers().peers().size(), 1 + static_cast<qsizetype>(PeerBook::mostAsking));
    QSet<QString> names;
    for (const auto& peer : m_alpha->peers().peers())
        names << peer.name;
    QCOMPARE(names.size(), m_alpha->peers().peers().size());
    QCOMPARE(QCoro::waitFor(m_alpha->store().load(u"peer"_s))->size(), 1); // nothing of it on disk
    for (const auto& peer : m_alpha->peers().peers()) {
        if (peer.trust == PeerTrust::Asked)
            QVERIFY(QCoro::waitFor(m_alpha->peers().remove(peer.id)));
    }
}

QTEST_GUILESS_MAIN(StrangersTest)
#include "StrangersTest.moc"
