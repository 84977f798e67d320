// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/MakeArbiter.h"
#include "pair/Governing.h"
#include "pair/Views.h"
#include "replication/MemoryTransfer.h"
#include "replication/Protocol.h"
#include "replication/Spec.h"

#include <QJsonObject>

namespace lockstep {

/// The word for it among settings.
[[nodiscard]] QString nameOf(Mode mode);

/// How a pair fails over. Both hosts keep the same.
struct PairSettings
{
    ArbiterKind arbiter{ArbiterKind::Manual};
    bool primaryContinues{false}; ///< on-arbiter-loss = primary-continues; else it waits.
    bool autoProtect{false}; ///< A domain that lost its shadow gets one again by itself.
    bool reuseDisks{false}; ///< A replica may be copied onto the other host's out of date image.
    Protocol protocol{}; ///< What both QEMUs do, whoever has picked it.
    MemoryTransfer transfer{};
    /// Of the disks to a new shadow, a second at most; 0: as Config::Replication::copySpeed of the
    /// primary's host says.
    Bytes copySpeed{};
    Governing governing{}; ///< Whether lockstepd picks mode and period, and within which limits.
    friend bool operator==(const PairSettings&, const PairSettings&) = default;

    /// The longest time between two checkpoints.
    [[nodiscard]] std::chrono::milliseconds interval() const;
    /// Where lockstepd picks mode and period: they are within its limits.
    void obeyLimits();
    /// By the names of base/PairSettingTable.h. Where lockstepd picks them, "mode" is "auto", and
    /// what it has picked is "mode-in-force" and "period-in-force".
    [[nodiscard]] QJsonObject toJson() const;
    /// Errors: Malformed, naming the member.
    [[nodiscard]] static Result<PairSettings> fromJson(const QJsonObject& json);
};

/// What is known of the copy of the domain's disks that the other host had last, or on a secondary
/// this one. The other host's disk has it all but for what was written since it was begun to take
/// note of that (replication/ChangeMaps).
struct LastCopy
{
    QString identity; ///< ReplicationSpec::copy once it was complete and on disk; else empty.
    PeerId peer; ///< The other host of the pair then.
    Epoch epoch; ///< Under which it was made.
    QString lost; ///< Why there is none, a word of pair/FullCopy.h; empty if there never was one.
    friend bool operator==(const LastCopy&, const LastCopy&) = default;

    [[nodiscard]] static LastCopy none(const QString& why) { return {{}, {}, {}, why}; }
    [[nodiscard]] QJsonObject toJson() const;
    [[nodiscard]] static LastCopy fromJson(const QJsonObject& json);
};

/// What a host knows of a pair and must not forget; saved before it is acted on. What role, state,
/// epoch, sole, claimed, promised and promise mean, failover::Mind tells.
struct PairRecord
{
    DomainUuid uuid;
    QString domain;
    Role role{Role::Primary};
    PeerId peer;
    QString peerName;
    PairState state{PairState::Preparing};
    QString reason;
    Epoch epoch;
    bool sole{true};
    bool claimed{false};
    bool promised{false};
    quint64 promise{0};
    PairSettings settings;
    QDateTime since;
    ReplicationSpec spec;
    QString imageDirectory; ///< Where this host keeps replicas of the domain; empty if it has none.
    QString definition; ///< On a secondary: the XML to define once it has taken over.
    bool definedHere{
        false}; ///< On a secondary: libvirt here keeps an out of date definition of the domain.
    bool merged{false}; ///< While merging: the guest writes to the replicas, past the overlays.
    bool suspended{false}; ///< While protected: somebody has suspended the guest (virsh suspend).
    quint16 resumes{0}; ///< Of a shadow, since then: checkpoints that have let it run.
    LastCopy lastCopy;

    /// The domain runs, or ran last, on this host as far as this host knows.
    [[nodiscard]] bool isPrimary() const { return role == Role::Primary; }
    /// A shadow exists, or is being made or given up.
    [[nodiscard]] bool isEngaged() const;

    [[nodiscard]] QJsonObject toJson() const;
    /// Errors: Malformed, naming the member.
    [[nodiscard]] static Result<PairRecord> fromJson(const QJsonObject& json);
    [[nodiscard]] PairView toView() const;
};

} // namespace lockstep
