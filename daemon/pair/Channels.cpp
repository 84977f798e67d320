// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Channels.h"

#include "hypervisor/DeadPeer.h"
#include "hypervisor/SocketActivity.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace lockstep {

Result<void> severChannels(const ReplicationSpec& spec)
{
    QList<quint16> ports{spec.nbdPort, spec.migrationPort};
    for (const auto& nic : spec.nics)
        ports << nic.requestPort << nic.responsePort;
    const auto [first, last] = std::ranges::minmax(ports);
    if (first == 0)
        return {};
    for (const bool primary : {true, false}) {
        const auto& local = primary ? spec.primaryAddress : spec.secondaryAddress;
        const auto& remote = primary ? spec.secondaryAddress : spec.primaryAddress;
        const auto destroyed = destroySockets(local, remote, first, last);
        if (!destroyed)
            return std::unexpected{destroyed.error().during(
                QStringLiteral("destroying QEMU's connections to %1").arg(remote.toString()))};
    }
    return {};
}

bool areChannelsUp(const ReplicationSpec& spec)
{
    if (spec.migrationPort == 0)
        return true;
    const auto connected = [&](const QHostAddress& local, const QHostAddress& remote) {
        return isConnected(local, remote, spec.migrationPort).value_or(true);
    };
    return connected(spec.primaryAddress, spec.secondaryAddress)
        || connected(spec.secondaryAddress, spec.primaryAddress);
}

void warnAbout(const PairRecord& record, const Error& error)
{
    spdlog::warn("pair {}: {}", record.domain.toStdString(), error.message().toStdString());
}

} // namespace lockstep
