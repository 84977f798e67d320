// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Announcer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

namespace lockstep {

namespace {

constexpr std::chrono::milliseconds second{1'000};
constexpr std::size_t mostPerSecond = 10;
constexpr std::chrono::milliseconds figuresPeriod{200};

} // namespace

Announcer::Announcer(sdbus::IObject& object, const char* interface)
    : m_object{object}, m_interface{interface}
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer); // others may be early
    connect(&m_timer, &QTimer::timeout, this, &Announcer::flush);
}

Announcer::Clock::time_point Announcer::nextTime(bool isUrgent, Clock::time_point now) const
{
    if (m_sent.empty())
        return now;
    const auto free = m_sent.size() < mostPerSecond ? now : m_sent.front() + second;
    const auto wanted = isUrgent ? now : m_sent.back() + figuresPeriod;
    return std::max({now, free, wanted});
}

void Announcer::announce(Changes changes)
{
    const bool isUrgent = !changes.urgent.empty();
    m_pending.merge(changes.urgent);
    m_pending.merge(changes.figures);
    if (m_pending.empty())
        return;
    const auto now = Clock::now();
    const auto due = nextTime(isUrgent, now);
    if (m_timer.isActive() && m_due <= due)
        return;
    m_due = due;
    m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(due - now));
}

void Announcer::flush()
{
    m_timer.stop();
    if (m_pending.empty())
        return;
    m_sent.push_back(Clock::now());
    if (m_sent.size() > mostPerSecond)
        m_sent.pop_front();
    const std::vector<sdbus::PropertyName> names{m_pending.begin(), m_pending.end()};
    m_pending.clear();
    try {
        m_object.emitPropertiesChangedSignal(m_interface, names);
    } catch (const sdbus::Error& error) {
        spdlog::debug("a D-Bus signal could not be sent: {}", error.getMessage());
    }
}

} // namespace lockstep
