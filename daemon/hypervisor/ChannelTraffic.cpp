// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/ChannelTraffic.h"

#include <algorithm>
#include <utility>

namespace lockstep {

namespace {

std::optional<quint64> bytesOf(const TcpSocket& socket)
{
    const auto& info = socket.info;
    if (!info || !info->acknowledged || !info->received)
        return std::nullopt;
    return *info->acknowledged + *info->received;
}

/// By the kernel's number of it, which is never given again.
bool isSame(const TcpSocket& one, const TcpSocket& other)
{
    return std::ranges::equal(one.kernel.id.idiag_cookie, other.kernel.id.idiag_cookie);
}

} // namespace

ChannelTraffic::ChannelTraffic(SockDiag& kernel, QHostAddress local, QHostAddress remote,
                               quint16 port)
    : m_kernel{kernel}, m_local{std::move(local)}, m_remote{std::move(remote)}, m_port{port}
{ }

std::optional<quint64> ChannelTraffic::bytes(Clock::time_point now)
{
    const bool isComplete = lookAgain() && !m_connections.empty();
    const auto period = isComplete ? reviewPeriod : searchPeriod;
    if (!m_searched || now - *m_searched >= period) {
        m_searched = now;
        search();
    }
    return m_connections.empty() ? std::nullopt : std::optional{m_sum};
}

void ChannelTraffic::search()
{
    const auto all = m_kernel.list(SockDiag::Which::Established);
    if (!all)
        return;
    for (const TcpSocket& socket : *all) {
        const auto bytes = bytesOf(socket);
        if (!bytes || !socket.isBetween(m_local, m_remote, m_port, m_port) || knows(socket))
            continue;
        // Those that are there at first began earlier.
        m_sum += m_hasBegun ? *bytes : 0;
        m_connections.push_back({.socket = socket, .counted = *bytes});
    }
    m_hasBegun = m_hasBegun || !m_connections.empty();
}

bool ChannelTraffic::knows(const TcpSocket& socket) const
{
    return std::ranges::any_of(
        m_connections, [&socket](const Connection& one) { return isSame(one.socket, socket); });
}

bool ChannelTraffic::lookAgain()
{
    std::vector<Connection> there;
    for (Connection& one : m_connections) {
        const auto found = m_kernel.look(one.socket);
        if (found && !*found)
            continue;
        // A kernel that does not answer now does so the next time.
        const auto socket = found.value_or(std::nullopt);
        const quint64 bytes = (socket ? bytesOf(*socket) : std::nullopt).value_or(one.counted);
        const quint64 before = std::exchange(one.counted, std::max(one.counted, bytes));
        m_sum += one.counted - before;
        there.push_back(one);
    }
    m_connections.swap(there);
    return m_connections.size() == there.size();
}

} // namespace lockstep
