// SPDX-License-Identifier: LGPL-2.1-or-later
#include "metrics/MetricsServer.h"

#include "Fakes.h"

#include <QEventLoop>
#include <QFile>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <memory>
#include <vector>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

struct Answer
{
    int status{0};
    QString type;
    QByteArray text;
};

/// The server and a client in one process.
struct Scene
{
    Scene()
    {
        pairs.put(samplePair());
        peers.put(samplePeer());
    }
    /// On any port that is free.
    [[nodiscard]] bool listen()
    {
        return server.listen({.listen = u"local"_s, .port = 0}).has_value();
    }
    [[nodiscard]] Answer get(const QString& path) { return ask(path, "GET"); }
    [[nodiscard]] Answer ask(const QString& path, const QByteArray& method)
    {
        const QUrl url{u"http://127.0.0.1:%1%2"_s.arg(server.port()).arg(path)};
        QNetworkAccessManager client;
        const std::unique_ptr<QNetworkReply> reply{
            client.sendCustomRequest(QNetworkRequest{url}, method, QByteArray{})};
        QEventLoop loop;
        QObject::connect(reply.get(), &QNetworkReply::finished, &loop, &QEventLoop::quit);
        loop.exec();
        return {.status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt(),
                .type = reply->header(QNetworkRequest::ContentTypeHeader).toString(),
                .text = reply->readAll()};
    }

    /// All that is answered to `request`, until the server hangs up.
    [[nodiscard]] QByteArray talk(const QHostAddress& address, const QByteArray& request)
    {
        QTcpSocket client;
        QObject::connect(&client, &QTcpSocket::connected, &client,
                         [&client, &request] { client.write(request); });
        client.connectToHost(address, server.port());
        const bool isOver = QTest::qWaitFor(
            [&client] { return client.state() == QAbstractSocket::UnconnectedState; }, 60'000);
        return isOver ? client.readAll() : QByteArray{"it does not hang up"};
    }

    FakePairService pairs;
    FakePeers peers;
    MetricsServer server{pairs, peers};
};

} // namespace

/// Metrics over HTTP.
class MetricsServerTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void offersEverythingThereIs();
    void offersNothingElse();
    void answersThoughOthersAreSilent();
    void answersWithoutPairs();
    void isNotMadeAnewForEachReader();
    void reportsAPortThatIsTaken();
    void listensOnTheLoopbackOnly();
    void listensOnAnIpv6Address();
    void refusesARequestThatIsTooLong();
    void answersWhoSpeaksHttp10();
};

void MetricsServerTest::offersEverythingThereIs()
{
    Scene scene;
    PairView odd = samplePair();
    odd.uuid = DomainUuid{QUuid::createUuidV5(QUuid{}, u"odd"_s)};
    odd.domain = u"odd \"name\\"_s;
    odd.state = PairState::Alone;
    scene.pairs.put(odd);
    // A domain that was defined anew: the other one has its name still.
    PairView twin = samplePair();
    twin.uuid = DomainUuid{QUuid::createUuidV5(QUuid{}, u"twin"_s)};
    twin.state = PairState::Stale;
    scene.pairs.put(twin);
    // Anybody can ask to be a peer.
    PeerInfo stranger = samplePeer();
    stranger.id = PeerId{u"ff"_s.repeated(32)};
    stranger.name = u"mallory"_s;
    stranger.trust = PeerTrust::Asked;
    scene.peers.put(stranger);
    PairStatistics& figures = scene.pairs.figures[samplePair().uuid];
    scene.pairs.figures[twin.uuid].add(sampleCheckpoint(1));
    const qint64 time = 1'780'000'000'000'000;
    for (int n = 0; n < 2; ++n) {
        figures.observe(time / 1'000'000 + n, 3'000'000, 40'960);
        figures.add(sampleCheckpoint(time + n * 1'000'000));
    }
    QVERIFY(scene.listen());
    const Answer answer = scene.get(u"/metrics"_s);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.type, u"application/openmetrics-text; version=1.0.0; charset=utf-8"_s);
    QVERIFY(answer.text.endsWith("# EOF\n"));
    QVERIFY(!answer.text.contains("mallory"));
    // For unit.metrics_parse.
    QFile file{qEnvironmentVariable("LOCKSTEP_METRICS_TEXT")};
    if (!file.fileName().isEmpty()) {
        QVERIFY(file.open(QFile::WriteOnly));
        file.write(answer.text);
    }
}

void MetricsServerTest::offersNothingElse()
{
    Scene scene;
    QVERIFY(scene.listen());
    for (const QString& path : {u"/"_s, u"/metrics/x"_s, u"/etc/passwd"_s})
        QCOMPARE(scene.get(path).status, 404);
    for (const QByteArray& method : {"POST"_ba, "PUT"_ba, "DELETE"_ba})
        QCOMPARE(scene.ask(u"/metrics"_s, method).status, 405);
}

void MetricsServerTest::answersThoughOthersAreSilent()
{
    Scene scene;
    QVERIFY(scene.listen());
    // They connect and ask nothing.
    std::vector<std::unique_ptr<QTcpSocket>> silent;
    for (unsigned n = 0; n < MetricsServer::maxConnections; ++n) {
        silent.push_back(std::make_unique<QTcpSocket>());
        silent.back()->connectToHost(QHostAddress{QHostAddress::LocalHost}, scene.server.port());
    }
    // Each is hung up on in time, so that whoever does ask gets an answer.
    QCOMPARE(scene.get(u"/metrics"_s).status, 200);
}

void MetricsServerTest::answersWithoutPairs()
{
    Scene scene;
    scene.pairs.drop(samplePair().uuid);
    QVERIFY(scene.listen());
    const Answer answer = scene.get(u"/metrics"_s);
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.text.contains("lockstep_build_info{version="));
}

void MetricsServerTest::isNotMadeAnewForEachReader()
{
    Scene scene;
    QVERIFY(scene.listen());
    const int before = scene.pairs.looks;
    for (int n = 0; n < 5; ++n)
        QCOMPARE(scene.get(u"/metrics"_s).status, 200);
    // Five answers take some milliseconds; on a machine that stood still meanwhile, seconds.
    QVERIFY(scene.pairs.looks - before < 5);
}

void MetricsServerTest::reportsAPortThatIsTaken()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress{QHostAddress::LocalHost}));
    Scene scene;
    const auto listening = scene.server.listen({.listen = u"local"_s, .port = other.serverPort()});
    QVERIFY(!listening);
    QCOMPARE(listening.error().code(), Errc::NetworkError);
    QVERIFY(listening.error().message().contains(QString::number(other.serverPort())));
    QCOMPARE(scene.server.port(), quint16{0});
}

void MetricsServerTest::listensOnTheLoopbackOnly()
{
    Scene scene;
    QVERIFY(scene.listen());
    QTcpServer other; // the same port at another address is free
    QVERIFY(other.listen(QHostAddress{u"127.0.0.2"_s}, scene.server.port()));
}

void MetricsServerTest::listensOnAnIpv6Address()
{
    QTcpServer any;
    if (!any.listen(QHostAddress{QHostAddress::LocalHostIPv6}))
        QSKIP("there is no IPv6 here");
    Scene scene;
    QVERIFY(scene.server.listen({.listen = u"::1"_s, .port = 0}));
    QVERIFY(scene.talk(QHostAddress{QHostAddress::LocalHostIPv6}, "GET /metrics HTTP/1.0\r\n\r\n")
                .contains("# EOF"));
}

void MetricsServerTest::refusesARequestThatIsTooLong()
{
    Scene scene;
    QVERIFY(scene.listen());
    const QByteArray answer = scene.talk(
        QHostAddress{QHostAddress::LocalHost},
        "GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + QByteArray{1'000'000, 'x'} + "\r\n\r\n");
    QVERIFY(!answer.contains(" 200 "));
    QCOMPARE(scene.get(u"/metrics"_s).status, 200);
}

void MetricsServerTest::answersWhoSpeaksHttp10()
{
    Scene scene;
    QVERIFY(scene.listen());
    // It ends when the server hangs up.
    const QByteArray answer =
        scene.talk(QHostAddress{QHostAddress::LocalHost}, "GET /metrics HTTP/1.0\r\n\r\n");
    QVERIFY2(answer.contains(" 200 OK\r\n"), answer.constData());
    QVERIFY(answer.endsWith("# EOF\n"));
}

QTEST_GUILESS_MAIN(MetricsServerTest)
#include "MetricsServerTest.moc"
