// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <chrono>

namespace lockstep {

/// A token bucket: `burst` at once, `perSecond` in the long run. What strangers can trigger (log
/// lines, pairing requests) goes through one, so that they cannot fill a disk or a list.
class RateLimit final
{
public:
    using Clock = std::chrono::steady_clock;

    RateLimit(double burst, double perSecond)
        : m_burst{burst}, m_perSecond{perSecond}, m_tokens{burst}
    { }

    /// Whether one more is allowed now.
    [[nodiscard]] bool take(Clock::time_point now = Clock::now())
    {
        if (m_last != Clock::time_point{}) {
            const std::chrono::duration<double> passed = now - m_last;
            m_tokens = std::min(m_burst, m_tokens + passed.count() * m_perSecond);
        }
        m_last = now;
        if (m_tokens < 1)
            return false;
        m_tokens -= 1;
        return true;
    }

private:
    double m_burst;
    double m_perSecond;
    double m_tokens;
    Clock::time_point m_last;
};

} // namespace lockstep
