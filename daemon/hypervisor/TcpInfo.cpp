// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/TcpInfo.h"

#include <linux/tcp.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace lockstep {

TcpInfo tcpInfo(const void* data, std::size_t size)
{
    tcp_info found{};
    std::memcpy(&found, data, std::min(size, sizeof found));
    TcpInfo info;
    info.sinceSign =
        std::chrono::milliseconds{std::min(found.tcpi_last_data_recv, found.tcpi_last_ack_recv)};
    info.isWaiting = found.tcpi_unacked > 0;
    if (size >= offsetof(tcp_info, tcpi_bytes_received) + sizeof found.tcpi_bytes_received) {
        info.acknowledged = found.tcpi_bytes_acked;
        info.received = found.tcpi_bytes_received;
    }
    return info;
}

} // namespace lockstep
