// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Views.h"

namespace lockstep {

/// What an event tells of. The words are those of D-Bus, of the journal and of the CLI.
enum class EventKind {
    State, ///< "state": a pair has another role, state or epoch, is new, or is gone.
    Job, ///< "job": long work has begun or ended.
    Decision, ///< "decision": what was decided about a pair, and why.
    Fault, ///< "fault": something is wrong, or is well again.
    Note, ///< "note": anything else that is worth knowing.
};
[[nodiscard]] QString toString(EventKind kind);
[[nodiscard]] std::optional<EventKind> eventKindFromString(QStringView text);

/// One line of the history of a host's pairs.
struct PairEvent
{
    quint64 id{
        0}; ///< Given by the Chronicle: larger than that of every earlier event of this host.
    QDateTime time; ///< UTC, to the millisecond; the Chronicle sets it if it is not valid.
    EventKind kind{EventKind::Note};
    Severity severity{Severity::Info};
    DomainUuid uuid; ///< Null if it is about no domain.
    QString domain;
    QString text; ///< One sentence without the domain's name, which is shown beside it.
    // Of the pair as it is after the event, where that is known.
    std::optional<Role> role;
    std::optional<PairState> state;
    std::optional<Epoch> epoch;
    QString peer; ///< Name of the other host.
    QJsonObject fields; ///< More for programs, e.g. {"job": 3, "error": "NoSpace"}.

    /// All but `id`.
    [[nodiscard]] QJsonObject toJson() const;
    /// Never fails: words of a later version are left out, or become a note.
    [[nodiscard]] static PairEvent fromJson(quint64 id, const QJsonObject& json);
    /// For logs: "web: from copying to protected (primary, protected, epoch 3, peer beta)".
    [[nodiscard]] QString line() const;
};

/// Which events are wanted; oldest first in the answer.
struct EventQuery
{
    static constexpr int mostEvents = 1'000;

    int limit{100}; ///< 1 to mostEvents: the newest so many or, with `since`, the first after it.
    std::optional<quint64> since; ///< Only those with a larger id.
    QString domain; ///< Only those of this domain: its UUID, or its name then; empty for all.
};

} // namespace lockstep
