// SPDX-License-Identifier: LGPL-2.1-or-later
#include "RawClient.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class CallsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void callsGoBothWays();
    void handlersRunAtTheSameTime();
    void errorsKeepCodeMessageAndRemedy_data();
    void errorsKeepCodeMessageAndRemedy();
    void unknownMethodIsAProtocolError();
    void unknownPeerIsNamed();
    void deadlinePasses();
    void carriesLongMessagesUpToTheLimit();
    void tooManyAtOnceAreBusy();
    void lostConnectionFailsPendingCallsAndComesBack();
    void callDialsAtOnceAfterTheOtherSideIsBack();
    void silentPeerIsNoticed();
    void lateAndDuplicateAnswersAreIgnored();
    void inventedAnswersAreIgnored();
    void answerThatIsNoObjectIsMalformed();
    void unknownErrorNameIsARefusal();
    void unknownNotificationChangesNothing();

private:
    /// Stands in for beta, which is stopped, on a connection that alpha trusts.
    [[nodiscard]] std::unique_ptr<RawClient> becomeBeta();

    std::unique_ptr<TestHost> m_alpha;
    std::unique_ptr<TestHost> m_beta;
};

namespace {

Task<Result<QJsonObject>> echo(PeerId id, QJsonObject params)
{
    params.insert(u"from"_s, id.value);
    co_return params;
}

Task<Result<QJsonObject>> slow(PeerId, QJsonObject params)
{
    const std::chrono::milliseconds time{params[u"ms"_s].toInt()};
    const auto paused = co_await lockstep::pause(time);
    LOCKSTEP_CO_CHECK(paused);
    co_return params;
}

Task<Result<QJsonObject>> failing(PeerId, QJsonObject params)
{
    const auto code = errcFromName(params[u"name"_s].toString()).value_or(Errc::Internal);
    co_return failure(code, u"no room for \"ü\""_s, params[u"remedy"_s].toString());
}

} // namespace

void CallsTest::init()
{
    m_alpha = std::make_unique<TestHost>(u"alpha"_s, u"127.0.0.1"_s);
    m_beta = std::make_unique<TestHost>(u"beta"_s, u"127.0.0.2"_s);
    for (auto* host : {m_alpha.get(), m_beta.get()}) {
        host->peers().handle(u"echo"_s, echo);
        host->peers().handle(u"slow"_s, slow);
        host->peers().handle(u"fail"_s, failing);
    }
    QVERIFY(pair(*m_alpha, *m_beta));
}

void CallsTest::cleanup()
{
    m_alpha.reset();
    m_beta.reset();
}

std::unique_ptr<RawClient> CallsTest::becomeBeta()
{
    const PeerId beta = m_beta->id();
    const auto tls = m_beta->tls();
    m_beta->stop();
    if (!QTest::qWaitFor([&] { return !m_alpha->peers().peer(beta)->connected; }, 10'000))
        return nullptr;
    auto client = std::make_unique<RawClient>(*m_alpha, tls);
    if (client->ask(u"hello"_s, RawClient::hello(beta, true))[u"result"_s][u"accepts"_s] != true)
        return nullptr;
    client->send(QJsonObject{{u"jsonrpc"_s, u"2.0"_s}, {u"method"_s, u"ready"_s}});
    if (!QTest::qWaitFor([&] { return m_alpha->peers().peer(beta)->connected; }, 10'000))
        return nullptr;
    return client;
}

void CallsTest::callsGoBothWays()
{
    const auto fromAlpha = m_alpha->call(*m_beta, u"echo"_s, {{u"x"_s, 1}});
    QVERIFY(fromAlpha);
    QCOMPARE(*fromAlpha, (QJsonObject{{u"x"_s, 1}, {u"from"_s, m_alpha->id().value}}));
    const auto fromBeta = m_beta->call(*m_alpha, u"echo"_s);
    QVERIFY(fromBeta);
    QCOMPARE(*fromBeta, (QJsonObject{{u"from"_s, m_beta->id().value}}));
}

void CallsTest::handlersRunAtTheSameTime()
{
    auto first = m_alpha->peers().call(m_beta->id(), u"slow"_s, {{u"ms"_s, 1'500}}, 20s);
    QVERIFY(m_alpha->call(*m_beta, u"echo"_s)); // does not wait for the first
    QVERIFY(m_beta->call(*m_alpha, u"echo"_s));
    auto second = m_alpha->peers().call(m_beta->id(), u"slow"_s, {{u"ms"_s, 1}}, 20s);
    QVERIFY(QCoro::waitFor(std::move(second)));
    QVERIFY(!first.isReady());
    QVERIFY(QCoro::waitFor(std::move(first)));
}

void CallsTest::errorsKeepCodeMessageAndRemedy_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("remedy");
    QTest::newRow("with a remedy") << u"NoSpace"_s << u"Free 3 GiB in /srv."_s;
    QTest::newRow("general remedy") << u"NameTaken"_s << QString{};
}

void CallsTest::errorsKeepCodeMessageAndRemedy()
{
    QFETCH(const QString, name);
    QFETCH(const QString, remedy);
    const auto result =
        m_alpha->call(*m_beta, u"fail"_s, {{u"name"_s, name}, {u"remedy"_s, remedy}});
    QVERIFY(!result);
    const Errc code = errcFromName(name).value();
    QCOMPARE(result.error().code(), code);
    QCOMPARE(result.error().message(), u"no room for \"ü\""_s);
    QCOMPARE(result.error().remedy(), remedy.isEmpty() ? QString{info(code).remedy} : remedy);
}

void CallsTest::unknownMethodIsAProtocolError()
{
    const auto result = m_alpha->call(*m_beta, u"no.such"_s);
    QVERIFY(!result);
    QCOMPARE(result.error().code(), Errc::ProtocolError);
    QVERIFY(result.error().message().contains(u"no.such"_s));
    QVERIFY(m_alpha->call(*m_beta, u"echo"_s)); // and nothing else is broken
}

void CallsTest::unknownPeerIsNamed()
{
    const PeerId nobody{QString(64, u'a')};
    const auto result = QCoro::waitFor(m_alpha->peers().call(nobody, u"echo"_s, {}, 1s));
    QCOMPARE(result.error().code(), Errc::UnknownPeer);
}

void CallsTest::deadlinePasses()
{
    QElapsedTimer clock;
    clock.start();
    const auto result = m_alpha->call(*m_beta, u"slow"_s, {{u"ms"_s, 1'500}}, 50ms);
    QVERIFY(!result);
    QCOMPARE(result.error().code(), Errc::Timeout);
    QVERIFY(result.error().message().contains(u"slow"_s));
    QVERIFY(clock.elapsed() < 1'500);
    QVERIFY(
        m_alpha->call(*m_beta, u"slow"_s, {{u"ms"_s, 1'600}})); // the late answer arrives meanwhile
}

void CallsTest::carriesLongMessagesUpToTheLimit()
{
    const QString text(1'000'000, u'x');
    const auto whole = m_alpha->call(*m_beta, u"echo"_s, {{u"text"_s, text}});
    QVERIFY(whole);
    QCOMPARE(whole->value(u"text"_s).toString(), text);
    const auto tooLong = m_alpha->call(*m_beta, u"echo"_s, {{u"text"_s, text + text}});
    QCOMPARE(tooLong.error().code(), Errc::InvalidArgument);
    const auto answerTooLong =
        m_alpha->call(*m_beta, u"echo"_s, {{u"text"_s, QString(FrameReader::largest - 100, u'x')}});
    QCOMPARE(answerTooLong.error().code(), Errc::Internal);
    QVERIFY(m_alpha->isConnectedTo(*m_beta));
}

void CallsTest::tooManyAtOnceAreBusy()
{
    // Agreeing on heartbeats is a request, too.
    QTRY_COMPARE(m_alpha->of(*m_beta).heartbeat.health, PeerHealth::Alive);
    QTRY_COMPARE(m_beta->of(*m_alpha).heartbeat.health, PeerHealth::Alive);
    std::vector<Task<Result<QJsonObject>>> running;
    for (int i = 0; i < TlsPeers::mostCallsAtOnce; ++i)
        running.push_back(m_alpha->peers().call(m_beta->id(), u"slow"_s, {{u"ms"_s, 1'000}}, 10s));
    const auto more = m_alpha->call(*m_beta, u"echo"_s);
    QCOMPARE(more.error().code(), Errc::Busy);
    for (auto& task : running)
        QVERIFY(QCoro::waitFor(std::move(task)));
    QVERIFY(m_alpha->call(*m_beta, u"echo"_s));
}

void CallsTest::lostConnectionFailsPendingCallsAndComesBack()
{
    QSignalSpy lost{&m_alpha->peers(), &Peers::disconnected};
    QSignalSpy back{&m_alpha->peers(), &Peers::connected};
    auto pending = m_alpha->peers().call(m_beta->id(), u"slow"_s, {{u"ms"_s, 1'000}}, 30s);
    QElapsedTimer clock;
    clock.start();
    m_beta->stop();
    const auto result = QCoro::waitFor(std::move(pending));
    QCOMPARE(result.error().code(), Errc::PeerUnreachable);
    QVERIFY(clock.elapsed() < 10'000);
    QTRY_COMPARE(lost.size(), 1);
    m_beta->start();
    m_beta->peers().handle(u"echo"_s, echo);
    QTRY_COMPARE_WITH_TIMEOUT(back.size(), 1, 15s);
    QVERIFY(m_alpha->call(*m_beta, u"echo"_s));
}

void CallsTest::callDialsAtOnceAfterTheOtherSideIsBack()
{
    const PeerId beta = m_beta->id();
    m_beta->stop();
    // Refused, so it fails at once and not only at its deadline.
    QTRY_VERIFY(!m_alpha->peers().peer(beta)->connected);
    const auto refused = QCoro::waitFor(m_alpha->peers().call(beta, u"echo"_s, {}, 20s));
    QCOMPARE(refused.error().code(), Errc::PeerUnreachable);
    QVERIFY(refused.error().message().contains(u"beta"_s));
    m_beta->start();
    m_beta->peers().handle(u"echo"_s, echo);
    const auto answered = [&] { return m_alpha->call(*m_beta, u"echo"_s, {}, 20s).has_value(); };
    QTRY_VERIFY_WITH_TIMEOUT(answered(), 15s);
}

void CallsTest::silentPeerIsNoticed()
{
    const auto silent = becomeBeta(); // connected, trusted, and as quiet as behind a cut link
    QVERIFY(silent);
    const QSignalSpy lost{&m_alpha->peers(), &Peers::disconnected};
    auto pending = m_alpha->peers().call(m_alpha->peers().peers().first().id, u"echo"_s, {}, 60s);
    QTRY_COMPARE_WITH_TIMEOUT(lost.size(), 1, 8s);
    QCOMPARE(QCoro::waitFor(std::move(pending)).error().code(), Errc::PeerUnreachable);
    QVERIFY(m_alpha->peers().peers().first().lastError.contains(u"no sign of life"_s));
}

void CallsTest::lateAndDuplicateAnswersAreIgnored()
{
    const auto beta = becomeBeta();
    QVERIFY(beta);
    const PeerId id = m_alpha->peers().peers().first().id;
    const auto answer = [&](qint64 number, int value) {
        beta->send(QJsonObject{{u"jsonrpc"_s, u"2.0"_s},
                               {u"id"_s, number},
                               {u"result"_s, QJsonObject{{u"n"_s, value}}}});
    };
    auto first = m_alpha->peers().call(id, u"first"_s, {}, 100ms);
    const qint64 number = beta->next()[u"id"_s].toInteger();
    QCOMPARE(QCoro::waitFor(std::move(first)).error().code(), Errc::Timeout);
    auto second = m_alpha->peers().call(id, u"second"_s, {}, 10s);
    const qint64 secondNumber = beta->next()[u"id"_s].toInteger();
    QVERIFY(secondNumber > number);
    answer(number, 1); // late
    answer(secondNumber, 2);
    answer(secondNumber, 3); // duplicate
    QCOMPARE(QCoro::waitFor(std::move(second))->value(u"n"_s).toInt(), 2);
    QVERIFY(m_alpha->peers().peer(id)->connected);
}

void CallsTest::inventedAnswersAreIgnored()
{
    const auto beta = becomeBeta();
    QVERIFY(beta);
    const PeerId id = m_alpha->peers().peers().first().id;
    beta->send(
        QJsonObject{{u"jsonrpc"_s, u"2.0"_s}, {u"id"_s, 77'777}, {u"result"_s, QJsonObject{}}});
    auto call = m_alpha->peers().call(id, u"x"_s, {}, 10s);
    const QJsonValue number = beta->next()[u"id"_s];
    beta->send(QJsonObject{{u"jsonrpc"_s, u"2.0"_s},
                           {u"id"_s, number},
                           {u"result"_s, QJsonObject{{u"good"_s, true}}}});
    QCOMPARE(QCoro::waitFor(std::move(call))->value(u"good"_s).toBool(), true);
}

void CallsTest::answerThatIsNoObjectIsMalformed()
{
    const auto beta = becomeBeta();
    QVERIFY(beta);
    auto call = m_alpha->peers().call(m_alpha->peers().peers().first().id, u"x"_s, {}, 10s);
    beta->send(
        QJsonObject{{u"jsonrpc"_s, u"2.0"_s}, {u"id"_s, beta->next()[u"id"_s]}, {u"result"_s, 5}});
    QCOMPARE(QCoro::waitFor(std::move(call)).error().code(), Errc::Malformed);
}

void CallsTest::unknownErrorNameIsARefusal()
{
    const auto beta = becomeBeta();
    QVERIFY(beta);
    auto call = m_alpha->peers().call(m_alpha->peers().peers().first().id, u"x"_s, {}, 10s);
    const QJsonObject error{{u"code"_s, -32000},
                            {u"message"_s, u"new\nkind"_s},
                            {u"data"_s, QJsonObject{{u"name"_s, u"FromTheFuture"_s}}}};
    beta->send(QJsonObject{
        {u"jsonrpc"_s, u"2.0"_s}, {u"id"_s, beta->next()[u"id"_s]}, {u"error"_s, error}});
    const auto result = QCoro::waitFor(std::move(call));
    QCOMPARE(result.error().code(), Errc::PeerRefused);
    QCOMPARE(result.error().message(), u"new?kind"_s);
}

void CallsTest::unknownNotificationChangesNothing()
{
    const auto beta = becomeBeta();
    QVERIFY(beta);
    for (const auto& method : {u"ready"_s, u"hello"_s, u"no.such"_s, u"pair.request"_s})
        beta->send(QJsonObject{{u"jsonrpc"_s, u"2.0"_s}, {u"method"_s, method}});
    QCOMPARE(beta->ask(u"hello"_s)[u"error"_s][u"code"_s].toInt(), rpc::methodNotFound);
    QCOMPARE(beta->ask(u"echo"_s)[u"result"_s].isObject(), true);
    QCOMPARE(m_alpha->peers().peers().size(), 1);
}

QTEST_GUILESS_MAIN(CallsTest)
#include "CallsTest.moc"
