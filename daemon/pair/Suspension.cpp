// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Suspension.h"

#include "pair/Channels.h"
#include "pair/RecordEvent.h"
#include "pair/Word.h"
#include "replication/Qmp.h"

#include <QTimer>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A guest that has stood still for so long without a checkpoint is looked at.
constexpr auto checkpointTime = 100ms;
// For the other host to tell of a checkpoint.
constexpr auto hearTime = 600ms;

bool isSuspendedPrimary(const std::optional<PairRecord>& record)
{
    return record && record->isPrimary() && record->suspended
        && record->state == PairState::Protected;
}

bool isSuspendedShadow(const std::optional<PairRecord>& record)
{
    return record && !record->isPrimary() && record->suspended
        && record->state == PairState::Protected;
}

} // namespace

Suspension::Suspension(PairParts parts, TaskSet& tasks) : m_parts{parts}, m_tasks{tasks}
{
    connect(&m_parts.hypervisor, &Hypervisor::qmpEvent, this,
            [this](const DomainUuid& uuid, const QString& name) { onQmpEvent(uuid, name); });
    connect(&m_parts.hypervisor, &Hypervisor::connected, this, &Suspension::look);
    connect(&m_parts.pairs, &PairTable::changed, this, &Suspension::onPairChanged);
}

void Suspension::look()
{
    const auto records = m_parts.pairs.all();
    for (const auto& record : records) {
        m_tasks.add(lookAt(record.uuid));
        if (isSuspendedShadow(record))
            m_tasks.add(stopShadow(record.uuid));
    }
}

void Suspension::onQmpEvent(const DomainUuid& uuid, const QString& name)
{
    if (name != u"STOP" && name != u"RESUME")
        return;
    const int change = ++m_changes[uuid];
    const auto record = m_parts.pairs.find(uuid);
    if (!record || record->state != PairState::Protected)
        return;
    if (name == u"STOP") {
        // Of a guest that runs again: a checkpoint that will resume it once more.
        if (m_resumed.contains(uuid))
            ++m_resumed[uuid];
        QTimer::singleShot(checkpointTime, this, [this, uuid, change] {
            if (m_changes.value(uuid) == change)
                m_tasks.add(lookAt(uuid));
        });
    } else if (isSuspendedShadow(record)) {
        m_tasks.add(count(uuid));
    } else if (record->suspended && !m_resumed.contains(uuid)) {
        m_tasks.add(judge(*record));
    }
}

void Suspension::onPairChanged(const DomainUuid& uuid)
{
    const auto record = m_parts.pairs.find(uuid);
    const bool isProtected = record && record->state == PairState::Protected;
    if (isProtected != m_protected.contains(uuid)) {
        if (isProtected)
            m_protected.insert(uuid);
        else
            m_protected.remove(uuid);
        m_tasks.add(lookAt(uuid));
    }
    const bool shadow = isSuspendedShadow(record);
    if (shadow == m_suspendedShadows.contains(uuid))
        return;
    if (shadow) {
        m_suspendedShadows.insert(uuid);
        m_tasks.add(stopShadow(uuid));
    } else {
        m_suspendedShadows.remove(uuid);
        if (isProtected)
            m_tasks.add(resumeShadow(uuid));
    }
}

Task<void> Suspension::lookAt(DomainUuid uuid)
{
    auto record = m_parts.pairs.find(uuid);
    if (!record || !record->isPrimary() || m_resumed.contains(uuid))
        co_return;
    if (record->state != PairState::Protected) {
        // If it is protected again it is looked at again.
        if (record->suspended)
            co_await note(*record, false);
        co_return;
    }
    const auto state = co_await Qmp{m_parts.hypervisor.monitor(uuid)}.runState();
    record = m_parts.pairs.find(uuid);
    if (!state || !record || !record->isPrimary() || record->state != PairState::Protected)
        co_return;
    if (*state == u"paused" && !record->suspended) {
        m_known[uuid] = 0;
        co_await note(*record, true);
    } else if (*state == u"running" && record->suspended) {
        co_await note(*record, false);
    }
}

Task<void> Suspension::judge(PairRecord record)
{
    // Each checkpoint resumes both twins. If this one was resumed more often than that one, it was
    // somebody. Not in time means the same: a guest that stands still by mistake is worse.
    const auto uuid = record.uuid;
    m_resumed[uuid] = 1;
    const auto known = m_known.value(uuid);
    const auto checkpoints = [&] { return quint16(resumesThere(record).value_or(known) - known); };
    for (auto waited = 0ms; checkpoints() < m_resumed[uuid] && waited < hearTime; waited += 5ms)
        (void)co_await pause(5ms);
    const bool byCheckpoint = checkpoints() >= m_resumed.take(uuid);
    m_known[uuid] = quint16(known + checkpoints());
    const auto now = m_parts.pairs.find(uuid);
    if (!now || !isSuspendedPrimary(now))
        co_return;
    if (byCheckpoint)
        co_await stop(*now);
    else
        co_await note(*now, false);
}

Task<void> Suspension::note(PairRecord record, bool suspended)
{
    if (record.state == PairState::Protected) {
        PairEvent event = eventOf(record, EventKind::Note);
        event.text = suspended ? u"the guest has been suspended"_s : u"the guest runs again"_s;
        m_parts.chronicle.record(std::move(event));
    }
    const auto saved = co_await m_parts.pairs.update(record.uuid, [suspended](PairRecord& now) {
        now.suspended = suspended;
        now.resumes = 0;
    });
    if (!saved)
        warnAbout(record, saved.error());
    m_parts.peers.beatSoon(record.peer);
}

Task<void> Suspension::stop(PairRecord record)
{
    const auto stopped = co_await m_parts.hypervisor.suspend(record.uuid);
    if (!stopped)
        warnAbout(record, stopped.error());
}

std::optional<quint16> Suspension::resumesThere(const PairRecord& record) const
{
    const auto beat = m_parts.peers.pairHealth(record.peer, record.uuid);
    const auto word = beat ? failover::wordFrom(*beat) : std::nullopt;
    if (!word || !word->suspended || word->epoch != record.epoch.value)
        return std::nullopt;
    return word->resumes;
}

Task<void> Suspension::count(DomainUuid uuid)
{
    const auto counted =
        co_await m_parts.pairs.update(uuid, [](PairRecord& record) { ++record.resumes; });
    const auto record = m_parts.pairs.find(uuid);
    if (!record)
        co_return;
    if (!counted)
        warnAbout(*record, counted.error());
    m_parts.peers.beatSoon(record->peer);
    co_await stopShadow(uuid);
}

Task<void> Suspension::stopShadow(DomainUuid uuid)
{
    // Else its clock, its timers and its disk would go on alone for as long as it takes.
    const auto record = m_parts.pairs.find(uuid);
    if (!record || !isSuspendedShadow(record))
        co_return;
    const auto stopped = co_await Qmp{m_parts.hypervisor.monitor(uuid)}.stop();
    if (!stopped)
        warnAbout(*record, stopped.error());
}

Task<void> Suspension::resumeShadow(DomainUuid uuid)
{
    const Qmp qmp{m_parts.hypervisor.monitor(uuid)};
    const auto state = co_await qmp.runState();
    const auto record = m_parts.pairs.find(uuid);
    if (!state || *state != u"paused" || !record || record->state != PairState::Protected)
        co_return;
    const auto resumed = co_await qmp.cont();
    if (!resumed) // a checkpoint is being made, and lets it run
        warnAbout(*record, resumed.error());
}

} // namespace lockstep
