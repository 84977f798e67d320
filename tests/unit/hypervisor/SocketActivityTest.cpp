// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/SocketActivity.h"

#include <QElapsedTimer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <linux/filter.h>
#include <sys/socket.h>

#include <memory>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace std::chrono_literals;

namespace {

const QHostAddress near{u"127.0.0.1"_s};
const QHostAddress far{u"127.0.0.2"_s};

} // namespace

/// Against the real kernel, with both ends of a connection on this host.
class SocketActivityTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void tellsTheAgeOfTheLastSign();
    void acknowledgementIsASign();
    void findsTheConnectionByThePortOfEitherEnd();
    void ignoresOthers();
    void isStuckWhenNobodyAcknowledges();

private:
    using Age = std::optional<std::chrono::milliseconds>;
    /// As `near` sees it; nothing also after an error.
    [[nodiscard]] Age age(quint16 first, quint16 last) const
    {
        return lastSignOnSockets(near, far, first, last).value_or(Age{});
    }
    [[nodiscard]] Age age() const { return age(m_port, m_port); }

    std::unique_ptr<QTcpServer> m_server;
    std::unique_ptr<QTcpSocket> m_client;
    std::unique_ptr<QTcpSocket> m_accepted;
    quint16 m_port{0};
};

void SocketActivityTest::init()
{
    m_accepted.reset();
    m_client = std::make_unique<QTcpSocket>();
    m_server = std::make_unique<QTcpServer>();
    QVERIFY(m_server->listen(far));
    m_port = m_server->serverPort();
    QVERIFY(m_client->bind(near));
    m_client->connectToHost(far, m_port);
    QVERIFY(m_client->waitForConnected(5000));
    QVERIFY(m_server->waitForNewConnection(5000));
    m_accepted.reset(m_server->nextPendingConnection());
}

void SocketActivityTest::tellsTheAgeOfTheLastSign()
{
    QElapsedTimer since;
    since.start();
    QTRY_VERIFY(age().value_or(0ms) >= 150ms); // nothing is said: it grows
    QVERIFY(age().value() <= std::chrono::milliseconds{since.elapsed()} + 100ms);
    const auto before = age().value();
    m_accepted->write("alive");
    QTRY_COMPARE(m_client->bytesAvailable(), 5);
    QVERIFY(age().value() < before);
}

void SocketActivityTest::acknowledgementIsASign()
{
    QTRY_VERIFY(age().value_or(0ms) >= 150ms);
    const auto before = age().value();
    m_client->write("anybody there?");
    QVERIFY(m_client->flush());
    QTRY_VERIFY(age().value() < before); // though the program at the other end says nothing
}

void SocketActivityTest::findsTheConnectionByThePortOfEitherEnd()
{
    QVERIFY(age());
    QVERIFY(age(quint16(m_port - 1), quint16(m_port + 1)));
    QVERIFY(age(m_client->localPort(), m_client->localPort()));
}

void SocketActivityTest::ignoresOthers()
{
    const quint16 other = m_port == 65'535 ? 1 : quint16(m_port + 1);
    if (other != m_client->localPort())
        QVERIFY(!age(other, other));
    const QHostAddress third{u"127.0.0.3"_s};
    QVERIFY(!lastSignOnSockets(near, third, m_port, m_port).value());
    QVERIFY(!lastSignOnSockets(third, far, m_port, m_port).value());
    m_client.reset();
    m_accepted.reset(); // the listener stays
    QTRY_VERIFY(!age());
}

void SocketActivityTest::isStuckWhenNobodyAcknowledges()
{
    const auto stuck = [this] { return isStuck(near, far, m_port, m_port, 150ms).value_or(true); };
    m_client->write("anybody there?");
    QVERIFY(m_client->flush());
    QTRY_VERIFY(age().value_or(0ms) >= 150ms);
    QVERIFY(!stuck()); // it has been acknowledged, and nobody has anything to say
    // Drops what comes before TCP sees it, as a link that is cut does.
    sock_filter drop{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
    const sock_fprog program{.len = 1, .filter = &drop};
    QCOMPARE(::setsockopt(static_cast<int>(m_accepted->socketDescriptor()), SOL_SOCKET,
                          SO_ATTACH_FILTER, &program, sizeof program),
             0);
    m_client->write("and now?");
    QVERIFY(m_client->flush());
    QTRY_VERIFY(stuck());
}

QTEST_GUILESS_MAIN(SocketActivityTest)
#include "SocketActivityTest.moc"
