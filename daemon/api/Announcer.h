// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <QObject>
#include <QTimer>

#include <chrono>
#include <deque>
#include <set>

namespace lockstep {

/// Sends PropertiesChanged for one interface of one object, ten times in any second at most:
/// urgent changes at the next turn of the event loop, or as soon as that allows; figures that
/// change all the time five times a second, so that there is always room for what is urgent. What
/// is sent late has the newest values.
class Announcer final : public QObject
{
    Q_OBJECT
public:
    /// Both must outlive it.
    Announcer(sdbus::IObject& object, const char* interface);

    struct Changes
    {
        std::set<std::string> urgent;
        std::set<std::string> figures;
    };
    void announce(Changes changes);
    /// Sends what is pending, whatever the limit says: the object goes.
    void flush();

private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] Clock::time_point nextTime(bool isUrgent, Clock::time_point now) const;

    sdbus::IObject& m_object;
    const char* m_interface;
    std::set<std::string> m_pending;
    std::deque<Clock::time_point> m_sent; ///< The last ones, oldest first.
    QTimer m_timer;
    Clock::time_point m_due; ///< While the timer runs.
};

} // namespace lockstep
