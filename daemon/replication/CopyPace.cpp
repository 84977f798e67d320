// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/CopyPace.h"

#include <algorithm>

namespace lockstep {

namespace {

// Fewer in a window are no load, and too few for a mean.
constexpr qint64 fewestRequests = 10;
constexpr qint64 nextToNothing = 3;
// Until it is looked again whether a guest that was idle still is.
constexpr int windowsIfIdle = 20;
// Two of ten windows are little, and what the guest does changes.
constexpr int windowsPerMeasure = 10;
constexpr double tooSlow = 1.2; // 1 / 0.8, less what it takes to find out
constexpr double quick = 1.1;
// How many requests there are is told from so many, or from so many windows.
constexpr qint64 manyRequests = 100;
constexpr int manyWindows = 4;
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
    // Beside the copy a guest may get through less than it would like to.
    if (seen.requests < (m_phase == Phase::Measuring ? fewestRequests : nextToNothing)) {
        m_windowsToWait = m_phase == Phase::Measuring ? windowsIfIdle : 0;
        // What was measured before may be another load's.
        m_phase = Phase::Copying;
        m_alone.reset();
        setSpeed({});
        return {};
    }
    switch (m_phase) {
    case Phase::Settling:
        m_phase = Phase::Measuring;
        return rest;
    case Phase::Measuring:
        m_phase = Phase::Copying;
        measure(seen);
        return m_speed;
    case Phase::Copying:
        break;
    }
    return adapt(seen);
}

void CopyPace::measure(const Seen& seen)
{
    // The guest asks for less by itself: it was not the copy.
    if (m_alone && double(seen.requests) * tooSlow < double(m_alone->requests))
        m_speed = std::max(m_speed, m_speedWhenMeasured);
    m_alone = seen;
    m_speedWhenMeasured = m_speed;
    m_sinceMeasured = 0;
    setSpeed(m_speed);
}

void CopyPace::setSpeed(Bytes speed)
{
    m_speed = speed;
    m_beside = {};
    m_windowsBeside = 0;
}

std::optional<double> CopyPace::slowdown() const
{
    if (!m_alone)
        return std::nullopt;
    const double longer = mean(m_beside) / std::max(mean(*m_alone), 1.0);
    if (m_beside.requests < manyRequests && m_windowsBeside < manyWindows)
        return longer > tooSlow ? std::optional{longer} : std::nullopt;
    const double fewer = double(m_alone->requests) * m_windowsBeside / double(m_beside.requests);
    return std::max(longer, fewer);
}

Bytes CopyPace::adapt(const Seen& seen)
{
    if (m_windowsToWait > 0) {
        --m_windowsToWait;
        return {};
    }
    const Bytes reached{seen.copied.value * windowsPerSecond};
    if (!m_alone || ++m_sinceMeasured >= windowsPerMeasure) {
        m_phase = Phase::Settling;
        if (m_speed.value == 0) // goes on with what it had come to
            setSpeed(std::max(reached, least));
        return rest;
    }
    m_beside.requests += seen.requests;
    m_beside.waited += seen.waited;
    ++m_windowsBeside;
    const auto slower = slowdown();
    if (slower && *slower > tooSlow)
        setSpeed(std::max(Bytes{m_speed.value / 2}, least));
    else if (slower && *slower < quick && reached.value >= m_speed.value / 2) // it makes use of it
        setSpeed({m_speed.value + m_speed.value / 4});
    return m_speed;
}

} // namespace lockstep
