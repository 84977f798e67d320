// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Watcher.h"

#include "replication/PrimaryMigration.h"

#include <spdlog/spdlog.h>

#include <QTimer>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

// libvirt's virDomainEventStoppedDetailType: a QEMU that crashed or failed is not a domain that
// somebody, or the guest, turned off.
constexpr int stoppedCrashed = 2;
constexpr int stoppedFailed = 5;

// docs/qemu.md, trap 11.
const QString staleCode =
    u"the guest has booted, and without KVM the shadow may run code of before; 'lockstep continue-alone %1', then 'lockstep protect %1' make it anew"_s;

bool isWatched(const PairRecord& record)
{
    return record.state == PairState::Protected || record.state == PairState::Interrupted;
}

} // namespace

Watcher::Watcher(PairParts parts, Meeting& meeting, TaskSet& tasks)
    : m_parts{parts}, m_meeting{meeting}, m_tasks{tasks}
{
    connect(&m_parts.hypervisor, &Hypervisor::qmpEvent, this,
            [this](const DomainUuid& uuid, const QString& name) { onQmpEvent(uuid, name); });
    connect(&m_parts.hypervisor, &Hypervisor::lifecycle, this, &Watcher::onLifecycle);
}

void Watcher::onQmpEvent(const DomainUuid& uuid, const QString& name)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || !isWatched(*record) || m_parts.jobs.isBusy(uuid))
        return;
    if (name == u"RESUME") {
        ++m_checkpoints[uuid];
        Q_EMIT checkpointed(uuid);
    } else if (name == u"COLO_EXIT") {
        m_tasks.add(twinLeft(uuid));
    } else if (name == u"RESET" && record->isPrimary()) {
        onReset(*record);
    }
}

void Watcher::onReset(const PairRecord& record)
{
    spdlog::info("pair {}: the guest boots; checkpoints every {} ms for {} s",
                 record.domain.toStdString(), bootCheckpointDelay.count(), bootTime.count());
    m_tasks.add(setPace(record.uuid, bootCheckpointDelay));
    if (!record.spec.kvm)
        m_tasks.add(show(record.uuid, record.state, staleCode.arg(record.domain)));
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

void Watcher::onLifecycle(const DomainUuid& uuid, Lifecycle event, int detail)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || m_parts.jobs.isBusy(uuid))
        return;
    if (event == Lifecycle::Stopped && isWatched(*record))
        m_tasks.add(ended(uuid, detail != stoppedCrashed && detail != stoppedFailed));
    else if (event == Lifecycle::Started && record->state == PairState::Off)
        m_tasks.add(show(uuid, PairState::Alone,
                         u"runs without a shadow; 'lockstep protect %1' protects it again"_s.arg(
                             record->domain)));
}

Task<void> Watcher::twinLeft(DomainUuid uuid)
{
    // A guest that powers off ends COLO before the primary's host can say so: ask first.
    const auto compared = co_await m_meeting.compare(uuid);
    const auto record = m_parts.pairs.find(uuid);
    if (!record || record->state != PairState::Protected || m_parts.jobs.isBusy(uuid))
        co_return;
    const QString why = compared ? QString{} : u" (%1)"_s.arg(compared.error().message());
    const QString what = record->isPrimary()
        ? u"%1 has lost the shadow; the guest's output is held until 'lockstep continue-alone %2' on this host or a takeover there%3"_s
        : u"%1 has lost its primary's replication; 'lockstep takeover %2' makes the shadow on this host live%3"_s;
    co_await show(uuid, PairState::Interrupted, what.arg(record->peerName, record->domain, why));
}

Task<void> Watcher::ended(DomainUuid uuid, bool byItself)
{
    auto record = m_parts.pairs.find(uuid);
    if (!record)
        co_return;
    if (!record->isPrimary()) {
        co_await show(uuid, PairState::Interrupted,
                      u"the shadow on this host has ended; the primary on %1 can go on alone"_s.arg(
                          record->peerName));
        co_return;
    }
    if (byItself) {
        co_await show(uuid, PairState::Off, u"the guest was turned off"_s);
        const auto told = co_await m_meeting.compare(uuid);
        if (!told)
            spdlog::warn("pair {}: {} learns later that the guest is off: {}",
                         record->domain.toStdString(), record->peerName.toStdString(),
                         told.error().message().toStdString());
        co_return;
    }
    co_await show(
        uuid, PairState::Interrupted,
        u"QEMU has died on this host; 'lockstep takeover %1' on %2 goes on with the shadow"_s.arg(
            record->domain, record->peerName));
}

Task<void> Watcher::show(DomainUuid uuid, PairState state, QString reason)
{
    if (state != PairState::Protected)
        m_checkpoints.remove(uuid);
    const auto shown = co_await m_parts.pairs.setState(uuid, state, std::move(reason));
    if (!shown)
        spdlog::error("pair {}: {}", toString(uuid).toStdString(),
                      shown.error().message().toStdString());
}

} // namespace lockstep
