// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Describe.h"

#include "replication/Qmp.h"

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

unsigned unusedIoThread(const QList<unsigned>& used)
{
    return used.isEmpty() ? 1 : *std::ranges::max_element(used) + 1;
}

} // namespace

Task<Result<Description>> describe(Hypervisor* hypervisor, DomainUuid domain)
{
    LOCKSTEP_CO_TRY(xml, co_await hypervisor->xml(domain, XmlKind::Live));
    auto model = parseDomain(xml);
    if (!model)
        co_return std::unexpected{model.error()};
    Description result;
    const Qmp qmp{hypervisor->monitor(domain)};
    const auto disks = model->replicatedDisks();
    for (const auto& disk : disks) {
        LOCKSTEP_CO_TRY(drive, co_await qmp.drive(disk.alias));
        DiskSpec spec;
        spec.target = disk.target;
        spec.alias = disk.alias;
        spec.node = drive.node;
        spec.source = disk.source;
        // Replicas of anything but raw are qcow2, which is all that overlays and libvirt need.
        spec.format = disk.format == u"raw" ? u"raw"_s : u"qcow2"_s;
        spec.size = drive.size;
        result.spec.disks.append(spec);
    }
    for (const auto& nic : std::as_const(model->nics)) {
        NicSpec spec;
        spec.alias = nic.alias;
        spec.mac = nic.mac;
        spec.bridge = nic.bridge;
        spec.vnetHeader = nic.model.startsWith(u"virtio");
        result.spec.nics.append(spec);
    }
    LOCKSTEP_CO_TRY(jobs, co_await qmp.blockJobs());
    for (const auto& job : std::as_const(jobs))
        result.blockJobs.append(job.id);
    result.spec.uuid = model->uuid;
    result.spec.domain = model->name;
    result.spec.ioThread = unusedIoThread(model->ioThreads);
    result.spec.kvm = model->isKvm();
    LOCKSTEP_CO_TRY(version, co_await qmp.version());
    result.spec.qemuVersion = version;
    result.model = std::move(*model);
    co_return result;
}

} // namespace lockstep
