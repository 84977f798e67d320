// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QStringList>

#include <optional>
#include <vector>

namespace lockstep {

/// How many packets a guest has sent through its tap devices, as the kernel counts them. A reading
/// costs a message to the kernel for each device. Needs no privilege.
/// Source: Linux linux/if_link.h, RTM_GETSTATS with IFLA_STATS_LINK_64.
class TapTraffic final
{
public:
    /// Names of devices, e.g. "vnet3"; those that are not there count nothing.
    explicit TapTraffic(const QStringList& devices);
    ~TapTraffic();
    TapTraffic(const TapTraffic&) = delete;
    TapTraffic& operator=(const TapTraffic&) = delete;

    /// Since the devices were made; nothing if there is none of them, or the kernel does not
    /// answer.
    [[nodiscard]] std::optional<quint64> packets();

private:
    [[nodiscard]] std::optional<quint64> packetsOf(unsigned device);

    const int m_socket;
    quint32 m_sequence{0};
    std::vector<unsigned> m_devices; ///< Their numbers.
};

} // namespace lockstep
