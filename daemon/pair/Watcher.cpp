// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Watcher.h"

#include "pair/Channels.h"
#include "replication/PrimaryMigration.h"

#include <spdlog/spdlog.h>

#include <QTimer>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

// docs/qemu.md, trap 11.
const QString staleCode =
    u"the guest has booted, and without KVM the shadow may run code of before; 'lockstep continue-alone %1', then 'lockstep protect %1' make it anew"_s;

} // namespace

Watcher::Watcher(PairParts parts, TaskSet& tasks) : m_parts{parts}, m_tasks{tasks}
{
    connect(&m_parts.hypervisor, &Hypervisor::qmpEvent, this,
            [this](const DomainUuid& uuid, const QString& name) { onQmpEvent(uuid, name); });
    connect(&m_parts.pairs, &PairTable::changed, this, &Watcher::onPairChanged);
}

void Watcher::look()
{
    const auto records = m_parts.pairs.all();
    for (const PairRecord& record : records) {
        if (record.state == PairState::Protected)
            pace(record);
    }
}

void Watcher::onQmpEvent(const DomainUuid& uuid, const QString& name)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || record->state != PairState::Protected)
        return;
    if (name == u"RESUME") {
        ++m_checkpoints[uuid];
        pace(*record);
    } else if (name == u"RESET" && record->isPrimary()) {
        onReset(*record);
    }
}

void Watcher::onPairChanged(const DomainUuid& uuid)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || record->state != PairState::Protected) {
        m_checkpoints.remove(uuid);
        m_booting.remove(uuid);
        m_due.erase(uuid);
    } else if (!m_due.contains(uuid) || m_due.at(uuid).intervalAsDuration() != period(*record)) {
        pace(*record);
    }
}

void Watcher::onReset(const PairRecord& record)
{
    spdlog::info("pair {}: the guest boots; checkpoints every {} ms for {} s",
                 record.domain.toStdString(), bootCheckpointPeriod.count(), bootTime.count());
    m_booting.insert(record.uuid);
    if (!record.spec.kvm)
        m_tasks.add(warn(record.uuid));
    const int reset = ++m_resets[record.uuid];
    QTimer::singleShot(bootTime, this, [this, uuid = record.uuid, reset] {
        if (m_resets.value(uuid) == reset)
            m_booting.remove(uuid);
    });
    pace(record);
}

std::chrono::milliseconds Watcher::period(const PairRecord& record) const
{
    const auto wanted = record.settings.interval();
    return m_booting.contains(record.uuid) ? std::min(bootCheckpointPeriod, wanted) : wanted;
}

void Watcher::pace(const PairRecord& record)
{
    if (!record.isPrimary())
        return;
    const auto [due, isNew] = m_due.try_emplace(record.uuid);
    QTimer& timer = due->second;
    if (isNew) {
        timer.setSingleShot(true);
        timer.setTimerType(Qt::PreciseTimer);
        connect(&timer, &QTimer::timeout, this, [this, uuid = record.uuid] { onDue(uuid); });
    }
    timer.start(period(record));
}

void Watcher::onDue(const DomainUuid& uuid)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || record->state != PairState::Protected)
        return;
    if (!record->suspended)
        m_tasks.add(checkpoint(uuid));
    else
        pace(*record);
}

CheckpointReason Watcher::reasonFor(const PairRecord& record) const
{
    if (m_booting.contains(record.uuid))
        return CheckpointReason::Boot;
    return record.settings.interval() == record.settings.protocol.idlePeriod
        ? CheckpointReason::Idle
        : CheckpointReason::Period;
}

Task<void> Watcher::checkpoint(DomainUuid uuid)
{
    // One at a time: a QEMU that does not answer must not find hundreds of them, and before what a
    // failover has to say to it.
    if (m_asking.contains(uuid))
        co_return;
    m_asking.insert(uuid);
    co_await ask(uuid);
    m_asking.remove(uuid);
    // Should it not be made.
    if (const auto record = m_parts.pairs.find(uuid);
        record && record->state == PairState::Protected)
        pace(*record);
}

Task<void> Watcher::ask(DomainUuid uuid)
{
    const Qmp qmp{m_parts.hypervisor.monitor(uuid)};
    // Somebody may have suspended it just now.
    const auto state = co_await qmp.runState();
    const auto record = m_parts.pairs.find(uuid);
    if (!state || *state != u"running" || !record || record->state != PairState::Protected)
        co_return;
    m_parts.statistics.asked(uuid, reasonFor(*record));
    const auto set = co_await qmp.setCheckpointDelay(checkpointDelay);
    if (!set)
        warnAbout(*record, set.error());
}

Task<void> Watcher::warn(DomainUuid uuid)
{
    const auto shown = co_await m_parts.pairs.update(uuid, [](PairRecord& record) {
        if (record.state == PairState::Protected)
            record.reason = staleCode.arg(record.domain);
    });
    if (!shown)
        spdlog::error("pair {}: {}", toString(uuid).toStdString(),
                      shown.error().message().toStdString());
}

} // namespace lockstep
