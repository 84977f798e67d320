// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QtTypes>

#include <chrono>
#include <cstddef>
#include <optional>

namespace lockstep {

/// What Linux tells of a TCP connection (tcp_info).
struct TcpInfo
{
    std::chrono::milliseconds sinceSign{0}; ///< Since data or an acknowledgement came.
    bool isWaiting{false}; ///< Something that was sent has not been acknowledged.
    /// Bytes of data, without what was sent again; nothing on a kernel that does not count them
    /// (before 4.1).
    std::optional<quint64> acknowledged;
    std::optional<quint64> received;
};

/// Kernels differ in its length. Source: Linux linux/tcp.h, which glibc's netinet/tcp.h lags
/// behind; the two cannot be included together.
[[nodiscard]] TcpInfo tcpInfo(const void* data, std::size_t size);

} // namespace lockstep
