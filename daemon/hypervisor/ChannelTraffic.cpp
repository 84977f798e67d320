// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/ChannelTraffic.h"

#include <algorithm>
#include <utility>

namespace lockstep {

ChannelTraffic::ChannelTraffic(SockDiag& kernel, QHostAddress local, QHostAddress remote,
                               quint16 port)
    : m_kernel{kernel}, m_local{std::move(local)}, m_remote{std::move(remote)}, m_port{port}
{ }

std::optional<quint64> ChannelTraffic::bytes(Clock::time_point now)
{
    const bool isComplete = !m_sockets.empty() && lookAgain();
    if (!isComplete && (!m_searched || now - *m_searched >= searchPeriod)) {
        m_searched = now;
        search();
    }
    std::optional<quint64> sum;
    for (const TcpSocket& socket : m_sockets) {
        if (const auto& info = socket.info; info && info->acknowledged && info->received)
            sum = sum.value_or(0) + *info->acknowledged + *info->received;
    }
    return sum;
}

void ChannelTraffic::search()
{
    m_sockets.clear();
    auto all = m_kernel.list(SockDiag::Which::Established);
    if (!all)
        return;
    std::erase_if(*all, [this](const TcpSocket& socket) {
        return !socket.isBetween(m_local, m_remote, m_port, m_port);
    });
    m_sockets = *std::move(all);
}

bool ChannelTraffic::lookAgain()
{
    std::vector<TcpSocket> there;
    for (const TcpSocket& socket : m_sockets) {
        if (const auto found = m_kernel.look(socket).value_or(std::nullopt))
            there.push_back(*found);
    }
    m_sockets.swap(there);
    return m_sockets.size() == there.size();
}

} // namespace lockstep
