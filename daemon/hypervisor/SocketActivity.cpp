// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/SocketActivity.h"

#include "hypervisor/SockDiag.h"

#include <algorithm>

namespace lockstep {

Result<std::optional<std::chrono::milliseconds>> lastSignOnSockets(const QHostAddress& local,
                                                                   const QHostAddress& remote,
                                                                   quint16 firstPort,
                                                                   quint16 lastPort)
{
    const auto sockets = SockDiag{}.list(SockDiag::Which::Established);
    if (!sockets)
        return std::unexpected{sockets.error()};
    std::optional<std::chrono::milliseconds> youngest;
    for (const TcpSocket& socket : *sockets) {
        if (const auto& info = socket.info;
            info && socket.isBetween(local, remote, firstPort, lastPort))
            youngest = std::min(youngest.value_or(info->sinceSign), info->sinceSign);
    }
    return youngest;
}

Result<bool> isStuck(const QHostAddress& local, const QHostAddress& remote, quint16 firstPort,
                     quint16 lastPort, std::chrono::milliseconds patience)
{
    const auto sockets = SockDiag{}.list(SockDiag::Which::Established);
    if (!sockets)
        return std::unexpected{sockets.error()};
    return std::ranges::any_of(*sockets, [&](const TcpSocket& socket) {
        return socket.isBetween(local, remote, firstPort, lastPort) && socket.info
            && socket.info->isWaiting && socket.info->sinceSign >= patience;
    });
}

Result<bool> isConnected(const QHostAddress& local, const QHostAddress& remote, quint16 port)
{
    const auto sockets = SockDiag{}.list(SockDiag::Which::Established);
    if (!sockets)
        return std::unexpected{sockets.error()};
    return std::ranges::any_of(*sockets, [&](const TcpSocket& socket) {
        return socket.isBetween(local, remote, port, port);
    });
}

} // namespace lockstep
