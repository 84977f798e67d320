// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <QObject>
#include <QTimer>

#include <set>

namespace lockstep {

/// Sends PropertiesChanged for one interface of one object: urgent changes once per turn of the
/// event loop, figures that change all the time ten times a second at most.
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
    /// Sends what is pending, e.g. before the object goes.
    void flush();

private:
    sdbus::IObject& m_object;
    const char* m_interface;
    std::set<std::string> m_pending;
    QTimer m_soon;
    QTimer m_later;
};

} // namespace lockstep
