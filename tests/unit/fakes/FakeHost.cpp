// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"

#include <spdlog/spdlog.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
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
                   .active = {},
                   .late = {}}};
    spec.nics = {{.alias = u"net0"_s, .mac = u"52:54:00:aa:00:01"_s, .bridge = u"br0"_s}};
    spec.ioThread = 1;
    spec.qemuVersion = u"11.1.3"_s;
    return spec;
}

QString webXml()
{
    return uR"(<domain type='qemu'>
  <name>web</name>
  <uuid>6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01</uuid>
  <memory unit='KiB'>65536</memory>
  <currentMemory unit='KiB'>65536</currentMemory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc-q35-11.1'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/images/web.qcow2'/>
      <target dev='vda' bus='virtio'/>
      <alias name='virtio-disk0'/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:aa:00:01'/>
      <source bridge='br0'/>
      <target dev='vnet0'/>
      <model type='virtio'/>
      <driver name='qemu'/>
      <alias name='net0'/>
    </interface>
  </devices>
</domain>
)"_s;
}

FakeHost::FakeHost(const QString& name)
    : store{&journal}, peers{name, &journal}, hypervisor{&journal}, chronicle{store},
      pairs{store, chronicle}, statistics{hypervisor, pairs, nullptr}, jobs{chronicle},
      arbiters{
          store,
          [this](ArbiterKind kind, const QString& identity) -> Result<std::unique_ptr<Arbiter>> {
              if (kind == ArbiterKind::Manual)
                  return makeArbiter(kind, config, identity);
              return std::make_unique<FakeArbiter>(arbiter, kind);
          }},
      parts{hypervisor, peers, pairs, jobs, arbiters, chronicle, statistics, config}
{
    spdlog::set_level(spdlog::level::off);
    config.replication.imageDirectory = images.path();
    config.store.directory = folder.path();
    arbiter.records = &records;
    arbiter.journal = &journal;
}

FakeHost::~FakeHost()
{
    end();
    QCoro::waitFor(statistics.stop());
    QCoro::waitFor(chronicle.drained());
}

void FakeHost::load()
{
    QVERIFY(QCoro::waitFor(pairs.load()));
    drivers = std::make_unique<PairDrivers>(parts, tasks, folder.path() + u"/starts"_s);
    requests = std::make_unique<PeerRequests>(parts, *drivers, tasks);
    drivers->load();
    requests->answer();
    const auto handler = peers.handler(u"shadow.prepare"_s);
    peers.handle(u"shadow.prepare"_s, [this, handler](PeerId peer, QJsonObject request) {
        return prepare(handler, std::move(peer), std::move(request));
    });
}

/// QEMU models have no sockets: once it is built, a shadow has no ports. A libvirt that was not
/// told what its host is has room and a bridge for it.
Task<Result<QJsonObject>> FakeHost::prepare(Peers::Handler handler, PeerId peer,
                                            QJsonObject request)
{
    const bool isUntold = !hypervisor.facts;
    if (isUntold) {
        hypervisor.facts.emplace();
        hypervisor.facts->memoryFree = Bytes::fromMiB(4096);
        hypervisor.facts->bridges = {u"br0"_s};
        hypervisor.facts->emulators = {u"/usr/bin/qemu-system-x86_64"_s};
    }
    auto reply = co_await handler(peer, request);
    if (isUntold)
        hypervisor.facts.reset();
    if (!reply)
        co_return reply;
    LOCKSTEP_CO_CHECK(co_await pairs.update(webUuid(), [](PairRecord& record) {
        record.spec.nbdPort = 0;
        record.spec.migrationPort = 0;
        for (auto& nic : record.spec.nics)
            nic.requestPort = nic.responsePort = 0;
    }));
    LOCKSTEP_CO_TRY(record, pairs.get(webUuid()));
    QJsonObject answer = *reply;
    answer.insert(u"spec"_s, record.spec.toJson());
    co_return answer;
}

void FakeHost::join(FakeHost& left, FakeHost& right)
{
    FakePeers::join(left.peers, right.peers);
    FakeHypervisor::join(left.hypervisor, right.hypervisor);
    right.arbiter.records = &left.records;
}

void FakeHost::begin()
{
    load();
    Q_EMIT hypervisor.connected();
    QCoro::waitFor(drivers->begin());
}

void FakeHost::end()
{
    peers.fallSilent();
    if (drivers)
        drivers->stop();
    settle();
    QVERIFY(QTest::qWaitFor([this] { return !peers.isServing(); }, 30'000));
    requests.reset();
    drivers.reset();
}

PairDriver* FakeHost::newDriver()
{
    PairRecord record = this->record(Role::Primary, PairState::Alone, 0);
    record.spec = {};
    record.spec.uuid = webUuid();
    record.spec.domain = record.domain;
    auto* const driver = QCoro::waitFor(drivers->add(record));
    return QTest::qWaitFor([driver] { return driver->mind().theirs.heard; }, 10'000) ? driver
                                                                                     : nullptr;
}

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
    record.settings = settings;
    record.sole = role == Role::Primary
        ? state != PairState::Confirming && state != PairState::Protected
            && state != PairState::Interrupted && state != PairState::Stale
        : state == PairState::TakingOver;
    record.spec = webSpec();
    record.imageDirectory = images.path();
    record.definition = webXml();
    if (role == Role::Secondary) {
        const QString base = images.path() + u'/' + toString(webUuid()) + u"/vda."_s;
        record.spec.disks[0].replica = base + u"qcow2"_s;
        record.spec.disks[0].hidden = base + u"hidden.qcow2"_s;
        record.spec.disks[0].active = base + u"active.qcow2"_s;
        record.spec.disks[0].late = base + u"late.qcow2"_s;
    }
    return record;
}

void FakeHost::put(const PairRecord& record) { QVERIFY(QCoro::waitFor(pairs.put(record))); }

FakeMonitor& FakeHost::putDomain(DomainState state, bool persistent)
{
    auto& qemu = hypervisor.put(
        {.uuid = webUuid(), .name = u"web"_s, .id = 1, .state = state, .persistent = persistent});
    qemu.addDisk(u"virtio-disk0"_s, u"libvirt-1-format"_s, Bytes::fromMiB(64));
    qemu.rounds = 1;
    hypervisor.setXml(webUuid(), webXml().replace(QStringLiteral("vnet0"), tap));
    return qemu;
}

QString FakeHost::state() const
{
    const auto record = pairs.find(webUuid());
    return record ? toString(record->state) : u"none"_s;
}

QString FakeHost::standing() const
{
    const auto record = pairs.find(webUuid());
    return record ? u"%1 %2 %3"_s.arg(toString(record->role), toString(record->state))
                        .arg(record->epoch.value)
                  : u"none"_s;
}

QString FakeHost::reason() const
{
    const auto record = pairs.find(webUuid());
    return record ? record->reason : QString{};
}

JobView FakeHost::job(const Result<JobId>& id) const
{
    return id ? jobs.find(*id).value_or(JobView{}) : JobView{};
}

QString FakeHost::guardText() const
{
    QFile file{config.store.directory + u"/starts/"_s + toString(webUuid())};
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString{};
}

QString FakeHost::guard() const { return guardText().section(u'\n', 0, 0); }

bool FakeHost::did(const QString& first, const QString& then) const
{
    const auto at = journal.indexOf(first);
    return at >= 0 && at < journal.indexOf(then);
}

QString FakeHost::putLate() const
{
    const auto record = pairs.find(webUuid());
    const QString path = record ? record->spec.disks[0].late : QString{};
    QFile file{path};
    const bool made = QDir{}.mkpath(QFileInfo{path}.path()) && file.open(QIODevice::WriteOnly);
    return made ? path : QString{};
}

QString FakeHost::trace()
{
    const QStringList left =
        QStringList{qemu().nodes.keys()} + qemu().objects.keys() + qemu().chardevs;
    return left.filter(u"lockstep-"_s).join(u' ');
}

void FakeHost::settle() { QCoro::waitFor(tasks.drained()); }

} // namespace lockstep::test
