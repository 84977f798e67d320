// SPDX-License-Identifier: LGPL-2.1-or-later
#include "TrialHost.h"

#include "replication/DomainModel.h"

#include <QJsonArray>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

std::unexpected<Error> notHere()
{
    return failure(Errc::NotSupported, u"a trial has no use for it"_s);
}

bool turnsReturnPathOn(const QString& command, const QJsonObject& arguments)
{
    const QJsonArray list = arguments[u"capabilities"].toArray();
    return command == u"migrate-set-capabilities"
        && list.contains(QJsonObject{{u"capability"_s, u"return-path"_s}, {u"state"_s, true}});
}

} // namespace

/// A QEMU model with the manners of those that fail.
class TrialHost::Qemu final : public Monitor
{
public:
    explicit Qemu(Manners manners) : m_manners{std::move(manners)}
    {
        model.coloEnd = m_manners.coloEnd;
    }

    [[nodiscard]] Task<Result<QJsonValue>> execute(QString command, QJsonObject arguments,
                                                   std::chrono::milliseconds deadline) override
    {
        if (m_manners.refusesReturnPath && turnsReturnPathOn(command, arguments))
            co_return failure(Errc::Refused, u"GenericError: not with return-path"_s);
        if (m_manners.dies && command == u"query-migrate")
            co_return failure(Errc::MonitorLost, u"the domain has ended"_s);
        if (m_manners.hangs && command == u"query-migrate")
            m_hung = true;
        if (m_hung && command == u"query-status")
            co_return failure(Errc::Timeout, u"no answer"_s); // the deadline is not waited for
        if (m_hung) {
            (void)co_await m_killed;
            co_return failure(Errc::MonitorLost, u"the domain has ended"_s);
        }
        co_return co_await model.execute(command, arguments, deadline);
    }
    void kill()
    {
        model.off = true;
        m_killed.complete(true);
    }

    FakeMonitor model;

private:
    Manners m_manners;
    bool m_hung{false};
    OneShot<bool> m_killed;
};

TrialHost::TrialHost()
{
    facts.qemuVersion = u"11.1.3"_s;
    facts.emulator = u"/usr/bin/qemu-system-x86_64"_s;
    facts.emulatorMark = u"1 2"_s;
}

QStringList TrialHost::names() const
{
    QStringList all;
    for (const auto& [uuid, machine] : m_machines)
        all << machine.info.name;
    return all;
}

Task<Result<QList<DomainInfo>>> TrialHost::domains()
{
    (void)co_await pause(0ms);
    QList<DomainInfo> all;
    for (const auto& [uuid, machine] : m_machines)
        all << machine.info;
    co_return all;
}

Task<Result<HostFacts>> TrialHost::hostFacts()
{
    (void)co_await pause(0ms);
    co_return withProbes(facts);
}

Task<Result<DomainInfo>> TrialHost::createPaused(QString domainXml)
{
    (void)co_await pause(0ms);
    if (!startProblem.isEmpty())
        co_return failure(Errc::HypervisorError, startProblem);
    const auto model = parseDomain(domainXml);
    if (!model)
        co_return std::unexpected{model.error()};
    if (m_machines.contains(model->uuid))
        co_return failure(Errc::HypervisorError, u"it is there already"_s);
    created << domainXml;
    Machine& machine = m_machines[model->uuid];
    machine.info = {
        .uuid = model->uuid, .name = model->name, .id = 1, .state = DomainState::Paused};
    machine.qemu = std::make_shared<Qemu>(manners);
    FakeMonitor& qemu = machine.qemu->model;
    qemu.status = domainXml.contains(u"-incoming"_s) ? u"inmigrate"_s : u"paused"_s;
    qemu.event = [this, uuid = model->uuid](const QString& name) {
        Q_EMIT qmpEvent(uuid, name, 0, {});
    };
    qemu.entered = [this, uuid = model->uuid] {
        for (auto& [other, twin] : m_machines) {
            if (other != uuid && twin.qemu)
                twin.qemu->model.coloMode = u"secondary"_s;
        }
    };
    co_return DomainInfo{machine.info};
}

Task<Result<void>> TrialHost::destroy(DomainUuid uuid)
{
    (void)co_await pause(0ms);
    const auto found = m_machines.find(uuid);
    if (found == m_machines.end())
        co_return {};
    const auto qemu = found->second.qemu;
    m_machines.erase(found);
    if (qemu)
        qemu->kill();
    co_return {};
}

std::shared_ptr<Monitor> TrialHost::monitor(DomainUuid uuid)
{
    const auto found = m_machines.find(uuid);
    if (found != m_machines.end() && found->second.qemu)
        return found->second.qemu;
    auto gone = std::make_shared<FakeMonitor>();
    gone->off = true;
    return gone;
}

Task<Result<DomainInfo>> TrialHost::find(QString /*nameUuidOrId*/) { co_return notHere(); }
Task<Result<QString>> TrialHost::xml(DomainUuid, XmlKind) { co_return notHere(); }
Task<Result<QString>> TrialHost::cpuProblem(QString) { co_return notHere(); }
Task<Result<void>> TrialHost::define(QString) { co_return notHere(); }
Task<Result<void>> TrialHost::undefine(DomainUuid) { co_return notHere(); }
Task<Result<void>> TrialHost::resume(DomainUuid) { co_return notHere(); }
Task<Result<void>> TrialHost::suspend(DomainUuid) { co_return notHere(); }
Task<Result<QString>> TrialHost::addIoThread(DomainUuid, unsigned) { co_return notHere(); }
Task<Result<void>> TrialHost::removeIoThread(DomainUuid, unsigned) { co_return notHere(); }
Task<Result<std::chrono::milliseconds>> TrialHost::waitsForMonitor(DomainUuid)
{
    co_return notHere();
}

} // namespace lockstep::test
