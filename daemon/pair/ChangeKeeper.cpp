// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ChangeKeeper.h"

#include "pair/Channels.h"
#include "pair/FullCopy.h"
#include "pair/RecordEvent.h"

#include <spdlog/spdlog.h>

#include <QDateTime>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto retryPeriod = 5s;
constexpr auto lookPeriod = 100ms;
// Checkpoints flush, too: there is never much left to be written. It is asked again.
constexpr auto flushDeadline = 20s;
constexpr auto dropDeadline = 10s;
/// QEMU waits for what is under way after it has told of a stop: the second says that it has.
constexpr int stopsNeeded = 2;

/// Counts how often a guest is stopped from now on, whoever does it.
class StopCount final : public QObject
{
public:
    StopCount(Hypervisor& hypervisor, DomainUuid uuid)
    {
        // QEMU's clock and ours are the same host's.
        const qint64 begun = QDateTime::currentMSecsSinceEpoch() * 1'000;
        connect(&hypervisor, &Hypervisor::qmpEvent, this,
                [this, uuid, begun](const DomainUuid& domain, const QString& name, qint64 when) {
                    if (domain == uuid && name == u"STOP" && when > begun)
                        ++m_count;
                });
    }
    [[nodiscard]] int count() const { return m_count; }

private:
    int m_count{0};
};

} // namespace

ChangeKeeper::ChangeKeeper(PairParts parts, TaskSet& tasks, std::chrono::milliseconds period)
    : m_parts{parts}, m_tasks{tasks}, m_period{period}
{
    connect(&m_parts.pairs, &PairTable::changed, this, &ChangeKeeper::onPairChanged);
}

void ChangeKeeper::look()
{
    const auto records = m_parts.pairs.all();
    for (const auto& record : records)
        onPairChanged(record.uuid);
}

std::optional<PairRecord> ChangeKeeper::current(const DomainUuid& uuid, Epoch epoch) const
{
    const auto record = m_parts.pairs.find(uuid);
    const bool isIt = record && record->isPrimary() && record->state == PairState::Protected
        && record->epoch == epoch && !record->spec.copy.isEmpty();
    return isIt ? record : std::nullopt;
}

void ChangeKeeper::onPairChanged(const DomainUuid& uuid)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record)
        return;
    if (record->isPrimary() && record->state == PairState::Off
        && !record->lastCopy.identity.isEmpty())
        m_tasks.add(giveUp(*record));
    if (m_kept.contains(uuid) || !current(uuid, record->epoch))
        return;
    m_kept.insert(uuid);
    m_tasks.add(keep(uuid, record->epoch));
}

Task<void> ChangeKeeper::keep(DomainUuid uuid, Epoch epoch)
{
    const auto stop = m_stop.get_token();
    QString shown;
    while (!stop.stop_requested() && current(uuid, epoch)) {
        const auto renewed = co_await renew(uuid, epoch);
        const auto record = current(uuid, epoch);
        if (!renewed && record && renewed.error().message() != shown) {
            shown = renewed.error().message();
            warnAbout(*record, renewed.error().during(u"keeping note of what changes"_s));
        }
        std::chrono::milliseconds wait = renewed ? m_period : retryPeriod;
        for (; wait > 0ms && current(uuid, epoch) && !stop.stop_requested(); wait -= lookPeriod)
            (void)co_await pause(std::min<std::chrono::milliseconds>(wait, lookPeriod), stop);
    }
    m_kept.remove(uuid);
    // It may be protected anew already.
    if (!stop.stop_requested())
        onPairChanged(uuid);
}

Task<void> ChangeKeeper::giveUp(PairRecord record)
{
    bool isFirst = false;
    const auto saved = co_await m_parts.pairs.update(record.uuid, [&](PairRecord& now) {
        isFirst = now.state == PairState::Off && now.lastCopy == record.lastCopy;
        if (isFirst)
            now.lastCopy = LastCopy::none(full_copy::guestRestarted);
    });
    if (!saved || !isFirst)
        co_return;
    // If it does not hear of it, it removes it in time.
    const QJsonObject request{{u"uuid"_s, toString(record.uuid)}};
    const auto dropped =
        co_await m_parts.peers.call(record.lastCopy.peer, u"replica.drop"_s, request, dropDeadline);
    if (!dropped)
        spdlog::debug("pair {}: {}", record.domain.toStdString(),
                      dropped.error().message().toStdString());
}

Task<Result<void>> ChangeKeeper::renew(DomainUuid uuid, Epoch epoch)
{
    const auto record = current(uuid, epoch);
    if (!record)
        co_return {};
    const QString copy = record->spec.copy;
    // Made while it was copied, and checkpoints were made since.
    if (record->lastCopy.identity != copy)
        co_return co_await flush(*record);
    const ChangeMaps maps{Qmp{m_parts.hypervisor.monitor(uuid)}, record->spec.disks};
    LOCKSTEP_CO_TRY(there, co_await maps.generations(copy));
    if (there.isEmpty())
        co_return failure(Errc::Refused, u"QEMU has no note of it"_s,
                          u"If the shadow is lost, the disks are copied wholly."_s);
    // What an attempt before this left is younger, and not needed.
    for (const int generation : std::as_const(there)) {
        if (generation != there.constFirst())
            LOCKSTEP_CO_CHECK(co_await maps.drop(copy, generation));
    }
    LOCKSTEP_CO_CHECK(co_await maps.begin(copy, there.constLast() + 1));
    LOCKSTEP_CO_CHECK(co_await drained(uuid, epoch));
    LOCKSTEP_CO_CHECK(co_await arrived(*record));
    LOCKSTEP_CO_CHECK(co_await flush(*record));
    if (!current(uuid, epoch)) // by now it may be another copy's
        co_return {};
    co_return co_await maps.drop(copy, there.constFirst());
}

Task<Result<void>> ChangeKeeper::drained(DomainUuid uuid, Epoch epoch)
{
    const auto stop = m_stop.get_token();
    const StopCount stops{m_parts.hypervisor, uuid};
    while (stops.count() < stopsNeeded) {
        if (!current(uuid, epoch))
            co_return failure(Errc::Cancelled, u"the pair is not protected any more"_s);
        LOCKSTEP_CO_CHECK(co_await pause(lookPeriod, stop));
    }
    co_return {};
}

Task<Result<void>> ChangeKeeper::arrived(PairRecord record) const
{
    const Qmp qmp{m_parts.hypervisor.monitor(record.uuid)};
    LOCKSTEP_CO_TRY(lost, co_await qmp.replicationError());
    if (lost.isEmpty())
        co_return {};
    co_return failure(
        Errc::NotInStep, u"a write has not reached %1: %2"_s.arg(record.peerName, lost),
        u"See to the disk of the replica there, e.g. make room, and protect the domain again."_s);
}

Task<Result<void>> ChangeKeeper::flush(PairRecord record)
{
    const QJsonObject request{{u"uuid"_s, toString(record.uuid)},
                              {u"epoch"_s, qint64(record.epoch.value)}};
    LOCKSTEP_CO_TRY(
        reply,
        co_await m_parts.peers.call(record.peer, u"replica.flush"_s, request, flushDeadline));
    const LastCopy copy{record.spec.copy, record.peer, record.epoch, {}};
    if (reply[u"copy"].toString() != copy.identity)
        co_return failure(Errc::ProtocolError, u"%1 has another copy"_s.arg(record.peerName));
    const auto now = m_parts.pairs.find(record.uuid);
    if (!now || now->lastCopy == copy)
        co_return {};
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.update(record.uuid, [&copy](PairRecord& saved) {
        // Gone on alone meanwhile it is as good.
        if (saved.spec.copy == copy.identity && saved.isPrimary())
            saved.lastCopy = copy;
    }));
    PairEvent event = eventOf(record, EventKind::Note);
    event.text =
        u"%1 has all of the copy on disk: should the shadow be lost, only what changes from now on is copied again"_s
            .arg(record.peerName);
    m_parts.chronicle.record(std::move(event));
    co_return {};
}

} // namespace lockstep
