// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/DeadPeer.h"

#include "hypervisor/SockDiag.h"

namespace lockstep {

Result<int> destroySockets(const QHostAddress& local, const QHostAddress& remote,
                           const QList<quint16>& ports)
{
    SockDiag kernel;
    const auto sockets = kernel.list(SockDiag::Which::WithPeer);
    if (!sockets)
        return std::unexpected{sockets.error()};
    int destroyed = 0;
    for (const quint16 port : ports) {
        for (const TcpSocket& socket : *sockets) {
            if (!socket.isBetween(local, remote, port, port))
                continue;
            const auto done = kernel.destroy(socket);
            if (!done)
                return std::unexpected{done.error()};
            destroyed += *done ? 1 : 0;
        }
    }
    return destroyed;
}

} // namespace lockstep
