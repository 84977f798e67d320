// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "hypervisor/TcpInfo.h"

#include <QHostAddress>

#include <linux/inet_diag.h>

#include <optional>
#include <vector>

namespace lockstep {

/// One TCP socket of this network namespace, as the kernel describes it.
struct TcpSocket
{
    inet_diag_msg kernel{};
    std::optional<TcpInfo> info; ///< Only if asked for.

    /// Whether it is between these two addresses, and its port on either end is in [first, last].
    [[nodiscard]] bool isBetween(const QHostAddress& local, const QHostAddress& remote,
                                 quint16 first, quint16 last) const;
};

/// The kernel's knowledge of TCP sockets, over one netlink socket. Does not block: the kernel
/// answers at once. Source: Linux sock_diag(7), linux/inet_diag.h, tcp(7).
class SockDiag final
{
public:
    enum class Which {
        WithPeer, ///< Neither listening nor in TIME_WAIT.
        Established, ///< With `info`.
    };

    SockDiag();
    ~SockDiag();
    SockDiag(const SockDiag&) = delete;
    SockDiag& operator=(const SockDiag&) = delete;

    /// Those of IPv4 and IPv6. Errors: NetworkError.
    [[nodiscard]] Result<std::vector<TcpSocket>> list(Which which);
    /// How a socket of list() is now; nothing if it is not established any more. One message to and
    /// fro, however many sockets there are. Errors: NetworkError.
    [[nodiscard]] Result<std::optional<TcpSocket>> look(const TcpSocket& target);
    /// Whether the socket was there to be destroyed. Errors: NotSupported (kernel without
    /// CONFIG_INET_DIAG_DESTROY), NetworkError.
    [[nodiscard]] Result<bool> destroy(const TcpSocket& target);

private:
    struct Request;

    [[nodiscard]] Request prepare(int type, int flags, int family);
    /// Sends and reads to the end of the answer; its errno, 0 for success.
    [[nodiscard]] Result<int> exchange(const Request& request,
                                       std::vector<TcpSocket>* sockets) const;

    const int m_socket;
    quint32 m_sequence{0};
};

} // namespace lockstep
