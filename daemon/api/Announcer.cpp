// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Announcer.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <vector>

namespace lockstep {

namespace {

constexpr std::chrono::milliseconds figuresPeriod{100};

}

Announcer::Announcer(sdbus::IObject& object, const char* interface)
    : m_object{object}, m_interface{interface}
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(0);
    m_later.setSingleShot(true);
    m_later.setInterval(figuresPeriod);
    connect(&m_soon, &QTimer::timeout, this, &Announcer::flush);
    connect(&m_later, &QTimer::timeout, this, &Announcer::flush);
}

void Announcer::announce(Changes changes)
{
    const bool isUrgent = !changes.urgent.empty();
    m_pending.merge(changes.urgent);
    m_pending.merge(changes.figures);
    if (isUrgent)
        m_soon.start();
    else if (!m_pending.empty() && !m_later.isActive())
        m_later.start();
}

void Announcer::flush()
{
    m_soon.stop();
    m_later.stop();
    if (m_pending.empty())
        return;
    const std::vector<sdbus::PropertyName> names{m_pending.begin(), m_pending.end()};
    m_pending.clear();
    try {
        m_object.emitPropertiesChangedSignal(m_interface, names);
    } catch (const sdbus::Error& error) {
        spdlog::debug("a D-Bus signal could not be sent: {}", error.getMessage());
    }
}

} // namespace lockstep
