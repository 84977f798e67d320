// SPDX-License-Identifier: LGPL-2.1-or-later
#include "TestHost.h"

#include <QTest>

namespace lockstep {

using namespace Qt::StringLiterals;

TestHost::TestHost(const QString& name, const QString& address) : m_name{name}, m_address{address}
{
    options.listen = QHostAddress{address};
    options.port = 0;
    options.name = name;
    options.stateDirectory = m_folder.path();
    start();
}

TestHost::~TestHost() { stop(); }

void TestHost::start()
{
    auto store = QCoro::waitFor(SqliteStore::open(folder()));
    Q_ASSERT(store);
    m_store = *std::move(store);
    options.port = m_port;
    m_peers = std::make_unique<TlsPeers>(options, *m_store);
    const auto started = QCoro::waitFor(m_peers->start());
    if (!started)
        qFatal("%s", qPrintable(started.error().message()));
    m_port = m_peers->port();
}

void TestHost::stop()
{
    if (!m_peers)
        return;
    QCoro::waitFor(m_peers->stop());
    m_peers.reset();
    m_store.reset();
}

QString TestHost::place() const { return u"%1:%2"_s.arg(m_address).arg(m_port); }

PeerInfo TestHost::of(const TestHost& other) const
{
    return m_peers->peer(other.id()).value_or(PeerInfo{});
}

QSslConfiguration TestHost::tls() const { return Identity::loadOrCreate(folder(), m_name)->tls(); }

Result<PeerInfo> TestHost::add(const TestHost& other)
{
    return QCoro::waitFor(m_peers->add(other.place(), other.id(), {}));
}

Result<PeerInfo> TestHost::accept(const TestHost& other)
{
    return QCoro::waitFor(m_peers->accept(other.m_name, other.id()));
}

Result<QJsonObject> TestHost::call(const TestHost& other, const QString& method,
                                   const QJsonObject& params, std::chrono::milliseconds deadline)
{
    return QCoro::waitFor(m_peers->call(other.id(), method, params, deadline));
}

bool pair(TestHost& asking, TestHost& asked)
{
    return asking.add(asked) && asked.accept(asking)
        && QTest::qWaitFor(
               [&] { return asking.isConnectedTo(asked) && asked.isConnectedTo(asking); }, 10'000);
}

} // namespace lockstep
