// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/SockDiag.h"

#include <chrono>
#include <vector>

namespace lockstep {

/// How much data went over the TCP connections between two hosts that have one port on either end,
/// e.g. of QEMU's migration. Remembers the connections: a reading costs a message to the kernel for
/// each. `kernel` must outlive it.
class ChannelTraffic final
{
public:
    using Clock = std::chrono::steady_clock;
    /// Where connections are missing they are looked for so often at most.
    static constexpr std::chrono::milliseconds searchPeriod{1'000};
    /// Where none is, there may be more than before.
    static constexpr std::chrono::milliseconds reviewPeriod{60'000};

    ChannelTraffic(SockDiag& kernel, QHostAddress local, QHostAddress remote, quint16 port);

    /// Bytes that were acknowledged and received since connections were found first: never smaller
    /// than before. One that comes later, e.g. made anew, counts from its beginning. Nothing if
    /// there is none now, or the kernel does not tell.
    [[nodiscard]] std::optional<quint64> bytes(Clock::time_point now = Clock::now());

private:
    struct Connection
    {
        TcpSocket socket;
        quint64 counted; ///< Bytes, from its beginning.
    };

    void search();
    [[nodiscard]] bool knows(const TcpSocket& socket) const;
    /// False if one of them is gone.
    [[nodiscard]] bool lookAgain();

    SockDiag& m_kernel;
    QHostAddress m_local;
    QHostAddress m_remote;
    quint16 m_port;
    std::vector<Connection> m_connections;
    quint64 m_sum{0};
    bool m_hasBegun{false}; ///< Some were found.
    std::optional<Clock::time_point> m_searched;
};

} // namespace lockstep
