// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "TestHost.h"

#include <QJsonObject>
#include <QSslSocket>

namespace lockstep {

/// The other end of a control channel that says exactly what a test wants, byte by byte.
class RawClient final
{
public:
    /// Connects to the host's control port with this TLS configuration and finishes the handshake.
    RawClient(const TestHost& host, const QSslConfiguration& tls);

    [[nodiscard]] bool isEncrypted() const { return m_socket.isEncrypted(); }
    /// Whether the host ends the connection within `deadline`.
    [[nodiscard]] bool isClosed(std::chrono::milliseconds deadline = std::chrono::seconds{5});

    void write(const QByteArray& bytes);
    void send(const QByteArray& payload) { write(toFrame(payload)); }
    void send(const QJsonObject& message);
    /// Sends a request and returns the response to it.
    [[nodiscard]] QJsonObject ask(const QString& method, const QJsonObject& params = {});
    /// The next message that neither is a ping nor offers a heartbeat key; empty if none comes.
    [[nodiscard]] QJsonObject next();

    /// What a well-behaved lockstepd with this identity would say.
    [[nodiscard]] static QJsonObject hello(const PeerId& id, bool accepts);

private:
    QSslSocket m_socket;
    FrameReader m_frames;
    int m_lastId{0};
};

/// The stable error name in a JSON-RPC error response.
[[nodiscard]] QString errorName(const QJsonObject& response);

} // namespace lockstep
