// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHypervisor.h"

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

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
    return *domain.qemu;
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

Task<Result<QList<DomainInfo>>> FakeHypervisor::domains()
{
    (void)co_await pause(0ms);
    QList<DomainInfo> list;
    for (const auto& [uuid, domain] : m_domains)
        list.append(domain.info);
    co_return list;
}

Task<Result<HostFacts>> FakeHypervisor::hostFacts() { co_return notHere(); }
Task<Result<QString>> FakeHypervisor::xml(DomainUuid, XmlKind) { co_return notHere(); }
Task<Result<QString>> FakeHypervisor::cpuProblem(QString) { co_return QString{}; }
Task<Result<DomainInfo>> FakeHypervisor::createPaused(QString) { co_return notHere(); }
Task<Result<void>> FakeHypervisor::undefine(DomainUuid) { co_return notHere(); }
Task<Result<void>> FakeHypervisor::resume(DomainUuid) { co_return notHere(); }
Task<Result<void>> FakeHypervisor::suspend(DomainUuid) { co_return notHere(); }

Task<Result<void>> FakeHypervisor::define(QString domainXml)
{
    (void)co_await pause(0ms);
    note(u"define"_s);
    defined.append(domainXml);
    co_return {};
}

Task<Result<void>> FakeHypervisor::destroy(DomainUuid uuid)
{
    (void)co_await pause(0ms);
    note(u"destroy"_s);
    const auto found = m_domains.find(uuid);
    if (found == m_domains.end())
        co_return {};
    found->second.info.state = DomainState::Off;
    found->second.qemu->off = true;
    if (!found->second.info.persistent)
        m_domains.erase(found);
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
