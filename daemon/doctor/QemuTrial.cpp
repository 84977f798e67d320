// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/QemuTrial.h"

#include "replication/MigrationSetup.h"
#include "replication/ShadowXml.h"

#include <QTcpServer>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Verdict = TrialResult::Verdict;

constexpr auto checkpointPeriod = 200ms;
/// A machine without load needs half a second for each part under emulation.
constexpr auto partDeadline = 8s;
/// A main loop that lives answers within milliseconds.
constexpr auto answerTime = QemuTrial::judgement / 2;
const QString pauseBeforeSwitchover = u"pause-before-switchover"_s;

/// Fixed ones, so that they can be told apart from domains of others, also by a later daemon.
DomainUuid uuidOf(const QString& role)
{
    static const QUuid nameSpace{u"{5c1b9a52-9d0e-4f3c-8a55-2f6c1d3be7a4}"_s};
    return {QUuid::createUuidV5(nameSpace, role)};
}

DomainUuid primary() { return uuidOf(u"primary"_s); }
DomainUuid secondary() { return uuidOf(u"secondary"_s); }

/// The name tells administrators what they see for some seconds.
QString machineXml(const QString& role, bool kvm)
{
    return u"<domain type='%1'>"
           "<name>lockstep-trial-%2</name><uuid>%3</uuid>"
           "<memory unit='MiB'>64</memory><vcpu>1</vcpu>"
           "<os><type arch='x86_64' machine='q35'>hvm</type></os>"
           "<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot>"
           "<on_crash>destroy</on_crash>"
           "<devices><controller type='usb' model='none'/><memballoon model='none'/></devices>"
           "</domain>"_s.arg(kvm ? u"kvm"_s : u"qemu"_s, role, toString(uuidOf(role)));
}

/// A port of 127.0.0.1 that nobody uses; 0 if there is none.
quint16 unusedPort()
{
    QTcpServer server;
    return server.listen(QHostAddress::LocalHost) ? server.serverPort() : quint16{0};
}

bool hasEnded(const QString& status)
{
    return status == u"completed" || status == u"failed" || status == u"cancelled";
}

std::unexpected<Error> cannot(const QString& why) { return failure(Errc::NotSupported, why); }

} // namespace

QemuTrial::QemuTrial(Hypervisor& hypervisor, QString version, bool kvm)
    : m_hypervisor{hypervisor}, m_version{std::move(version)}, m_kvm{kvm}
{ }

Task<void> QemuTrial::sweep(Hypervisor* hypervisor)
{
    const auto domains = co_await hypervisor->domains();
    if (!domains)
        co_return;
    for (const DomainInfo& domain : *domains) {
        const bool isOurs = domain.uuid == primary() || domain.uuid == secondary();
        if (isOurs && !domain.persistent)
            (void)co_await hypervisor->destroy(domain.uuid);
    }
}

Task<TrialResult> QemuTrial::run(std::shared_ptr<QemuTrial> trial, TaskSet* tasks,
                                 std::chrono::milliseconds deadline)
{
    const Outcome outcome;
    outcome.expire(deadline, std::nullopt);
    tasks->add(carryOut(trial, outcome));
    const auto result = co_await outcome;
    if (result)
        co_return TrialResult{*result};
    const TrialResult late = co_await trial->judgeLate();
    // QEMUs that are gone end whatever waits for them.
    trial->m_stop.request_stop();
    tasks->add(sweep(&trial->m_hypervisor));
    co_return TrialResult{late};
}

Task<void> QemuTrial::carryOut(std::shared_ptr<QemuTrial> trial, Outcome outcome)
{
    const TrialResult result = co_await trial->tryAll();
    co_await sweep(&trial->m_hypervisor);
    outcome.complete(result);
}

Task<TrialResult> QemuTrial::tryAll()
{
    QString reason;
    // Versions differ in which of the two they need; that of a known one is known.
    const auto known = qemuTraits(m_version, m_kvm);
    const QList<bool> ways = known ? QList{known->returnPath} : QList{true, false};
    for (const bool returnPath : ways) {
        const auto tried = co_await tryOnce(returnPath);
        if (tried)
            co_return TrialResult{
                .verdict = Verdict::Works, .returnPath = returnPath, .reason = {}};
        const Error& error = tried.error();
        const bool died = m_begun && error.code() == Errc::MonitorLost;
        if (died && !m_stop.stop_requested())
            reason = u"it ends by itself"_s;
        else if (error.code() == Errc::NotSupported)
            reason = error.message();
        else if (m_begun && error.code() == Errc::Timeout)
            co_return co_await judgeLate();
        else
            co_return TrialResult{
                .verdict = Verdict::Undecided, .returnPath = true, .reason = error.message()};
    }
    co_return TrialResult{.verdict = Verdict::Fails, .returnPath = false, .reason = reason};
}

Task<Result<void>> QemuTrial::tryOnce(bool returnPath)
{
    m_begun = false;
    co_await sweep(&m_hypervisor);
    LOCKSTEP_CO_CHECK(co_await start());
    LOCKSTEP_CO_CHECK(co_await enter(returnPath));
    co_return co_await takeOver();
}

Task<Result<void>> QemuTrial::start()
{
    m_port = unusedPort();
    if (m_port == 0)
        co_return failure(Errc::NetworkError, u"there is no free port on 127.0.0.1"_s);
    LOCKSTEP_CO_TRY(waiting, shadowXml(machineXml(u"secondary"_s, m_kvm), {}));
    const QStringList machines{waiting, machineXml(u"primary"_s, m_kvm)};
    for (const QString& xml : machines) {
        LOCKSTEP_CO_TRY(started, co_await m_hypervisor.createPaused(xml));
        // One that came after its time is swept away with the next.
        if (m_stop.stop_requested())
            co_return failure(Errc::Cancelled, u"time is up"_s);
    }
    co_return {};
}

Task<Result<void>> QemuTrial::enter(bool returnPath)
{
    ReplicationSpec spec;
    spec.uuid = primary();
    spec.domain = u"lockstep-trial"_s;
    spec.qemuVersion = m_version;
    spec.kvm = m_kvm;
    spec.probedReturnPath = returnPath;
    const Qmp first{m_hypervisor.monitor(primary())};
    const Qmp second{m_hypervisor.monitor(secondary())};
    const CheckpointWatch watch{m_hypervisor, primary()};
    auto set = co_await setUpMigration(second, spec, {}, {});
    if (set)
        set = co_await setUpMigration(first, spec, {}, {pauseBeforeSwitchover});
    // Some refuse the one of the two that they do not go with.
    if (!set && set.error().code() == Errc::Refused)
        co_return cannot(set.error().message());
    LOCKSTEP_CO_CHECK(set);
    LOCKSTEP_CO_CHECK(co_await first.setCheckpointDelay(checkpointPeriod));
    const QHostAddress loopback{QHostAddress::LocalHost};
    LOCKSTEP_CO_CHECK(co_await second.migrateIncoming(loopback, m_port));
    LOCKSTEP_CO_CHECK(co_await first.cont());
    m_begun = true;
    LOCKSTEP_CO_CHECK(co_await first.migrate(loopback, m_port));
    LOCKSTEP_CO_CHECK(co_await copy(first));
    co_return co_await checkpoint(&watch);
}

Task<Result<void>> QemuTrial::copy(Qmp qemu)
{
    bool switching = false;
    for (auto waited = 0ms; waited < partDeadline; waited += 10ms) {
        LOCKSTEP_CO_TRY(now, co_await qemu.migration());
        if (now.status == u"colo")
            co_return {};
        if (hasEnded(now.status))
            co_return cannot(u"it does not enter COLO: its migration is '%1'%2"_s.arg(
                now.status, now.error.isEmpty() ? QString{} : u": "_s + now.error));
        if (now.status == u"pre-switchover" && !std::exchange(switching, true))
            LOCKSTEP_CO_CHECK(co_await qemu.migrateContinue());
        LOCKSTEP_CO_CHECK(co_await pause(10ms, m_stop.get_token()));
    }
    co_return failure(Errc::Timeout, u"its memory is not copied in time"_s);
}

Task<Result<void>> QemuTrial::checkpoint(const CheckpointWatch* watch)
{
    const Qmp first{m_hypervisor.monitor(primary())};
    // Under COLO this makes one at once.
    LOCKSTEP_CO_CHECK(co_await first.setCheckpointDelay(checkpointPeriod));
    co_return co_await watch->first(m_stop.get_token(), partDeadline);
}

Task<Result<void>> QemuTrial::takeOver()
{
    LOCKSTEP_CO_CHECK(co_await m_hypervisor.destroy(primary()));
    const Qmp second{m_hypervisor.monitor(secondary())};
    LOCKSTEP_CO_CHECK(co_await second.lostHeartbeat());
    for (auto waited = 0ms; waited < partDeadline; waited += 10ms) {
        LOCKSTEP_CO_TRY(mode, co_await second.coloMode());
        LOCKSTEP_CO_TRY(state, co_await second.runState());
        if (mode == u"none" && state == u"running")
            co_return {};
        LOCKSTEP_CO_CHECK(co_await pause(10ms, m_stop.get_token()));
    }
    co_return cannot(u"its shadow does not take over"_s);
}

Task<TrialResult> QemuTrial::judgeLate()
{
    const QList both{primary(), secondary()};
    for (const DomainUuid& domain : both) {
        const auto monitor = m_hypervisor.monitor(domain);
        const auto answer = co_await monitor->execute(u"query-status"_s, {}, answerTime);
        if (m_begun && !answer && answer.error().code() == Errc::Timeout)
            co_return TrialResult{.verdict = Verdict::Fails,
                                  .returnPath = true,
                                  .reason = u"it deadlocks under COLO"_s};
    }
    co_return TrialResult{.verdict = Verdict::Undecided,
                          .returnPath = true,
                          .reason = u"it was not through in time"_s};
}

} // namespace lockstep::doctor
