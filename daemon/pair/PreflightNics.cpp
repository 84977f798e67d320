// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightChecks.h"

#include <array>

namespace lockstep::preflight_checks {

using namespace Qt::StringLiterals;

namespace {

bool isBridged(const DomainNic& nic) { return nic.type == u"bridge" || nic.type == u"network"; }

Finding onNic(const LocalFacts& local, const QString& id, const QString& message,
              const QString& remedy)
{
    return found(id, Severity::Error, local.host.hostName, message, remedy);
}

QList<Finding> type(const LocalFacts& local)
{
    static const auto remedy =
        u"Use <interface type='bridge'><source bridge='BRIDGE'/> with a bridge that both hosts have."_s;
    QList<Finding> findings;
    for (const auto& nic : local.live.nics) {
        if (nic.type == u"user" || nic.type == u"passt")
            findings +=
                onNic(local, u"nic-user"_s,
                      u"NIC %1 uses user-mode networking, whose connections live in the host"_s.arg(
                          nic.mac),
                      remedy);
        else if (nic.type == u"direct")
            findings += onNic(local, u"nic-macvtap"_s, u"NIC %1 is a macvtap device"_s.arg(nic.mac),
                              remedy);
        else if (nic.type == u"hostdev")
            findings += onNic(local, u"host-devices"_s,
                              u"NIC %1 is a device of the host"_s.arg(nic.mac), remedy);
        else if (!isBridged(nic))
            findings += onNic(local, u"nic-type"_s,
                              u"NIC %1 is of type %2"_s.arg(nic.mac, nic.type), remedy);
        else if (nic.bridge.isEmpty() && local.info.state == DomainState::Running)
            findings += onNic(local, u"nic-type"_s,
                              u"NIC %1 is on the network '%2', which has no host bridge"_s.arg(
                                  nic.mac, nic.network),
                              remedy);
    }
    return findings;
}

/// Without a driver libvirt takes vhost wherever it can: for virtio NICs under KVM.
bool usesVhost(const DomainNic& nic, bool kvm)
{
    const bool virtio = nic.model.startsWith("virtio"_L1);
    return isBridged(nic) && (nic.driver == u"vhost" || (nic.driver.isEmpty() && kvm && virtio));
}

QList<Finding> vhost(const LocalFacts& local)
{
    QList<Finding> findings;
    for (const auto& nic : local.live.nics) {
        if (usesVhost(nic, local.live.isKvm()))
            findings += onNic(
                local, u"nic-vhost"_s,
                u"NIC %1 is served by vhost in the kernel, where its packets cannot be compared"_s
                    .arg(nic.mac),
                u"Add <driver name='qemu'/> to the <interface> with virsh edit %1 and start the domain anew."_s
                    .arg(local.info.name));
    }
    return findings;
}

QList<Finding> queues(const LocalFacts& local)
{
    QList<Finding> findings;
    for (const auto& nic : local.live.nics) {
        if (nic.queues > 1)
            findings += onNic(
                local, u"nic-queues"_s,
                u"NIC %1 has %2 queues; one can be compared"_s.arg(nic.mac).arg(nic.queues),
                u"Remove queues='%1' from the interface's <driver> and start the domain anew."_s
                    .arg(nic.queues));
    }
    return findings;
}

QList<Finding> noNics(const LocalFacts& local)
{
    if (!local.live.nics.isEmpty())
        return {};
    return {found(u"no-nics"_s, Severity::Info, local.host.hostName,
                  nameOf(local) + u" has no NIC: there is no output to compare"_s, {})};
}

constexpr std::array<LocalCheck, 4> table{type, vhost, queues, noNics};

} // namespace

std::span<const LocalCheck> nicChecks() { return table; }

} // namespace lockstep::preflight_checks
