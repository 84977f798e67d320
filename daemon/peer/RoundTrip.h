// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <chrono>

namespace lockstep {

/// Round trip time of one path: smoothed, least and most since the start. Microseconds; 0 before
/// the first sample. Source: RFC 6298 section 2 (alpha = 1/8).
class RoundTrip final
{
public:
    using Time = std::chrono::microseconds;

    void add(Time sample)
    {
        sample = std::max(sample, Time{1});
        const bool isFirst = m_smoothed == Time{0};
        m_smoothed = isFirst ? sample : (7 * m_smoothed + sample) / 8;
        m_least = isFirst ? sample : std::min(m_least, sample);
        m_most = std::max(m_most, sample);
    }
    [[nodiscard]] Time smoothed() const { return m_smoothed; }
    [[nodiscard]] Time least() const { return m_least; }
    [[nodiscard]] Time most() const { return m_most; }

private:
    Time m_smoothed{0};
    Time m_least{0};
    Time m_most{0};
};

} // namespace lockstep
