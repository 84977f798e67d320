// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Grant.h"
#include "pair/Views.h"

#include <QtTypes>

#include <tuple>

namespace lockstep::failover {

/// How it is decided who may run a domain whose hosts lost each other.
enum class Arbitration : quint8 {
    Manual, ///< An administrator says so.
    Record, ///< An arbiter keeps a record of the pair and changes it by compare-and-swap (etcd).
    Fence, ///< The other host must be confirmed off; nobody keeps a record.
};

enum class Side : quint8 { Nobody, Own, Other };

/// The arbiter's record of a pair as one host sees it.
struct GrantSeen
{
    quint64 epoch{0};
    Side owner{Side::Nobody}; ///< Nobody: there is no record.
    bool inStep{false}; ///< The other side's shadow was in step under this epoch.
    friend bool operator==(const GrantSeen&, const GrantSeen&) = default;
};

/// This host's QEMU of the domain.
enum class QemuSense : quint8 {
    Unknown, ///< Not looked at yet.
    Colo, ///< In COLO, and connected as far as it knows.
    Left, ///< Out of COLO or cut off: a primary's output is held, a shadow waits.
    Plain, ///< Runs without COLO.
    Hung, ///< It does not answer.
    Died, ///< There is none, and nobody asked for its end.
    Off, ///< There is none: the guest or somebody turned it off.
};

/// No guest runs there any more.
[[nodiscard]] inline bool hasEnded(QemuSense qemu)
{
    return qemu == QemuSense::Died || qemu == QemuSense::Off;
}

[[nodiscard]] inline bool isUseless(QemuSense qemu)
{
    return hasEnded(qemu) || qemu == QemuSense::Hung;
}

/// The other host, as its heartbeats tell.
enum class PeerSense : quint8 {
    Unknown, ///< Nothing heard since this daemon started.
    Alive,
    DaemonGone, ///< The host lives, its daemon does not answer.
    Gone, ///< No sign of life.
};

/// What somebody wants of a pair now. Over once it is done, or cannot be.
enum class Wish : quint8 {
    Nothing,
    Protect, ///< The domain gets a shadow, though the pair does not protect itself.
    GoAlone, ///< The primary leaves its shadow, though that may be well.
    OwnAlone, ///< Somebody knows that this host has the newest state, and that the other is off.
    HandOver, ///< The primary lets a shadow that is in step take over.
    TakeOver, ///< The shadow takes over; without an arbiter this is somebody's word that it may.
};

/// What the other daemon last said of the pair.
struct TheirWord
{
    bool heard{false};
    bool known{false}; ///< It has a record of the pair.
    Role role{Role::Primary};
    PairState state{PairState::Off};
    quint64 epoch{0};
    bool sole{false};
    bool promised{false};
    QemuSense qemu{QemuSense::Unknown};
    bool handingOver{false}; ///< A primary that has cut its shadow off and waits for its takeover.
    // What follows decides nothing.
    bool suspended{false}; ///< Somebody has suspended the guest.
    quint16 resumes{0}; ///< Of a secondary: checkpoints that have let it run since.
    friend bool operator==(const TheirWord&, const TheirWord&) = default;
};

/// What is being carried out. One thing at a time.
enum class Work : quint8 {
    Nothing,
    Read, ///< The arbiter is asked for its record.
    CutOff, ///< A shadow is cut off from its primary, and seen to be alive and in step afterwards.
    Claim, ///< The arbiter is asked to change it.
    Agree, ///< The other side is asked to let this one go on alone.
    Build, ///< The shadow is made, until COLO runs.
    Confirm, ///< The secondary is told that its shadow is in step.
    Detach, ///< COLO is left and the graph taken apart: live alone.
    GoLive, ///< The shadow becomes the domain.
    Merge, ///< Its overlays are merged, in QEMU or, if that has ended, without.
    Discard, ///< The shadow and its images are taken away.
    Destroy, ///< An out of date copy that still exists is destroyed.
};

/// All that a host knows of a pair. decide() maps it and an event to the next one.
struct Mind
{
    // Saved before it is acted on.
    bool known{false};
    Role role{Role::Primary};
    PairState state{PairState::Alone};
    quint64 epoch{0};
    /// This side may run the domain without the other: it was granted the epoch, or shares it with
    /// nobody yet.
    bool sole{true};
    /// A claim for the next epoch may have been made, and its answer is not known. It has to be
    /// settled before anything else: it may still be carried out.
    bool claimed{false};
    /// A secondary's word that it will not ask to take over, while the arbiter cannot be reached
    /// and the policy is that the primary continues. On the primary: it has that word.
    bool promised{false};
    quint64 promise{0}; ///< Number of that word: an older one that comes late does not count.

    // Settings of the pair.
    Arbitration arbitration{Arbitration::Manual};
    bool primaryContinues{false}; ///< on-arbiter-loss = primary-continues
    bool autoProtect{false};

    // Sensed since the daemon started.
    QemuSense qemu{QemuSense::Unknown};
    PeerSense peer{PeerSense::Unknown};
    TheirWord theirs;
    bool arbiterLost{false}; ///< Its last request was not answered.
    bool confirmed{false}; ///< The secondary knows that its shadow is in step.
    bool impatient{false}; ///< The other side has had its time to decide.
    Wish wish{Wish::Nothing};

    // At work.
    Work work{Work::Nothing};
    ClaimKind claim{ClaimKind::GoAlone}; ///< What Read and Claim are for.
    GrantSeen seen; ///< The record as it was read, and as it shall become.
    GrantSeen wanted;
    bool agreeing{false}; ///< The other side is asked instead of the arbiter.
    bool first{
        false}; ///< No earlier claim waits for its answer: if this one was not sent, none is.
    bool waiting{false}; ///< A timer runs before the next attempt.

    [[nodiscard]] bool isPrimary() const { return role == Role::Primary; }
    [[nodiscard]] bool wantsAlone() const
    {
        return wish == Wish::GoAlone || wish == Wish::OwnAlone;
    }
    [[nodiscard]] bool isHandingOver() const
    {
        return wish == Wish::HandOver && state == PairState::Interrupted;
    }
    friend bool operator==(const Mind&, const Mind&) = default;
};

/// The part of it that is saved.
[[nodiscard]] inline auto savedPart(const Mind& mind)
{
    return std::tuple{mind.known, mind.role,    mind.state,    mind.epoch,
                      mind.sole,  mind.claimed, mind.promised, mind.promise};
}

} // namespace lockstep::failover
