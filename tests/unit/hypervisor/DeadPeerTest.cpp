// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/DeadPeer.h"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <unistd.h>
#include <memory>

using namespace Qt::StringLiterals;
using namespace lockstep;

namespace {

/// One established connection over loopback.
struct Connection
{
    QTcpServer server;
    QTcpSocket client;
    std::unique_ptr<QTcpSocket> accepted;

    bool open(const QHostAddress& listen, const QHostAddress& to)
    {
        if (!server.listen(listen))
            return false;
        client.connectToHost(to, server.serverPort());
        if (!client.waitForConnected(5000) || !server.waitForNewConnection(5000))
            return false;
        accepted.reset(server.nextPendingConnection());
        return accepted != nullptr;
    }
};

const QHostAddress loopback{QHostAddress::LocalHost};

} // namespace

/// Against the real kernel: nothing else knows what SOCK_DESTROY does. Here both ends are on one
/// host, so that the reset from the first one destroyed ends the second, and 1 is counted.
class DeadPeerTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void endsTheConnectionAtOnce();
    void destroysByThePortOfEitherEnd();
    void destroysMappedAndPlainIpv6();
    void destroysThoseOfAllPorts();
    void leavesOtherPortsAlone();
    void leavesOtherAddressesAlone();
    void leavesListenersAlone();
};

void DeadPeerTest::init()
{
    if (geteuid() != 0)
        QSKIP("SOCK_DESTROY needs root");
    Connection probe;
    QVERIFY(probe.open(loopback, loopback));
    const auto tried = destroySockets(loopback, loopback, {probe.server.serverPort()});
    if (!tried && tried.error().code() == Errc::NotSupported)
        QSKIP("the kernel has no CONFIG_INET_DIAG_DESTROY");
    QVERIFY2(tried, tried ? "" : qPrintable(tried.error().message()));
}

void DeadPeerTest::endsTheConnectionAtOnce()
{
    Connection connection;
    QVERIFY(connection.open(loopback, loopback));
    QSignalSpy clientGone{&connection.client, &QTcpSocket::disconnected};
    QSignalSpy serverGone{connection.accepted.get(), &QTcpSocket::disconnected};
    const quint16 port = connection.server.serverPort();
    QCOMPARE(destroySockets(loopback, loopback, {port}).value_or(-1), 1);
    QTRY_COMPARE(clientGone.size(), 1);
    QTRY_COMPARE(serverGone.size(), 1);
    QCOMPARE(destroySockets(loopback, loopback, {port}).value_or(-1), 0);
}

void DeadPeerTest::destroysByThePortOfEitherEnd()
{
    Connection connection;
    QVERIFY(connection.open(loopback, loopback));
    const quint16 port = connection.client.localPort();
    QCOMPARE(destroySockets(loopback, loopback, {port}).value_or(-1), 1);
}

void DeadPeerTest::destroysMappedAndPlainIpv6()
{
    Connection mapped; // a server for both families sees IPv4 clients as ::ffff:127.0.0.1
    if (!mapped.open(QHostAddress::Any, loopback))
        QSKIP("no IPv6 here");
    const quint16 port = mapped.server.serverPort();
    QCOMPARE(destroySockets(loopback, loopback, {port}).value_or(-1), 1);

    const QHostAddress mappedLoopback{u"::ffff:127.0.0.1"_s};
    Connection again;
    QVERIFY(again.open(loopback, loopback));
    const quint16 other = again.server.serverPort();
    QCOMPARE(destroySockets(mappedLoopback, mappedLoopback, {other}).value_or(-1), 1);

    const QHostAddress loopback6{QHostAddress::LocalHostIPv6};
    Connection plain;
    if (!plain.open(loopback6, loopback6))
        QSKIP("no IPv6 on the loopback");
    const quint16 port6 = plain.server.serverPort();
    QCOMPARE(destroySockets(loopback6, loopback6, {port6}).value_or(-1), 1);
}

void DeadPeerTest::destroysThoseOfAllPorts()
{
    Connection first;
    Connection second;
    QVERIFY(first.open(loopback, loopback) && second.open(loopback, loopback));
    const QList<quint16> ports{second.server.serverPort(), first.server.serverPort()};
    QCOMPARE(destroySockets(loopback, loopback, ports).value_or(-1), 2);
}

void DeadPeerTest::leavesOtherPortsAlone()
{
    Connection connection;
    QVERIFY(connection.open(loopback, loopback));
    const quint16 port = connection.server.serverPort();
    QCOMPARE(destroySockets(loopback, loopback, {quint16(port + 1)}).value_or(-1), 0);
    QCOMPARE(connection.client.state(), QAbstractSocket::ConnectedState);
}

void DeadPeerTest::leavesOtherAddressesAlone()
{
    Connection connection;
    QVERIFY(connection.open(loopback, loopback));
    const quint16 port = connection.server.serverPort();
    const QHostAddress other{u"127.0.0.2"_s};
    QCOMPARE(destroySockets(loopback, other, {port}).value_or(-1), 0);
    QCOMPARE(destroySockets(other, loopback, {port}).value_or(-1), 0);
    connection.client.write("alive");
    QTRY_COMPARE(connection.accepted->bytesAvailable(), 5);
}

void DeadPeerTest::leavesListenersAlone()
{
    QTcpServer server;
    QVERIFY(server.listen(loopback));
    const quint16 port = server.serverPort();
    QCOMPARE(destroySockets(loopback, loopback, {port}).value_or(-1), 0);
    QTcpSocket client;
    client.connectToHost(loopback, port);
    QVERIFY(client.waitForConnected(5000));
}

QTEST_GUILESS_MAIN(DeadPeerTest)
#include "DeadPeerTest.moc"
