// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/SettingsFlow.h"

#include <QObject>
#include <QTimer>

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>

namespace lockstep {

/// Governs the pairs of this host whose mode is auto, while it is their primary and they are
/// protected: looks at their checkpoints once a second, and has what a Governor picks put in force.
/// Begins with what is in force by the record, also after a restart or a takeover.
class Governors final : public QObject
{
    Q_OBJECT
public:
    /// One moment by two clocks, in microseconds: one that nobody sets, and since 1970 UTC, by
    /// which QEMU tells when things were.
    struct Moment
    {
        qint64 steady{0};
        qint64 wall{0};

        [[nodiscard]] static Moment now();
    };
    using Clock = std::function<Moment()>;
    struct Pace
    {
        std::chrono::milliseconds look; ///< From one look to the next.
        std::chrono::milliseconds retry; ///< To bring back what has failed.
    };
    static constexpr Pace usualPace{.look = std::chrono::milliseconds{1'000},
                                    .retry = std::chrono::milliseconds{5'000}};

    Governors(PairParts parts, SettingsFlow& settings, TaskSet& tasks, Clock clock = Moment::now,
              Pace pace = usualPace);

    /// Once the pairs are known.
    void begin();
    /// Nothing is picked any more; a change that is under way is finished.
    void stop();
    /// What it does once a second.
    void look();

private:
    struct Governed
    {
        Governor governor;
        Epoch epoch;
        Governing limits;
        Choice inForce;
        Moment since; ///< All before that was looked at, or was not of this choice.
        std::optional<quint64> packets; ///< That had left the guest then.
        bool isChanging{false};
        QString told; ///< Why the last change could not be made; empty if it could.
    };

    void onPairChanged(const DomainUuid& uuid);
    void lookAt(const PairRecord& record, const Moment& now);
    /// What was seen since the last look; nothing if that cannot be told.
    [[nodiscard]] std::optional<GovernorInput> seenBy(Governed& governed, const PairRecord& record,
                                                      const Moment& now) const;
    void startOver(Governed& governed, const DomainUuid& uuid, const Moment& now) const;
    [[nodiscard]] Task<void> apply(DomainUuid uuid, Epoch epoch, Governor::Change change);
    /// In the history, if it could not be made, but not the same again and again.
    void tell(const DomainUuid& uuid, Epoch epoch, const Choice& choice, const Result<void>& done);
    /// nullptr if it is not governed under that epoch any more.
    [[nodiscard]] Governed* find(const DomainUuid& uuid, Epoch epoch);

    PairParts m_parts;
    SettingsFlow& m_settings;
    TaskSet& m_tasks;
    const Clock m_clock;
    const Pace m_pace;
    std::map<DomainUuid, Governed> m_all;
    QTimer m_timer;
    std::stop_source m_stop;
};

} // namespace lockstep
