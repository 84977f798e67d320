// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairDrivers.h"

#include "pair/Word.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace failover;

PairDrivers::PairDrivers(PairParts parts, TaskSet& tasks, const QString& starts)
    : m_parts{parts}, m_tasks{tasks}, m_guard{starts}
{
    connect(&m_parts.peers, &Peers::healthChanged, this, &PairDrivers::hear);
    connect(&m_parts.peers, &Peers::pairHealthChanged, this, &PairDrivers::hear);
    connect(&m_parts.hypervisor, &Hypervisor::lifecycle, this, [this](const DomainUuid& uuid) {
        m_strangers.remove(uuid); // looked at again when it is asked for
    });
    connect(&m_parts.arbiters, &Arbiters::seen, this,
            [this](const Arbiters::Use& use, bool reachable) {
                for (const auto& [uuid, driver] : m_drivers) {
                    const auto record = m_parts.pairs.find(uuid);
                    if (record && Arbiters::Use{record->settings.arbiter, record->peerName} == use)
                        driver->arbiterSeen(reachable);
                }
            });
    m_timer.setInterval(hearPeriod);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        for (const auto& [uuid, driver] : m_drivers)
            driver->hear();
        const auto peers = m_parts.peers.peers();
        for (const auto& peer : peers)
            lookForStrangers(peer.id);
    });
}

PairDriver& PairDrivers::make(PairRecord record, bool isNew)
{
    const auto uuid = record.uuid;
    auto driver = std::make_unique<PairDriver>(m_parts, std::move(record), isNew, m_guard, m_tasks);
    connect(driver.get(), &PairDriver::vacant, this, &PairDrivers::sweep, Qt::QueuedConnection);
    connect(driver.get(), &PairDriver::changed, this, [this, uuid] { Q_EMIT changed(uuid); });
    return *(m_drivers[uuid] = std::move(driver));
}

void PairDrivers::load()
{
    const auto records = m_parts.pairs.all();
    for (const auto& record : records)
        make(record, false).guard();
    const auto guarded = m_guard.known();
    for (const auto& uuid : guarded) {
        // Left by a daemon that died between two writes.
        if (m_parts.pairs.find(uuid))
            continue;
        const auto gone = m_guard.forget(uuid);
        if (!gone)
            spdlog::error("{}", gone.error().message().toStdString());
    }
}

Task<void> PairDrivers::begin()
{
    // What a peer hears of a pair before its QEMU was looked at would be wrong.
    std::vector<DomainUuid> uuids;
    uuids.reserve(m_drivers.size());
    for (const auto& [uuid, driver] : m_drivers)
        uuids.push_back(uuid);
    for (const auto& uuid : uuids) {
        if (auto* const driver = find(uuid))
            co_await driver->start();
    }
    m_parts.peers.setPairBeats([this](const PeerId& peer) { return beatsFor(peer); });
    m_timer.start();
}

void PairDrivers::stop()
{
    m_timer.stop();
    m_parts.peers.setPairBeats({});
    for (const auto& [uuid, driver] : m_drivers)
        driver->stop();
}

PairDriver* PairDrivers::find(const DomainUuid& uuid) const
{
    const auto found = m_drivers.find(uuid);
    return found == m_drivers.end() ? nullptr : found->second.get();
}

Task<PairDriver*> PairDrivers::add(PairRecord record)
{
    const auto uuid = record.uuid;
    if (!find(uuid))
        co_await make(std::move(record), true).start();
    co_return find(uuid);
}

void PairDrivers::sweep()
{
    std::erase_if(m_drivers, [this](const auto& entry) {
        const bool vacant = entry.second->isVacant();
        if (vacant) // the peer may still speak of it
            m_strangers.remove(entry.first);
        return vacant;
    });
}

void PairDrivers::hear(const PeerId& peer)
{
    for (const auto& [uuid, driver] : m_drivers) {
        if (driver->peer() == peer)
            driver->hear();
    }
    lookForStrangers(peer);
}

QList<PairBeat> PairDrivers::beatsFor(const PeerId& peer) const
{
    QList<PairBeat> beats;
    for (const auto& [uuid, driver] : m_drivers) {
        if (driver->peer() == peer)
            beats.append(toBeat(uuid, driver->word(), true));
    }
    // Who speaks of a pair that is not known here must be told so.
    const auto theirs = m_parts.peers.pairsOf(peer);
    for (const auto& beat : theirs) {
        const auto stranger = m_strangers.find(beat.uuid);
        if (!wantsAnswer(beat) || find(beat.uuid) || stranger == m_strangers.end())
            continue;
        TheirWord unknown;
        unknown.qemu = *stranger;
        beats.append(toBeat(beat.uuid, unknown, false));
    }
    return beats;
}

void PairDrivers::lookForStrangers(const PeerId& peer)
{
    const auto theirs = m_parts.peers.pairsOf(peer);
    for (const auto& beat : theirs) {
        const bool known = find(beat.uuid) || m_strangers.contains(beat.uuid);
        if (!wantsAnswer(beat) || known || !m_timer.isActive() || m_looking.contains(beat.uuid))
            continue;
        m_looking.insert(beat.uuid);
        m_tasks.add(lookAtStranger(peer, beat.uuid));
    }
}

Task<void> PairDrivers::lookAtStranger(PeerId peer, DomainUuid uuid)
{
    const auto domain = co_await m_parts.hypervisor.find(toString(uuid));
    m_looking.remove(uuid);
    if (!domain && domain.error().code() != Errc::UnknownDomain)
        co_return;
    const bool runs =
        domain && domain->state != DomainState::Off && domain->state != DomainState::Crashed;
    m_strangers[uuid] = runs ? QemuSense::Plain : QemuSense::Off;
    m_parts.peers.beatSoon(peer);
}

} // namespace lockstep
