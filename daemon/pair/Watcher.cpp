// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Watcher.h"

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

void Watcher::onQmpEvent(const DomainUuid& uuid, const QString& name)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || record->state != PairState::Protected)
        return;
    if (name == u"RESUME") {
        ++m_checkpoints[uuid];
        Q_EMIT checkpointed(uuid);
    } else if (name == u"RESET" && record->isPrimary()) {
        onReset(*record);
    }
}

void Watcher::onPairChanged(const DomainUuid& uuid)
{
    const auto record = m_parts.pairs.find(uuid);
    if (record && record->state != PairState::Protected)
        m_checkpoints.remove(uuid);
}

void Watcher::onReset(const PairRecord& record)
{
    spdlog::info("pair {}: the guest boots; checkpoints every {} ms for {} s",
                 record.domain.toStdString(), bootCheckpointDelay.count(), bootTime.count());
    m_tasks.add(setPace(record.uuid, bootCheckpointDelay));
    if (!record.spec.kvm)
        m_tasks.add(warn(record.uuid));
    const int reset = ++m_resets[record.uuid];
    QTimer::singleShot(bootTime, this, [this, uuid = record.uuid, reset] {
        if (m_resets.value(uuid) == reset)
            m_tasks.add(setPace(uuid, checkpointDelay));
    });
}

Task<void> Watcher::setPace(DomainUuid uuid, std::chrono::milliseconds delay)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || record->state != PairState::Protected || !record->isPrimary())
        co_return;
    const Qmp qmp{m_parts.hypervisor.monitor(uuid)};
    const auto set = co_await qmp.setCheckpointDelay(delay);
    if (!set)
        spdlog::warn("pair {}: the time between checkpoints stays as it is: {}",
                     record->domain.toStdString(), set.error().message().toStdString());
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
