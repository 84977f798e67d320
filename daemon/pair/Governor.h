// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Governing.h"
#include "pair/GovernorInput.h"

#include <QString>

#include <deque>
#include <span>

namespace lockstep {

/// What the governor picks: a mode, and the period of remus; 0 in the others.
struct Choice
{
    Mode mode{Mode::Colo};
    std::chrono::milliseconds period{0};
    friend bool operator==(const Choice&, const Choice&) = default;
};

/// Picks the mode of one pair whose mode is auto, so that clients wait as little as can be within
/// the limits that are set. Without clock and I/O. How it decides is told in docs/concepts.md.
///
/// Times are microseconds of a clock that is never set. Between a change that look() returned and
/// applied() or failed() there is no look().
class Governor final
{
public:
    struct Change
    {
        Choice choice;
        QString why; ///< For the history: what was seen, what is expected.
    };

    Governor(const Governing& limits, const Choice& inForce, qint64 now);

    /// About once a second: what was seen since the look before, or since what is in force took
    /// effect. A change that should be made now; nothing: it stays.
    [[nodiscard]] std::optional<Change> look(qint64 now, const GovernorInput& seen);
    /// Counts from the next look on.
    void setLimits(const Governing& limits) { m_limits = limits; }
    /// This is in force now: what look() wanted, or what was picked before a restart.
    void applied(qint64 now, const Choice& inForce);
    /// The change that look() wanted was not made. It rests for a while, longer each time.
    void failed(qint64 now);

private:
    static constexpr qint64 second = 1'000'000;

    /// Something that is tried again and again, each time after a longer wait, until it pays.
    class Attempts
    {
    public:
        explicit Attempts(qint64 shortest) : m_shortest{shortest} { }
        [[nodiscard]] bool mayBegin(qint64 now) const { return now >= m_next; }
        /// `factor`: by how much the wait grows.
        void failed(qint64 now, int factor = 2);
        void succeeded() { m_wait = m_shortest; }
        /// Not before the shortest wait is over.
        void rest(qint64 now);

    private:
        const qint64 m_shortest;
        qint64 m_wait{m_shortest};
        qint64 m_next{0};
    };
    /// By what a load is known again, in a mode that does not compare.
    struct Pattern
    {
        double asked{0}; ///< Checkpoints a second that QEMU asked for.
        double sent{0}; ///< Packets a second.
        double stop{0}; ///< Mean, microseconds.
        [[nodiscard]] bool isLike(const Pattern& other) const;
    };

    [[nodiscard]] std::optional<Change> consider(qint64 now);
    [[nodiscard]] std::optional<Change> fromColo(qint64 now);
    [[nodiscard]] std::optional<Change> fromKemari(qint64 now);
    [[nodiscard]] std::optional<Change> fromRemus(qint64 now);
    /// Leaves colo, which is worse than what is chosen by that factor.
    [[nodiscard]] Change leave(qint64 now, const Choice& choice, double factor, const QString& why);
    [[nodiscard]] std::optional<Change> shorter(qint64 now);
    /// The guest stood still for too long.
    void lengthen(qint64 now);
    /// Whether it is time to see if answers are equal.
    [[nodiscard]] std::optional<Change> backToColo(qint64 now);
    /// The share of time for which the guest stands still, if that is too much.
    [[nodiscard]] std::optional<double> tooMuch() const;
    [[nodiscard]] bool isAllowed(std::chrono::milliseconds period) const;
    /// The shortest period of remus that keeps to max-stopped, with something to spare; else the
    /// longest that max-exposure allows.
    [[nodiscard]] std::chrono::milliseconds periodFor(double stop, double spare) const;
    /// That the guest stands still for so much of the time.
    [[nodiscard]] QString tell(double share) const;
    /// How remus with that period is told of in a reason.
    [[nodiscard]] QString tell(std::chrono::milliseconds period, double stop) const;
    [[nodiscard]] double most() const { return m_limits.maxStopped / 100.0; }
    [[nodiscard]] GovernorInput recent(std::size_t looks) const;
    void learn();

    Governing m_limits;
    Choice m_choice;
    qint64 m_since; ///< When m_choice came into force.
    std::deque<GovernorInput> m_looks; ///< Since then, the newest last.
    std::optional<Pattern> m_pattern; ///< Of the load since then.
    /// It is in colo to see whether that is better than this.
    std::optional<Choice> m_probedFrom;
    bool m_byPattern{false}; ///< ... as the load is another one.
    bool m_wasShortened{false}; ///< It came from a longer period.
    Attempts m_probes{20 * second}; ///< To go back to colo after some time.
    Attempts m_newLoads{5 * second}; ///< To go back to colo because the load is another one.
    Attempts m_shortenings{10 * second}; ///< To hold output for less.
    Attempts m_changes{5 * second}; ///< To change anything.
};

} // namespace lockstep
