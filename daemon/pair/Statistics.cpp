// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Statistics.h"

#include "replication/DomainModel.h"

#include <spdlog/spdlog.h>

#include <QDateTime>

#include <algorithm>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr qint64 perSecond = 1'000'000;
// A request that QEMU has not followed by then was not heard: another checkpoint is none of its.
constexpr qint64 longestRequest = 5 * perSecond;

/// Microseconds since 1970 UTC. Not to the millisecond: a short stop would be all rounding.
qint64 now()
{
    return std::chrono::duration_cast<microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

quint64 atLeastZero(qint64 value) { return static_cast<quint64>(std::max<qint64>(value, 0)); }

bool isBeingMade(PairState state)
{
    return state == PairState::Preparing || state == PairState::Copying
        || state == PairState::Confirming;
}

int kindOf(StatisticsPiece::Kind kind) { return std::to_underlying(kind); }

/// Of a store that is saved to in this second.
KeptKeys keysToKeep(qint64 second)
{
    constexpr qint64 day = static_cast<qint64>(SecondRing::mostMinutes) * Minute::length;
    constexpr qint64 hours = static_cast<qint64>(PairStatistics::mostHours) * PairStatistics::hour;
    const qint64 last = second + PairStatistics::mostAhead;
    return {{kindOf(StatisticsPiece::Kind::Minute), KeyRange{.first = second - day, .last = last}},
            {kindOf(StatisticsPiece::Kind::Hour), KeyRange{.first = second - hours, .last = last}}};
}

} // namespace

Statistics::Statistics(Hypervisor& hypervisor, PairTable& pairs, StatisticsStore* store)
    : m_hypervisor{hypervisor}, m_pairs{pairs}, m_store{store}
{
    connect(&m_hypervisor, &Hypervisor::qmpEvent, this, &Statistics::onQmpEvent);
    connect(&m_hypervisor, &Hypervisor::disconnected, this, &Statistics::onDisconnected);
    connect(&m_pairs, &PairTable::changed, this, &Statistics::onPairChanged);
    connect(&m_pairs, &PairTable::removed, this, &Statistics::onPairRemoved);
    m_second.setInterval(1s);
    connect(&m_second, &QTimer::timeout, this, &Statistics::onSecond);
    m_second.start();
    m_minute.setInterval(savePeriod);
    connect(&m_minute, &QTimer::timeout, this, [this] { m_tasks.add(save()); });
    m_minute.start();
    m_teller.setInterval(tellPeriod);
    m_teller.setSingleShot(true);
    connect(&m_teller, &QTimer::timeout, this, [this] {
        const auto news = std::exchange(m_news, {});
        for (const DomainUuid& uuid : news)
            Q_EMIT changed(uuid);
    });
}

Task<void> Statistics::load()
{
    if (!m_store || std::exchange(m_isReading, true))
        co_return;
    const auto done = co_await readStore();
    m_isReading = false;
    if (done)
        co_return;
    if (done.error().code() == Errc::StoreTooNew)
        m_store = nullptr; // nor could anything be saved
    if (m_complaints.take())
        spdlog::warn("the statistics of earlier runs cannot be read: {}",
                     done.error().message().toStdString());
}

Task<Result<void>> Statistics::readStore()
{
    if (!m_isListed) {
        LOCKSTEP_CO_TRY(domains, co_await m_store->domains());
        m_unread = domains;
        m_isListed = true;
    }
    // One after the other: all of them at once would take twice the memory.
    while (!m_unread.isEmpty()) {
        LOCKSTEP_CO_CHECK(co_await read(m_unread.constFirst()));
        m_unread.removeFirst();
    }
    co_return {};
}

Task<Result<void>> Statistics::read(QString uuid)
{
    const DomainUuid domain{QUuid::fromString(uuid)};
    if (!m_pairs.find(domain))
        co_return co_await m_store->forget(uuid);
    LOCKSTEP_CO_TRY(rows, co_await m_store->load(uuid));
    if (!m_pairs.find(domain))
        co_return {};
    QList<StatisticsPiece> pieces;
    for (const StatisticsRow& row : std::as_const(rows))
        pieces.append({.kind = static_cast<StatisticsPiece::Kind>(row.kind),
                       .key = row.key,
                       .data = row.data});
    if (const int unread = m_all[domain].statistics.restore(pieces); unread > 0)
        spdlog::warn("pair {}: {} piece(s) of its statistics cannot be read", uuid.toStdString(),
                     unread);
    co_return {};
}

Task<void> Statistics::stop()
{
    m_second.stop();
    m_minute.stop();
    m_teller.stop();
    // Nothing may begin any more: who has awaited this destroys it.
    disconnect(&m_hypervisor, nullptr, this, nullptr);
    disconnect(&m_pairs, nullptr, this, nullptr);
    co_await m_tasks.drained();
    co_await save();
}

Task<void> Statistics::save()
{
    // It would overwrite what was not read yet.
    if (m_store && !isRead())
        co_await load();
    if (m_store && !isRead())
        co_return;
    QList<StatisticsRow> rows;
    std::map<DomainUuid, QList<StatisticsPiece>> taken;
    for (auto& [uuid, pair] : m_all) {
        const auto pieces = pair.statistics.takeChanges();
        taken[uuid] = pieces;
        for (const StatisticsPiece& piece : pieces)
            rows.append({.uuid = toString(uuid),
                         .kind = kindOf(piece.kind),
                         .key = piece.key,
                         .data = piece.data});
    }
    if (!m_store || rows.isEmpty())
        co_return;
    const auto saved = co_await m_store->save(rows, keysToKeep(now() / perSecond));
    if (saved)
        co_return;
    for (const auto& [uuid, pieces] : taken) {
        if (const auto found = m_all.find(uuid); found != m_all.end())
            found->second.statistics.putBack(pieces);
    }
    if (m_complaints.take())
        spdlog::warn("the statistics of the last minute were not saved, and will be later: {}",
                     saved.error().message().toStdString());
}

Task<void> Statistics::forget(DomainUuid uuid)
{
    if (!m_store)
        co_return;
    const auto gone = co_await m_store->forget(toString(uuid));
    if (gone)
        co_return;
    // Tried again before anything is saved: of a pair that is protected anew it would be confused.
    m_unread.append(toString(uuid));
    if (m_complaints.take())
        spdlog::warn("pair {}: its statistics were not deleted: {}", toString(uuid).toStdString(),
                     gone.error().message().toStdString());
}

void Statistics::asked(const DomainUuid& uuid, CheckpointReason reason)
{
    if (m_pairs.find(uuid)) // else it was removed meanwhile
        m_all[uuid].asked = Asked{.reason = reason, .time = now()};
}

const PairStatistics* Statistics::find(const DomainUuid& uuid) const
{
    const auto found = m_all.find(uuid);
    return found == m_all.end() ? nullptr : &found->second.statistics;
}

std::optional<quint64> Statistics::packets(const DomainUuid& uuid) const
{
    const auto found = m_all.find(uuid);
    const bool isProbed = found != m_all.end() && found->second.probe;
    return isProbed ? found->second.probe->packets() : std::nullopt;
}

void Statistics::tell(const DomainUuid& uuid)
{
    m_news.insert(uuid);
    if (!m_teller.isActive())
        m_teller.start();
}

bool Statistics::isWatched(const Pair& pair, const PairRecord& record)
{
    if (record.state == PairState::Protected)
        return !record.suspended;
    // Before it has entered COLO QEMU stops the guest for other reasons.
    return pair.hasEntered && isBeingMade(record.state);
}

void Statistics::onQmpEvent(const DomainUuid& uuid, const QString& name, qint64 when,
                            const QJsonObject& data)
{
    const bool isStop = name == u"STOP";
    const bool isMigration = name == u"MIGRATION";
    if (!isStop && !isMigration && name != u"RESUME")
        return;
    const auto record = m_pairs.find(uuid);
    if (!record)
        return;
    Pair& pair = m_all[uuid];
    if (isMigration) {
        pair.hasEntered = data[u"status"].toString() == u"colo";
        pair.stop.reset();
        return;
    }
    if (!isStop)
        tell(uuid);
    if (!isWatched(pair, *record)) {
        pair.stop.reset();
        return;
    }
    probe(pair, *record);
    const qint64 time = when > 0 ? when : now();
    if (isStop)
        onStop(pair, time);
    else if (pair.stop)
        onResume(pair, *record, time);
}

void Statistics::onStop(Pair& pair, qint64 when)
{
    Stop stop{.time = when, .looked = 0, .packets = pair.probe->packets(), .asked = {}};
    stop.looked = now();
    if (const auto request = pair.asked; request && request->time <= when) {
        if (when - request->time <= longestRequest)
            stop.asked = request;
        pair.asked.reset();
    }
    pair.stop = stop;
}

CheckpointReason Statistics::reasonOf(const Stop& stop, const PairRecord& record)
{
    if (record.state != PairState::Protected)
        return CheckpointReason::First;
    if (!record.isPrimary())
        return CheckpointReason::Unknown;
    if (const auto& asked = stop.asked)
        return asked->reason;
    return record.settings.protocol.compares() ? CheckpointReason::Difference
                                               : CheckpointReason::Output;
}

void Statistics::onResume(Pair& pair, const PairRecord& record, qint64 when)
{
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): the caller has looked
    const Stop stop = *std::exchange(pair.stop, std::nullopt);
    Checkpoint checkpoint;
    checkpoint.time = when;
    checkpoint.stopped = Maybe<quint32>{atLeastZero(when - stop.time)}.orZero();
    checkpoint.reason = reasonOf(stop, record);
    if (const auto& asked = stop.asked)
        checkpoint.duration = atLeastZero(when - asked->time);
    fillReleased(checkpoint, pair, stop, record);
    takeTraffic(pair, when / perSecond);
    const auto since = std::exchange(pair.since, {});
    checkpoint.memory = since.memory;
    checkpoint.disk = since.disk;
    pair.statistics.add(checkpoint);
    pair.lastEnd = when;
}

void Statistics::fillReleased(Checkpoint& checkpoint, const Pair& pair, const Stop& stop,
                              const PairRecord& record)
{
    // Who looked only after the guest ran again has not seen what was let go meanwhile.
    const auto packets = pair.probe->packets();
    if (!record.isPrimary() || !packets || !stop.packets || stop.looked >= checkpoint.time)
        return;
    const quint64 released = *packets - std::min(*packets, *stop.packets);
    checkpoint.released = released;
    if (released == 0)
        return;
    // A checkpoint lets go all that waits, and QEMU asks for one when something has waited. What
    // had waited that long before lockstepd asked went with an earlier one.
    const auto& protocol = record.settings.protocol;
    const microseconds patience = protocol.hold() + protocol.scan();
    qint64 longest = patience.count()
        + (checkpoint.duration.isKnown() ? checkpoint.duration.orZero() : checkpoint.stopped);
    if (pair.lastEnd > 0 && pair.lastEnd < checkpoint.time) // unless the clock was set back
        longest = std::min(longest, checkpoint.time - pair.lastEnd);
    checkpoint.hold = atLeastZero(longest);
}

void Statistics::takeTraffic(Pair& pair, qint64 second)
{
    const auto more = pair.probe->more();
    pair.since.memory += more.memory;
    pair.since.disk += more.disk;
    pair.statistics.observe(second, more.memory, more.disk);
}

void Statistics::probe(Pair& pair, const PairRecord& record)
{
    if (pair.probe && pair.probe->fits(record))
        return;
    pair.probe = std::make_unique<PairProbe>(m_kernel, record);
    pair.since = {};
    pair.lastEnd = 0;
    seekTaps(pair, record);
}

void Statistics::seekTaps(Pair& pair, const PairRecord& record)
{
    // A shadow sends nothing.
    if (record.isPrimary() && !pair.probe->hasTaps() && !std::exchange(pair.seeksTaps, true))
        m_tasks.add(findTaps(record.uuid));
}

Task<void> Statistics::findTaps(DomainUuid uuid)
{
    const auto xml = co_await m_hypervisor.xml(uuid, XmlKind::Live);
    const auto found = m_all.find(uuid);
    if (found == m_all.end())
        co_return;
    found->second.seeksTaps = false;
    if (!xml || !found->second.probe)
        co_return; // onSecond() asks again
    const auto domain = parseDomain(*xml);
    if (!domain)
        co_return;
    QStringList taps;
    for (const DomainNic& nic : domain->nics)
        taps.append(nic.tap);
    found->second.probe->setTaps(taps);
}

void Statistics::onSecond()
{
    if (!m_hypervisor.isConnected())
        return;
    const qint64 second = now() / perSecond;
    const auto records = m_pairs.all();
    for (const PairRecord& record : records) {
        if (record.state != PairState::Protected)
            continue;
        Pair& pair = m_all[record.uuid];
        probe(pair, record);
        seekTaps(pair, record);
        // A timer is never exact: one second that it has jumped over is none that is not known.
        if (pair.second == second - 2)
            pair.statistics.observe(second - 1, 0, 0);
        pair.second = second;
        takeTraffic(pair, second);
    }
}

void Statistics::onDisconnected()
{
    // Events of some time are missing then: the next RESUME is none of a STOP that was seen.
    for (auto& [uuid, pair] : m_all) {
        pair.stop.reset();
        pair.asked.reset();
    }
}

void Statistics::onPairChanged(const DomainUuid& uuid)
{
    const auto record = m_pairs.find(uuid);
    const auto found = m_all.find(uuid);
    if (!record || found == m_all.end())
        return;
    Pair& pair = found->second;
    if (record->state == PairState::Protected || isBeingMade(record->state))
        return;
    pair.hasEntered = false;
    pair.stop.reset();
    pair.asked.reset();
    pair.probe.reset();
    pair.second = 0;
}

void Statistics::onPairRemoved(const DomainUuid& uuid)
{
    m_all.erase(uuid);
    m_news.remove(uuid);
    m_tasks.add(forget(uuid));
}

} // namespace lockstep
