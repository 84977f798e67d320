// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/HeartbeatSocket.h"

#include "peer/HeartbeatCodec.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

/// Before bulk traffic in the queues of this host (socket(7), SO_PRIORITY; 6 needs no privilege).
constexpr int urgent = 6;
/// More wait only if nobody reads; then the oldest tell least.
constexpr int mostAtOnce = 1'000;

sockaddr_storage toSystem(const QHostAddress& address, quint16 port, bool isIpv6)
{
    sockaddr_storage storage{};
    if (!isIpv6) {
        sockaddr_in ipv4{};
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = htons(port);
        ipv4.sin_addr.s_addr = htonl(address.isNull() ? INADDR_ANY : address.toIPv4Address());
        std::memcpy(&storage, &ipv4, sizeof ipv4);
        return storage;
    }
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    if (!address.isNull()) {
        const Q_IPV6ADDR raw = address.toIPv6Address();
        std::memcpy(&ipv6.sin6_addr, &raw, sizeof raw);
        const QByteArray scope = address.scopeId().toLatin1();
        bool isNumber = false;
        ipv6.sin6_scope_id = scope.toUInt(&isNumber);
        if (!isNumber && !scope.isEmpty())
            ipv6.sin6_scope_id = if_nametoindex(scope.constData());
    }
    std::memcpy(&storage, &ipv6, sizeof ipv6);
    return storage;
}

bool set(int descriptor, int option, int value)
{
    return ::setsockopt(descriptor, SOL_SOCKET, option, &value, sizeof value) == 0;
}

} // namespace

Result<std::unique_ptr<HeartbeatSocket>> HeartbeatSocket::open(const HeartbeatRoute& route)
{
    const bool isIpv6 = route.remote.protocol() == QAbstractSocket::IPv6Protocol;
    const socklen_t size = isIpv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    const sockaddr_storage local = toSystem(route.local, route.localPort, isIpv6);
    const sockaddr_storage remote = toSystem(route.remote, route.remotePort, isIpv6);
    const int descriptor = ::socket(isIpv6 ? AF_INET6 : AF_INET,
                                    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
    if (descriptor < 0)
        return failure(Errc::NetworkError,
                       u"no socket for heartbeats: "_s + qt_error_string(errno));
    const bool good = set(descriptor, SO_REUSEPORT, 1) && set(descriptor, SO_PRIORITY, urgent)
        && ::bind(descriptor, reinterpret_cast<const sockaddr*>(&local), size) == 0
        && ::connect(descriptor, reinterpret_cast<const sockaddr*>(&remote), size) == 0;
    if (!good) {
        const QString why = qt_error_string(errno);
        ::close(descriptor);
        return failure(Errc::NetworkError,
                       u"no heartbeats to %1: %2"_s.arg(route.remote.toString(), why));
    }
    return std::unique_ptr<HeartbeatSocket>{new HeartbeatSocket{descriptor}};
}

HeartbeatSocket::HeartbeatSocket(int descriptor)
    : m_descriptor{descriptor}, m_notifier{descriptor, QSocketNotifier::Read}
{
    connect(&m_notifier, &QSocketNotifier::activated, this, &HeartbeatSocket::drain);
}

HeartbeatSocket::~HeartbeatSocket() { close(); }

void HeartbeatSocket::close()
{
    m_notifier.setEnabled(false);
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
}

void HeartbeatSocket::send(const QByteArray& datagram)
{
    const auto trySend = [&] {
        return ::send(m_descriptor, datagram.constData(), size_t(datagram.size()), MSG_NOSIGNAL);
    };
    if (trySend() >= 0 || errno != ECONNREFUSED)
        return;
    // That was the answer to an earlier one.
    Q_EMIT refused();
    trySend();
}

void HeartbeatSocket::drain()
{
    for (int i = 0; i < mostAtOnce && m_descriptor >= 0; ++i) {
        // One more than fits, so that a longer one is told apart.
        QByteArray datagram{HeartbeatCodec::largest + 1, Qt::Uninitialized};
        const ssize_t size = ::recv(m_descriptor, datagram.data(), size_t(datagram.size()), 0);
        if (size < 0 && errno == ECONNREFUSED) {
            Q_EMIT refused();
            continue;
        }
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return;
        datagram.truncate(size);
        Q_EMIT received(datagram);
    }
}

QHostAddress HeartbeatSocket::localAddress() const
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(m_descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return {};
    return QHostAddress{reinterpret_cast<const sockaddr*>(&address)};
}

} // namespace lockstep
