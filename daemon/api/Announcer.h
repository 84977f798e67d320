// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Pace.h"

#include <sdbus-c++/sdbus-c++.h>

#include <set>
#include <string>

namespace lockstep {

/// Sends PropertiesChanged for one interface of one object, ten times in any second at most:
/// urgent changes at the next turn of the event loop, or as soon as that allows; figures that
/// change all the time five times a second, so that there is always room for what is urgent. What
/// is sent late has the newest values.
class Announcer final
{
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
    void send();

    sdbus::IObject& m_object;
    const char* m_interface;
    std::set<std::string> m_pending;
    Pace m_pace;
};

} // namespace lockstep
