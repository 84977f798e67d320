// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/ChannelTraffic.h"
#include "hypervisor/TapTraffic.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QUdpSocket>

#include <memory>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace std::chrono_literals;

namespace {

const QHostAddress near{u"127.0.0.1"_s};
const QHostAddress far{u"127.0.0.2"_s};

/// A connection from `near` to a port of `far`.
struct Connection
{
    explicit Connection(QTcpServer& server)
    {
        client.bind(near);
        client.connectToHost(far, server.serverPort());
        if (client.waitForConnected() && server.waitForNewConnection(10'000))
            accepted.reset(server.nextPendingConnection());
    }
    void move(int bytes)
    {
        client.write(QByteArray{bytes, 'x'});
        qint64 got = 0;
        // Both are in one thread, which has to do both.
        QTRY_VERIFY_WITH_TIMEOUT((got += accepted->readAll().size()) >= bytes, 10'000);
    }

    QTcpSocket client;
    std::unique_ptr<QTcpSocket> accepted;
};

} // namespace

/// Against the real kernel.
class TrafficTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void countsWhatAConnectionMoves();
    void seesTheSameFromTheOtherEnd();
    void sumsTheConnectionsOfAPort();
    void looksForAConnectionThatIsMadeAnew();
    void countsEachConnectionByItself();
    void doesNotSearchAllTheTime();
    void knowsNothingWithoutAConnection();
    void countsPacketsOfADevice();
    void knowsNothingOfNoDevice();

private:
    using Clock = ChannelTraffic::Clock;
    SockDiag m_kernel;
    std::unique_ptr<QTcpServer> m_server;
};

void TrafficTest::init()
{
    m_server = std::make_unique<QTcpServer>();
    QVERIFY(m_server->listen(far));
}

void TrafficTest::countsWhatAConnectionMoves()
{
    Connection connection{*m_server};
    QVERIFY(connection.accepted);
    ChannelTraffic traffic{m_kernel, near, far, m_server->serverPort()};
    const auto before = traffic.bytes();
    QVERIFY(before);
    connection.move(100'000);
    // Acknowledgements take a moment.
    QTRY_COMPARE(traffic.bytes().value_or(0) - *before, quint64{100'000});
    connection.move(5);
    QTRY_COMPARE(traffic.bytes().value_or(0) - *before, quint64{100'005});
}

void TrafficTest::seesTheSameFromTheOtherEnd()
{
    Connection connection{*m_server};
    QVERIFY(connection.accepted);
    ChannelTraffic traffic{m_kernel, far, near, m_server->serverPort()};
    const auto before = traffic.bytes();
    QVERIFY(before);
    connection.move(70'000);
    QTRY_COMPARE(traffic.bytes().value_or(0) - *before, quint64{70'000});
}

void TrafficTest::sumsTheConnectionsOfAPort()
{
    Connection one{*m_server};
    Connection other{*m_server};
    QVERIFY(one.accepted && other.accepted);
    ChannelTraffic traffic{m_kernel, near, far, m_server->serverPort()};
    const auto before = traffic.bytes();
    QVERIFY(before);
    one.move(1'000);
    other.move(2'000);
    QTRY_COMPARE(traffic.bytes().value_or(0) - *before, quint64{3'000});
}

void TrafficTest::looksForAConnectionThatIsMadeAnew()
{
    auto connection = std::make_unique<Connection>(*m_server);
    ChannelTraffic traffic{m_kernel, near, far, m_server->serverPort()};
    const auto begin = Clock::now();
    QVERIFY(traffic.bytes(begin));
    connection->client.abort();
    connection = std::make_unique<Connection>(*m_server);
    QVERIFY(connection->accepted);
    connection->move(300);
    // Some kernels count the handshake, too.
    QTRY_VERIFY(traffic.bytes(begin + 10s).value_or(0) / 10 == 30);
}

void TrafficTest::countsEachConnectionByItself()
{
    Connection stays{*m_server};
    auto goes = std::make_unique<Connection>(*m_server);
    QVERIFY(stays.accepted && goes->accepted);
    stays.move(50'000); // before anybody looks
    ChannelTraffic traffic{m_kernel, near, far, m_server->serverPort()};
    const auto begin = Clock::now();
    const auto before = traffic.bytes(begin);
    QVERIFY(before);
    goes->client.abort();
    goes.reset();
    // What the other one had moved before is not told for new.
    QCOMPARE(traffic.bytes(begin + 10s).value_or(0) - *before, quint64{0});
    stays.move(300);
    QTRY_COMPARE(traffic.bytes(begin + 20s).value_or(0) - *before, quint64{300});
    // One that comes later is seen, though none is missing.
    Connection comes{*m_server};
    QVERIFY(comes.accepted);
    comes.move(5'000);
    const auto later = begin + 20s + ChannelTraffic::reviewPeriod;
    QTRY_VERIFY((traffic.bytes(later).value_or(0) - *before) / 10 == 530);
}

void TrafficTest::doesNotSearchAllTheTime()
{
    ChannelTraffic traffic{m_kernel, near, far, m_server->serverPort()};
    const auto begin = Clock::now();
    QVERIFY(!traffic.bytes(begin));
    Connection connection{*m_server};
    QVERIFY(connection.accepted);
    QVERIFY(!traffic.bytes(begin + 10ms));
    QVERIFY(traffic.bytes(begin + ChannelTraffic::searchPeriod));
}

void TrafficTest::knowsNothingWithoutAConnection()
{
    ChannelTraffic traffic{m_kernel, near, far, m_server->serverPort()};
    QVERIFY(!traffic.bytes());
}

void TrafficTest::countsPacketsOfADevice()
{
    TapTraffic traffic{QStringList{u"lo"_s}};
    const auto before = traffic.packets();
    QVERIFY(before);
    QUdpSocket socket;
    for (int n = 0; n < 10; ++n)
        socket.writeDatagram("x", 1, near, 9);
    QVERIFY(traffic.packets().value_or(0) >= *before + 10); // others may use it, too
}

void TrafficTest::knowsNothingOfNoDevice()
{
    QVERIFY(!TapTraffic{QStringList{}}.packets());
    QVERIFY(!TapTraffic{QStringList{u"no-such-device"_s}}.packets());
}

QTEST_GUILESS_MAIN(TrafficTest)
#include "TrafficTest.moc"
