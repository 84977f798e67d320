// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Channels.h"

#include "hypervisor/DeadPeer.h"
#include "hypervisor/SocketActivity.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace lockstep {

using namespace std::chrono_literals;

namespace {

// Linux sends again after 200 ms at the earliest (TCP_RTO_MIN), and acknowledges within 40 ms.
constexpr auto stuckAfter = 200ms;

Result<void> sever(const ReplicationSpec& spec, const QList<quint16>& ports)
{
    if (ports.contains(quint16{0}))
        return {};
    for (const bool primary : {true, false}) {
        const auto& local = primary ? spec.primaryAddress : spec.secondaryAddress;
        const auto& remote = primary ? spec.secondaryAddress : spec.primaryAddress;
        for (const quint16 port : ports) {
            const auto destroyed = destroySockets(local, remote, port, port);
            if (!destroyed)
                return std::unexpected{destroyed.error().during(
                    QStringLiteral("destroying QEMU's connections to %1").arg(remote.toString()))};
        }
    }
    return {};
}

QList<quint16> portsBesideReplicas(const ReplicationSpec& spec)
{
    QList<quint16> ports{spec.migrationPort};
    for (const auto& nic : spec.nics)
        ports << nic.requestPort << nic.responsePort;
    return ports;
}

} // namespace

Result<void> severChannels(const ReplicationSpec& spec)
{
    return sever(spec, portsBesideReplicas(spec) << spec.nbdPort);
}

Result<void> severAllButReplicas(const ReplicationSpec& spec)
{
    return sever(spec, portsBesideReplicas(spec));
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

bool areChannelsStuck(const ReplicationSpec& spec)
{
    const auto ports = portsBesideReplicas(spec) << spec.nbdPort;
    const auto [first, last] = std::ranges::minmax(ports);
    if (first == 0)
        return false;
    const auto isStuckBetween = [&](const QHostAddress& local, const QHostAddress& remote) {
        return isStuck(local, remote, first, last, stuckAfter).value_or(false);
    };
    return isStuckBetween(spec.primaryAddress, spec.secondaryAddress)
        || isStuckBetween(spec.secondaryAddress, spec.primaryAddress);
}

void warnAbout(const PairRecord& record, const Error& error)
{
    spdlog::warn("pair {}: {}", record.domain.toStdString(), error.message().toStdString());
}

} // namespace lockstep
