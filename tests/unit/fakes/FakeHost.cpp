// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"

#include <spdlog/spdlog.h>

#include <QTest>

namespace lockstep::test {

using namespace Qt::StringLiterals;

DomainUuid webUuid() { return {QUuid::fromString(u"6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01"_s)}; }

ReplicationSpec webSpec()
{
    ReplicationSpec spec;
    spec.uuid = webUuid();
    spec.domain = u"web"_s;
    spec.disks = {{.target = u"vda"_s,
                   .alias = u"virtio-disk0"_s,
                   .node = u"libvirt-1-format"_s,
                   .source = u"/images/web.qcow2"_s,
                   .format = u"qcow2"_s,
                   .size = Bytes::fromMiB(64),
                   .replica = {},
                   .hidden = {},
                   .active = {}}};
    spec.nics = {{.alias = u"net0"_s, .mac = u"52:54:00:aa:00:01"_s, .bridge = u"br0"_s}};
    spec.ioThread = 1;
    spec.qemuVersion = u"11.1.3"_s;
    return spec;
}

FakeHost::FakeHost(const QString& name)
    : store{&journal}, peers{name, &journal}, hypervisor{&journal}, chronicle{store},
      pairs{store, chronicle}, jobs{chronicle},
      parts{hypervisor, peers, pairs, jobs, chronicle, config}, keeper{parts, tasks},
      meeting{parts, keeper, tasks}
{
    spdlog::set_level(spdlog::level::off);
    config.replication.imageDirectory = images.path();
    const auto answer = [this](const QString& method, auto& part, auto handler) {
        peers.handle(method, [&part, handler](PeerId peer, QJsonObject request) {
            return (part.*handler)(peer, request);
        });
    };
    using Prepare = Task<Result<QJsonObject>> (ShadowKeeper::*)(PeerId, QJsonObject);
    answer(u"shadow.prepare"_s, keeper, Prepare{&ShadowKeeper::prepare});
    answer(u"shadow.confirm"_s, keeper, &ShadowKeeper::confirm);
    answer(u"shadow.release"_s, keeper, &ShadowKeeper::release);
    answer(u"shadow.discard"_s, keeper, &ShadowKeeper::discard);
    answer(u"primary.yield"_s, meeting, &Meeting::yield);
    answer(u"pair.compare"_s, meeting, &Meeting::answer);
}

FakeHost::~FakeHost() { QCoro::waitFor(chronicle.drained()); }

PairRecord FakeHost::record(Role role, PairState state, quint64 epoch) const
{
    PairRecord record;
    record.uuid = webUuid();
    record.domain = u"web"_s;
    record.role = role;
    record.peer = peers.other.id;
    record.peerName = peers.other.name;
    record.state = state;
    record.epoch = {epoch};
    record.spec = webSpec();
    record.imageDirectory = images.path();
    record.definition = u"<domain/>"_s;
    if (role == Role::Secondary) {
        const QString base = images.path() + u'/' + toString(webUuid()) + u"/vda."_s;
        record.spec.disks[0].replica = base + u"qcow2"_s;
        record.spec.disks[0].hidden = base + u"hidden.qcow2"_s;
        record.spec.disks[0].active = base + u"active.qcow2"_s;
    }
    return record;
}

void FakeHost::put(const PairRecord& record) { QVERIFY(QCoro::waitFor(pairs.put(record))); }

FakeMonitor& FakeHost::putDomain(DomainState state)
{
    auto& qemu = hypervisor.put(
        {.uuid = webUuid(), .name = u"web"_s, .id = 1, .state = state, .persistent = true});
    qemu.addDisk(u"virtio-disk0"_s, u"libvirt-1-format"_s, Bytes::fromMiB(64));
    return qemu;
}

QString FakeHost::state() const
{
    const auto record = pairs.find(webUuid());
    return record ? toString(record->state) : u"none"_s;
}

void FakeHost::settle() { QCoro::waitFor(tasks.drained()); }

} // namespace lockstep::test
