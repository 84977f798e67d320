// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHypervisor.h"

#include "replication/DomainModel.h"
#include "replication/Qmp.h"

#include <QTimer>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// virDomainEventStoppedDetailType
constexpr int stoppedByGuest = 0;
constexpr int stoppedDestroyed = 1;
constexpr int stoppedFailed = 5;

std::unexpected<Error> notHere()
{
    return failure(Errc::NotSupported, u"the model has no such thing"_s);
}

std::unexpected<Error> unknown(const QString& name)
{
    return failure(Errc::UnknownDomain, u"no domain %1"_s.arg(name));
}

} // namespace

void FakeHypervisor::note(const QString& line)
{
    if (m_journal)
        m_journal->append(line);
}

FakeMonitor& FakeHypervisor::put(const DomainInfo& info)
{
    Domain& domain = m_domains[info.uuid];
    domain.info = info;
    domain.qemu = std::make_shared<FakeMonitor>(m_journal);
    domain.qemu->off = info.state == DomainState::Off;
    domain.qemu->event = [this, uuid = info.uuid](const QString& name) {
        Q_EMIT qmpEvent(uuid, name, 0, {});
    };
    domain.qemu->entered = [this, uuid = info.uuid] { takeTwinAlong(uuid); };
    domain.qemu->left = [this, uuid = info.uuid] { tellTwin(uuid); };
    return *domain.qemu;
}

void FakeHypervisor::join(FakeHypervisor& left, FakeHypervisor& right)
{
    left.m_twin = &right;
    right.m_twin = &left;
}

void FakeHypervisor::takeTwinAlong(const DomainUuid& uuid)
{
    if (m_twin && m_twin->runs(uuid))
        m_twin->qemu(uuid).coloMode = u"secondary"_s;
}

void FakeHypervisor::tellTwin(const DomainUuid& uuid)
{
    if (!m_twin)
        return;
    // As the kernel would tell, a little later.
    QTimer::singleShot(0, m_twin, [twin = m_twin, uuid] {
        if (twin->runs(uuid) && twin->qemu(uuid).coloMode != u"none")
            Q_EMIT twin->qmpEvent(uuid, u"COLO_EXIT"_s, 0, {});
    });
}

void FakeHypervisor::end(const DomainUuid& uuid, Ending ending)
{
    stopped(uuid, ending == Ending::Died ? stoppedFailed : stoppedByGuest);
}

void FakeHypervisor::stopped(const DomainUuid& uuid, int detail)
{
    const auto found = m_domains.find(uuid);
    if (found == m_domains.end() || found->second.info.state == DomainState::Off)
        return;
    auto& domain = found->second;
    domain.info.state = DomainState::Off;
    domain.info.id = -1;
    domain.info.turnedOff = detail == stoppedByGuest;
    domain.qemu->off = true;
    if (!domain.info.persistent)
        m_domains.erase(found);
    tellTwin(uuid);
    Q_EMIT lifecycle(uuid, Lifecycle::Stopped, detail);
}

bool FakeHypervisor::runs(const DomainUuid& uuid) const
{
    const auto found = m_domains.find(uuid);
    return found != m_domains.end() && found->second.info.state != DomainState::Off;
}

Task<Result<DomainInfo>> FakeHypervisor::find(QString nameUuidOrId)
{
    (void)co_await pause(0ms);
    for (const auto& [uuid, domain] : m_domains) {
        if (domain.info.name == nameUuidOrId || toString(uuid) == nameUuidOrId)
            co_return domain.info;
    }
    co_return unknown(nameUuidOrId);
}

Task<Result<std::chrono::milliseconds>> FakeHypervisor::waitsForMonitor(DomainUuid /*domain*/)
{
    (void)co_await pause(0ms);
    co_return waiting;
}

Task<Result<QList<DomainInfo>>> FakeHypervisor::domains()
{
    (void)co_await pause(0ms);
    QList<DomainInfo> list;
    for (const auto& [uuid, domain] : m_domains)
        list.append(domain.info);
    co_return list;
}

Task<Result<HostFacts>> FakeHypervisor::hostFacts()
{
    (void)co_await pause(0ms);
    if (!facts)
        co_return notHere();
    co_return HostFacts{*facts};
}

Task<Result<QString>> FakeHypervisor::xml(DomainUuid uuid, XmlKind)
{
    (void)co_await pause(0ms);
    const auto found = m_domains.find(uuid);
    if (found == m_domains.end())
        co_return unknown(toString(uuid));
    co_return QString{found->second.xml};
}

Task<Result<QString>> FakeHypervisor::cpuProblem(QString) { co_return QString{}; }

Task<Result<DomainInfo>> FakeHypervisor::createPaused(QString domainXml)
{
    (void)co_await pause(0ms);
    note(u"create"_s);
    if (!startProblem.isEmpty())
        co_return failure(Errc::HypervisorError, startProblem);
    const auto model = parseDomain(domainXml);
    if (!model)
        co_return std::unexpected{model.error()};
    const auto before = m_domains.find(model->uuid);
    const bool persistent = before != m_domains.end() && before->second.info.persistent;
    const DomainInfo info{.uuid = model->uuid,
                          .name = model->name,
                          .id = 2,
                          .state = DomainState::Paused,
                          .persistent = persistent};
    auto& monitor = put(info);
    monitor.status = u"inmigrate"_s;
    monitor.rounds = 1;
    int number = 1;
    for (const auto& disk : model->replicatedDisks())
        monitor.addDisk(disk.alias, u"libvirt-%1-format"_s.arg(number++), Bytes::fromMiB(64));
    setXml(info.uuid, domainXml);
    co_return info;
}

Task<Result<void>> FakeHypervisor::undefine(DomainUuid) { co_return notHere(); }
Task<Result<void>> FakeHypervisor::resume(DomainUuid) { co_return notHere(); }
Task<Result<void>> FakeHypervisor::suspend(DomainUuid domain)
{
    auto& monitor = qemu(domain);
    LOCKSTEP_CO_CHECK(co_await Qmp{this->monitor(domain)}.stop());
    monitor.event(u"STOP"_s);
    co_return {};
}

Task<Result<void>> FakeHypervisor::define(QString domainXml)
{
    (void)co_await pause(0ms);
    note(u"define"_s);
    defined.append(domainXml);
    const auto model = parseDomain(domainXml);
    if (model && m_domains.contains(model->uuid))
        m_domains.at(model->uuid).info.persistent = true;
    co_return {};
}

Task<Result<void>> FakeHypervisor::destroy(DomainUuid uuid)
{
    (void)co_await pause(0ms);
    note(u"destroy"_s);
    stopped(uuid, stoppedDestroyed);
    co_return {};
}

Task<Result<QString>> FakeHypervisor::addIoThread(DomainUuid uuid, unsigned id)
{
    (void)co_await pause(0ms);
    const QString name = u"iothread%1"_s.arg(id);
    m_domains.at(uuid).qemu->objects.insert(name, {{u"qom-type"_s, u"iothread"_s}});
    co_return name;
}

Task<Result<void>> FakeHypervisor::removeIoThread(DomainUuid uuid, unsigned id)
{
    (void)co_await pause(0ms);
    if (m_domains.at(uuid).qemu->objects.remove(u"iothread%1"_s.arg(id)) == 0)
        co_return failure(Errc::HypervisorError, u"no such iothread"_s);
    co_return {};
}

std::shared_ptr<Monitor> FakeHypervisor::monitor(DomainUuid uuid)
{
    const auto found = m_domains.find(uuid);
    if (found != m_domains.end())
        return found->second.qemu;
    auto gone = std::make_shared<FakeMonitor>();
    gone->off = true;
    return gone;
}

} // namespace lockstep::test
