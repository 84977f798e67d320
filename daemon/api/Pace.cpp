// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Pace.h"

#include <algorithm>
#include <utility>

namespace lockstep {

namespace {

constexpr std::chrono::milliseconds second{1'000};
constexpr std::size_t mostPerSecond = 10;

} // namespace

Pace::Pace(std::function<void()> send) : m_send{std::move(send)}
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer); // others may be early
    connect(&m_timer, &QTimer::timeout, this, &Pace::sendNow);
}

Pace::Clock::time_point Pace::nextTime(std::chrono::milliseconds apart, Clock::time_point now) const
{
    if (m_sent.empty())
        return now;
    const auto free = m_sent.size() < mostPerSecond ? now : m_sent.front() + second;
    return std::max({now, free, m_sent.back() + apart});
}

void Pace::sendSoon(std::chrono::milliseconds apart)
{
    const auto now = Clock::now();
    const auto due = nextTime(apart, now);
    if (m_timer.isActive() && m_due <= due)
        return;
    m_due = due;
    m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(due - now));
}

void Pace::sendNow()
{
    m_timer.stop();
    m_sent.push_back(Clock::now());
    if (m_sent.size() > mostPerSecond)
        m_sent.pop_front();
    m_send();
}

} // namespace lockstep
