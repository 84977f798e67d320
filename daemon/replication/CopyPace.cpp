// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/CopyPace.h"

#include <algorithm>

namespace lockstep {

namespace {

// Fewer in a window are no load, and too few for a mean.
constexpr qint64 fewestRequests = 10;
// Two of ten windows are little, and what the guest does changes.
constexpr int windowsPerMeasure = 10;
constexpr double tooSlow = 1.25; // 1 / 0.8
constexpr double quick = 1.1;
constexpr auto windowsPerSecond = std::chrono::seconds{1} / CopyPace::window;

double mean(const CopyPace::Seen& seen)
{
    return double(seen.waited.count()) / double(seen.requests);
}

} // namespace

Bytes CopyPace::next(const Seen& seen)
{
    if (m_hurries)
        return {};
    if (seen.requests < fewestRequests) {
        // What was measured before may be another load's.
        m_phase = Phase::Copying;
        m_alone.reset();
        m_speed = {};
        return {};
    }
    switch (m_phase) {
    case Phase::Settling:
        m_phase = Phase::Measuring;
        return rest;
    case Phase::Measuring:
        m_phase = Phase::Copying;
        m_alone = mean(seen);
        m_sinceMeasured = 0;
        return m_speed;
    case Phase::Copying:
        break;
    }
    return adapt(seen);
}

Bytes CopyPace::adapt(const Seen& seen)
{
    const Bytes reached{seen.copied.value * windowsPerSecond};
    if (!m_alone || ++m_sinceMeasured >= windowsPerMeasure) {
        m_phase = Phase::Settling;
        if (m_speed.value == 0) // goes on with what it had come to
            m_speed = std::max(reached, least);
        return rest;
    }
    const double slower = mean(seen) / std::max(*m_alone, 1.0);
    if (slower > tooSlow)
        m_speed = std::max(Bytes{m_speed.value / 2}, least);
    else if (slower < quick && reached.value >= m_speed.value / 2) // it makes use of it
        m_speed = {m_speed.value + m_speed.value / 4};
    return m_speed;
}

} // namespace lockstep
