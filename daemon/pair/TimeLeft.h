// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

#include <chrono>
#include <optional>

namespace lockstep {

/// Estimates how long a job still takes, from how fast the phase that copies brings it forward.
/// Smoothed twice, the speed and what is said, so that it never jumps: between two reports it comes
/// down with the clock, and moves towards what the latest speed says by a part only. Pure.
class TimeLeft final
{
public:
    using Clock = std::chrono::steady_clock;
    /// What is longer is not known.
    static constexpr std::chrono::hours longest{100};
    /// So long a copy is looked at before anything is said.
    static constexpr std::chrono::milliseconds shortestLook{1'000};

    /// How far the job is: its phase, what is done of the whole (0 to 1), whether the phase copies
    /// bytes: only then it comes forward evenly.
    void report(const QString& phase, double done, bool copies, Clock::time_point now);
    /// 0 while nobody can tell.
    [[nodiscard]] std::chrono::microseconds at(Clock::time_point now) const;

private:
    void measure(double done, double seconds);
    void steer(double target, Clock::time_point now);

    QString m_phase;
    bool m_copies{false};
    double m_done{0};
    Clock::time_point m_begun; ///< When the phase began.
    Clock::time_point m_last; ///< When the job came forward last, in this phase.
    std::optional<double> m_speed; ///< Of the whole job, in shares of it per second.
    std::optional<double> m_left; ///< In seconds, at m_said.
    Clock::time_point m_said;
};

} // namespace lockstep
