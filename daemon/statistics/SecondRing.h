// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QtTypes>

#include <deque>
#include <functional>
#include <vector>

namespace lockstep {

/// What happened to a pair within one second.
struct Second
{
    quint16 checkpoints{0};
    quint16 asked{0}; ///< Of these, those that QEMU asked for.
    quint32 stopped{0}; ///< Microseconds that this host's copy stood still.
    quint32 longest{0}; ///< Microseconds of the longest stop.
    quint32 released{0}; ///< Packets.
    quint32 memoryKib{0};
    quint32 diskKib{0};
    friend bool operator==(const Second&, const Second&) = default;

    /// Nothing happened in it.
    [[nodiscard]] bool isQuiet() const { return *this == Second{}; }
    /// What else happened in it. Rather too little than too much: a counter that begins anew would
    /// tell nonsense.
    void add(const Second& more);
};
static_assert(sizeof(Second) == 24, "docs/statistics.md says how large the rings are");

/// A minute of seconds: only those in which something happened take room.
struct Minute
{
    static constexpr int length = 60;

    qint64 start{0}; ///< Seconds since 1970 UTC, a multiple of `length`.
    quint64 observed{0}; ///< A bit for each second in which lockstepd looked; the others are gaps.
    quint64 busy{0}; ///< A bit for each that `seconds` has, in order.
    std::vector<Second> seconds;
    friend bool operator==(const Minute&, const Minute&) = default;

    [[nodiscard]] bool isObserved(int second) const { return ((observed >> second) & 1U) != 0; }
    [[nodiscard]] bool isBusy(int second) const { return ((busy >> second) & 1U) != 0; }
    /// A quiet one if nothing happened.
    [[nodiscard]] Second at(int second) const;
    /// Observes that second; makes room for it.
    [[nodiscard]] Second& change(int second);
    /// Whether it is one at all, as far as can be told: it may come from a file.
    [[nodiscard]] bool isSound() const;

private:
    [[nodiscard]] std::size_t position(int second) const;
};

/// The last day of a pair, second by second. Bounded: mostMinutes minutes, of which a quiet one
/// takes some 60 bytes and the busiest 1.5 KiB.
class SecondRing final
{
public:
    static constexpr std::size_t mostMinutes = 1'440;

    /// lockstepd looked at the pair in this second (since 1970 UTC).
    void observe(qint64 second);
    /// The same, and something happened. The reference is good until the ring is changed.
    [[nodiscard]] Second& change(qint64 second);
    /// The same: adds what happened, if anything did.
    void add(qint64 second, const Second& what);
    /// Minutes that begin later than that are forgotten.
    void forgetAfter(qint64 second);
    /// Every observed second from `begin` to before `end`, in order.
    void visit(qint64 begin, qint64 end,
               const std::function<void(qint64 second, const Second& what)>& visitor) const;
    [[nodiscard]] const std::deque<Minute>& minutes() const { return m_minutes; }
    /// The minute that begins then; nullptr if it is not kept.
    [[nodiscard]] const Minute* minute(qint64 start) const;
    /// Puts one in that was stored.
    void restore(Minute minute);

private:
    [[nodiscard]] Minute& minuteOf(qint64 second);
    void forgetOld();

    std::deque<Minute> m_minutes; ///< By start.
    Second m_forgotten; ///< What is older than the day that is kept.
};

} // namespace lockstep
