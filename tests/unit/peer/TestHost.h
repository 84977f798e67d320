// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/TlsPeers.h"
#include "store/SqliteStore.h"

#include <QTemporaryDir>

namespace lockstep {

/// A host for tests: a real TlsPeers with a real store in a folder of its own, on a loopback
/// address.
class TestHost final
{
public:
    /// Starts at once. `address` is one of 127.0.0.0/8.
    TestHost(const QString& name, const QString& address);
    ~TestHost();

    void start();
    void stop();

    [[nodiscard]] TlsPeers& peers() { return *m_peers; }
    [[nodiscard]] SqliteStore& store() { return *m_store; }
    [[nodiscard]] PeerId id() const { return m_peers->ownId(); }
    /// "host:port" of the control port; the same after a restart.
    [[nodiscard]] QString place() const;
    [[nodiscard]] const QString& address() const { return m_address; }
    [[nodiscard]] quint16 port() const { return m_port; }
    [[nodiscard]] QString folder() const { return m_folder.path(); }

    /// What it knows of the other one; a PeerInfo without name if nothing.
    [[nodiscard]] PeerInfo of(const TestHost& other) const;
    [[nodiscard]] bool isConnectedTo(const TestHost& other) const { return of(other).connected; }
    /// A TLS configuration that proves to be this host.
    [[nodiscard]] QSslConfiguration tls() const;

    [[nodiscard]] Result<PeerInfo> add(const TestHost& other);
    [[nodiscard]] Result<PeerInfo> accept(const TestHost& other);
    [[nodiscard]] Result<QJsonObject>
    call(const TestHost& other, const QString& method, const QJsonObject& params = {},
         std::chrono::milliseconds deadline = Peers::usualDeadline);

    TlsPeers::Options options;

private:
    QString m_name;
    QString m_address;
    quint16 m_port{0};
    QTemporaryDir m_folder;
    std::unique_ptr<SqliteStore> m_store;
    std::unique_ptr<TlsPeers> m_peers;
};

/// Makes both trust each other and waits for the connection.
[[nodiscard]] bool pair(TestHost& asking, TestHost& asked);

} // namespace lockstep
