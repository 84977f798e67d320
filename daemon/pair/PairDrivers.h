// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairDriver.h"
#include "store/StartGuard.h"

#include <QSet>

#include <map>

namespace lockstep {

/// The drivers of this host's pairs, and what the host tells its peers of pairs.
class PairDrivers final : public QObject
{
    Q_OBJECT
public:
    /// How often it is looked whether a peer says something else; what is urgent comes by signal.
    static constexpr std::chrono::milliseconds hearPeriod{100};

    /// `starts` is where the start guard keeps its files.
    PairDrivers(PairParts parts, TaskSet& tasks, const QString& starts);

    /// Makes a driver for each record; they begin with begin(). Peers hear nothing of pairs before.
    void load();
    /// libvirt can be asked.
    [[nodiscard]] Task<void> begin();
    void stop();

    [[nodiscard]] PairDriver* find(const DomainUuid& uuid) const;
    /// Drops the drivers of which nothing is left.
    void sweep();
    /// The driver of a pair that is not known yet, begun.
    [[nodiscard]] Task<PairDriver*> add(PairRecord record);

Q_SIGNALS:
    void changed(const lockstep::DomainUuid& uuid);

private:
    PairDriver& make(PairRecord record, bool isNew);
    void hear(const PeerId& peer);
    [[nodiscard]] QList<PairBeat> beatsFor(const PeerId& peer) const;
    void lookForStrangers(const PeerId& peer);
    [[nodiscard]] Task<void> lookAtStranger(PeerId peer, DomainUuid uuid);

    PairParts m_parts;
    TaskSet& m_tasks;
    StartGuard m_guard;
    std::map<DomainUuid, std::unique_ptr<PairDriver>> m_drivers;
    /// Pairs that a peer speaks of and this host does not know: what runs here under that UUID.
    QMap<DomainUuid, failover::QemuSense> m_strangers;
    QSet<DomainUuid> m_looking; ///< At these, just now.
    QTimer m_timer;
};

} // namespace lockstep
