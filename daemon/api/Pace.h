// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <chrono>
#include <deque>
#include <functional>

namespace lockstep {

/// When an object on the bus sends its signals: ten times in any second at most. What happens
/// meanwhile is for its owner to gather.
class Pace final : public QObject
{
    Q_OBJECT
public:
    /// `send` sends what was gathered; there is something whenever it is called.
    explicit Pace(std::function<void()> send);

    /// Sends at the next turn of the event loop, or as soon as the limit allows it and `apart` has
    /// passed since the last time.
    void sendSoon(std::chrono::milliseconds apart);
    /// Sends whatever the limit says.
    void sendNow();

private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] Clock::time_point nextTime(std::chrono::milliseconds apart,
                                             Clock::time_point now) const;

    std::function<void()> m_send;
    std::deque<Clock::time_point> m_sent; ///< The last ones, oldest first.
    QTimer m_timer;
    Clock::time_point m_due; ///< While the timer runs.
};

} // namespace lockstep
