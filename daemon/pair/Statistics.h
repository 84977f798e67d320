// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/RateLimit.h"
#include "hypervisor/Hypervisor.h"
#include "pair/PairProbe.h"
#include "pair/PairTable.h"
#include "statistics/PairStatistics.h"
#include "store/StatisticsStore.h"

#include <QObject>
#include <QSet>
#include <QStringList>
#include <QTimer>

#include <map>
#include <optional>

namespace lockstep {

/// Records the checkpoints of this host's pairs, and what they cost. Decides nothing, and nothing
/// waits for it. What is recorded is saved once a minute: more than that a power cut does not cost.
/// docs/statistics.md tells what is known of a checkpoint, and what is not.
class Statistics final : public QObject
{
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds savePeriod{60'000};
    /// Who shows figures is told so often at most.
    static constexpr std::chrono::milliseconds tellPeriod{200};

    /// All must outlive it; without a store nothing is kept.
    Statistics(Hypervisor& hypervisor, PairTable& pairs, StatisticsStore* store);

    /// Reads what earlier runs have left; once the table was loaded. Nobody has to wait for it:
    /// what is recorded meanwhile comes after that. A store that cannot be read now is asked again
    /// before something is saved. What is none is logged, and begins anew.
    [[nodiscard]] Task<void> load();
    /// Records nothing any more, and saves what is not saved yet.
    [[nodiscard]] Task<void> stop();

    /// lockstepd asks QEMU for a checkpoint now.
    void asked(const DomainUuid& uuid, CheckpointReason reason);
    /// nullptr if nothing is known of it; good until the event loop goes on.
    [[nodiscard]] const PairStatistics* find(const DomainUuid& uuid) const;
    /// How many packets the guest's network devices have let go, from whenever on they count;
    /// nothing if that is not known.
    [[nodiscard]] std::optional<quint64> packets(const DomainUuid& uuid) const;
    /// Saves what has changed. What cannot be saved now is saved with what comes later.
    [[nodiscard]] Task<void> save();

Q_SIGNALS:
    /// There are new figures.
    void changed(const lockstep::DomainUuid& uuid);

private:
    struct Asked
    {
        CheckpointReason reason;
        qint64 time;
    };
    struct Stop
    {
        qint64 time; ///< Of the stop, by QEMU's clock.
        qint64 looked; ///< When `packets` was read.
        std::optional<quint64> packets;
        std::optional<Asked> asked; ///< It is what was asked for.
    };
    struct Pair
    {
        PairStatistics statistics;
        std::unique_ptr<PairProbe> probe;
        std::optional<Asked> asked; ///< Of a checkpoint that has not begun yet.
        std::optional<Stop> stop;
        bool hasEntered{false}; ///< QEMU has said that it is in COLO.
        bool seeksTaps{false};
        qint64 second{0}; ///< That onSecond() has looked at last; 0 if it has not.
        qint64 lastEnd{0}; ///< Of the checkpoint before; 0 if there was none.
        PairProbe::Traffic since; ///< The checkpoint before.
    };

    void onQmpEvent(const DomainUuid& uuid, const QString& name, qint64 when,
                    const QJsonObject& data);
    void onPairChanged(const DomainUuid& uuid);
    void onPairRemoved(const DomainUuid& uuid);
    void onDisconnected();
    void onSecond();
    static void onStop(Pair& pair, qint64 when);
    static void onResume(Pair& pair, const PairRecord& record, qint64 when);
    /// What lies between two checkpoints is one of these only then.
    [[nodiscard]] static bool isWatched(const Pair& pair, const PairRecord& record);
    [[nodiscard]] static CheckpointReason reasonOf(const Stop& stop, const PairRecord& record);
    static void fillReleased(Checkpoint& checkpoint, const Pair& pair, const Stop& stop,
                             const PairRecord& record);
    static void takeTraffic(Pair& pair, qint64 second);
    void probe(Pair& pair, const PairRecord& record);
    void seekTaps(Pair& pair, const PairRecord& record);
    [[nodiscard]] Task<void> findTaps(DomainUuid uuid);
    [[nodiscard]] bool isRead() const { return m_isListed && m_unread.isEmpty(); }
    [[nodiscard]] Task<Result<void>> readStore();
    [[nodiscard]] Task<Result<void>> read(QString uuid);
    [[nodiscard]] Task<void> forget(DomainUuid uuid);
    void tell(const DomainUuid& uuid);

    Hypervisor& m_hypervisor;
    PairTable& m_pairs;
    StatisticsStore* m_store;
    bool m_isReading{false};
    bool m_isListed{false}; ///< The store has said of whom it has something.
    QStringList m_unread; ///< Those of them that were not read yet, by UUID.
    SockDiag m_kernel;
    std::map<DomainUuid, Pair> m_all;
    QSet<DomainUuid> m_news;
    QTimer m_second;
    QTimer m_minute;
    QTimer m_teller;
    RateLimit m_complaints{3, 1.0 / 3600};
    TaskSet m_tasks;
};

} // namespace lockstep
