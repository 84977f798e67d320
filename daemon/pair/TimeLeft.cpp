// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/TimeLeft.h"

#include <algorithm>
#include <cmath>

namespace lockstep {

namespace {

// A speed so old counts for a third (e^-1).
constexpr double speedMemory = 8;
// So fast what is said follows what is measured.
constexpr double sayMemory = 4;
// A standstill; from here it comes back soon.
constexpr double endless = 2 * std::chrono::duration<double>{TimeLeft::longest}.count();

double secondsBetween(TimeLeft::Clock::time_point from, TimeLeft::Clock::time_point to)
{
    return std::chrono::duration<double>(to - from).count();
}

double share(double seconds, double memory) { return 1 - std::exp(-seconds / memory); }

} // namespace

void TimeLeft::report(const QString& phase, double done, bool copies, Clock::time_point now)
{
    if (phase != m_phase || copies != m_copies || done < m_done) {
        // The speed of the copy before is the best guess for this one.
        m_phase = phase;
        m_copies = copies;
        m_done = done;
        m_begun = m_last = now;
        return;
    }
    if (!copies)
        return;
    const double seconds = secondsBetween(m_last, now);
    if (seconds <= 0 || (!m_speed && now - m_begun < shortestLook))
        return;
    measure(done, seconds);
    m_done = done;
    m_last = now;
    if (m_speed && *m_speed > 0)
        steer(std::min((1 - done) / *m_speed, endless), now);
}

void TimeLeft::measure(double done, double seconds)
{
    const double latest = (done - m_done) / seconds;
    if (!m_speed) {
        if (latest > 0)
            m_speed = latest;
        return;
    }
    *m_speed += (latest - *m_speed) * share(seconds, speedMemory);
}

void TimeLeft::steer(double target, Clock::time_point now)
{
    if (!m_left) {
        m_left = target;
    } else {
        const double seconds = secondsBetween(m_said, now);
        const double due = std::max(*m_left - seconds, 0.0);
        m_left = due + (target - due) * share(seconds, sayMemory);
    }
    m_said = now;
}

std::chrono::microseconds TimeLeft::at(Clock::time_point now) const
{
    using std::chrono::duration_cast;
    using std::chrono::microseconds;
    if (!m_left)
        return microseconds{0};
    using Seconds = std::chrono::duration<double>;
    const auto left = Seconds{*m_left - secondsBetween(m_said, now)};
    if (left <= Seconds::zero() || left > longest)
        return microseconds{0};
    return duration_cast<microseconds>(left);
}

} // namespace lockstep
