// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairProbe.h"

#include <utility>

namespace lockstep {

PairProbe::PairProbe(SockDiag& kernel, const PairRecord& record)
    : m_role{record.role}, m_memoryPort{record.spec.migrationPort}, m_diskPort{record.spec.nbdPort}
{
    const auto& spec = record.spec;
    const auto& local = record.isPrimary() ? spec.primaryAddress : spec.secondaryAddress;
    const auto& remote = record.isPrimary() ? spec.secondaryAddress : spec.primaryAddress;
    const auto open = [&](std::optional<Channel>& channel, quint16 port) {
        if (port != 0)
            channel.emplace(
                Channel{.traffic = ChannelTraffic{kernel, local, remote, port}, .before = 0});
    };
    open(m_memory, m_memoryPort);
    open(m_disk, m_diskPort);
    (void)more(); // from here on
}

bool PairProbe::fits(const PairRecord& record) const
{
    return m_role == record.role && m_memoryPort == record.spec.migrationPort
        && m_diskPort == record.spec.nbdPort;
}

PairProbe::Traffic PairProbe::more()
{
    return {.memory = moreOn(m_memory), .disk = moreOn(m_disk)};
}

std::optional<quint64> PairProbe::packets() const
{
    return m_taps ? m_taps->packets() : std::nullopt;
}

quint64 PairProbe::moreOn(std::optional<Channel>& channel)
{
    if (!channel)
        return 0;
    const auto now = channel->traffic.bytes();
    return now ? *now - std::exchange(channel->before, *now) : 0;
}

} // namespace lockstep
