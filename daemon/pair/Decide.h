// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Claims.h"
#include "pair/Mind.h"

#include <variant>
#include <vector>

namespace lockstep::failover {

// What happens to a pair.

/// The daemon has started and looked at its QEMU.
struct Started
{
    QemuSense qemu{QemuSense::Unknown};
};
struct QemuChanged
{
    QemuSense qemu{QemuSense::Unknown};
};
struct PeerChanged
{
    PeerSense peer{PeerSense::Unknown};
};
/// The other daemon said what it knows of the pair.
struct TheySaid
{
    TheirWord word;
};
/// The arbiter's record was read.
struct ArbiterRead
{
    GrantSeen now;
};
/// The arbiter answered a claim: the record is `now`, by this claim or an earlier one that wanted
/// the same if `granted`.
struct ArbiterAnswered
{
    bool granted{false};
    GrantSeen now;
};
/// The arbiter did not answer. If `sent`, it may have done what it was asked for, or do it yet.
struct ArbiterSilent
{
    bool sent{true};
};
/// What was being carried out has ended.
struct WorkEnded
{
    bool done{true};
};
struct TimerEnded
{ };
/// The arbiter was looked for, while there is nothing to ask of it.
struct ArbiterSeen
{
    bool reachable{true};
};
/// The other side wants a shadow made here, under this epoch.
struct AskedToBuild
{
    quint64 epoch{0};
};
/// The primary's side says that COLO runs: from now on this shadow is in step.
struct AskedToConfirm
{
    quint64 epoch{0};
};
/// The primary wants the secondary's word that it will not take over by itself, or gives it back.
struct AskedToPromise
{
    quint64 epoch{0};
    quint64 number{0};
    bool promise{false};
};
/// The secondary has given its word.
struct Promised
{
    quint64 epoch{0};
    quint64 number{0};
};
/// The other side wants to go on without this one, by agreement: no arbiter is needed if this side
/// promises, for good, that it will not. `kind` says what it wants to do: GoAlone or Takeover.
struct AskedToLetGo
{
    quint64 epoch{0};
    ClaimKind kind{ClaimKind::GoAlone};
};
/// The other side will not go on in this epoch.
struct LetGo
{
    quint64 epoch{0};
};
/// Somebody wants something. Where no arbiter is asked, a wish to go on without the other side is
/// an administrator's word that it may. What cannot be begun is refused: the wish is Nothing then.
struct Told
{
    Wish wish{Wish::Nothing}; ///< Nothing: what was wanted is not wanted any more.
};

using Event =
    std::variant<Started, QemuChanged, PeerChanged, TheySaid, ArbiterRead, ArbiterAnswered,
                 ArbiterSilent, WorkEnded, TimerEnded, ArbiterSeen, AskedToBuild, AskedToConfirm,
                 AskedToPromise, Promised, AskedToLetGo, LetGo, Told>;

// What is to be done about it, in this order. If one cannot be done, those after it must not be.

/// The mind's saved part must be on disk before anything that follows.
struct Save
{ };
/// The primary is cut off from its shadow: no checkpoint comes any more, no output goes out.
struct Sever
{ };
/// The arbiter is asked for its record.
struct ReadRecord
{ };
/// The arbiter is asked to swap what was seen for what is wanted. With Arbitration::Fence: the
/// other host is fenced.
struct Swap
{
    ClaimKind kind{ClaimKind::GoAlone};
    GrantSeen seen;
    GrantSeen wanted;
};
/// Something begins that ends with WorkEnded.
struct Begin
{
    Work work{Work::Nothing};
};
/// TimerEnded comes after this time.
struct Wait
{
    enum class For : quint8 { Retry, Patience, Backoff, HandOver };
    For what{For::Retry};
};
/// The other side is told what this side knows.
struct Tell
{ };
/// The answer to the last event that asks for something.
struct Reply
{
    bool yes{false};
};
/// The other side is asked for its word, or given it back.
struct AskPromise
{
    quint64 number{0};
    bool promise{false};
};
/// The other side is asked to let this one go on alone.
struct AskToLetGo
{
    ClaimKind kind{ClaimKind::GoAlone};
};

using Order =
    std::variant<Save, Sever, ReadRecord, Swap, Begin, Wait, Tell, Reply, AskPromise, AskToLetGo>;

struct Decision
{
    Mind mind;
    std::vector<Order> actions;
};

/// The rules of who may run a domain: a pure function of what is known and what happens. No clock,
/// no thread, no I/O; docs/failover.md tells the rules and shows the states. The simulation in
/// tests/sim checks them against hosts, links and arbiters that fail.
[[nodiscard]] Decision decide(const Mind& before, const Event& event);

/// The primary cannot count on the shadow any more.
[[nodiscard]] bool shadowLost(const Mind& mind);
/// The secondary's primary is gone, or has left it.
[[nodiscard]] bool primaryLost(const Mind& mind);

} // namespace lockstep::failover
