// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QHostAddress>
#include <QObject>
#include <QSocketNotifier>

#include <memory>

namespace lockstep {

/// Where heartbeats go to and come from on one path.
struct HeartbeatRoute
{
    QHostAddress local; ///< Null: what the kernel chooses for `remote`.
    quint16 localPort{0};
    QHostAddress remote;
    quint16 remotePort{0};
    friend bool operator==(const HeartbeatRoute&, const HeartbeatRoute&) = default;
};

/// A UDP socket that is connected to one address, for datagrams of one path. Connected, because the
/// kernel then filters by sender and tells of "port unreachable" (RFC 1122 section 4.1.3.3). Not
/// QUdpSocket, which swallows that when it looks for pending datagrams. Never blocks. Sockets of
/// several peers share our port; only programs of the same user can (SO_REUSEPORT).
class HeartbeatSocket final : public QObject
{
    Q_OBJECT
public:
    /// Errors: NetworkError, e.g. if there is no such local address now.
    [[nodiscard]] static Result<std::unique_ptr<HeartbeatSocket>> open(const HeartbeatRoute& route);
    ~HeartbeatSocket() override;

    /// What cannot be sent is lost, as on the way.
    void send(const QByteArray& datagram);
    /// Nothing is sent, received or told any more.
    void close();
    /// Delivers all that has arrived; done by the event loop as well.
    void drain();
    [[nodiscard]] QHostAddress localAddress() const;

Q_SIGNALS:
    void received(const QByteArray& datagram);
    /// The other kernel has nobody on that port.
    void refused();

private:
    explicit HeartbeatSocket(int descriptor);

    int m_descriptor;
    QSocketNotifier m_notifier;
};

} // namespace lockstep
