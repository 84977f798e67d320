// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Announcer.h"

#include <spdlog/spdlog.h>

#include <vector>

namespace lockstep {

namespace {

constexpr std::chrono::milliseconds atOnce{0};
constexpr std::chrono::milliseconds figuresPeriod{200};

} // namespace

Announcer::Announcer(sdbus::IObject& object, const char* interface)
    : m_object{object}, m_interface{interface}, m_pace{[this] { send(); }}
{ }

void Announcer::announce(Changes changes)
{
    const bool isUrgent = !changes.urgent.empty();
    m_pending.merge(changes.urgent);
    m_pending.merge(changes.figures);
    if (!m_pending.empty())
        m_pace.sendSoon(isUrgent ? atOnce : figuresPeriod);
}

void Announcer::flush()
{
    if (!m_pending.empty())
        m_pace.sendNow();
}

void Announcer::send()
{
    const std::vector<sdbus::PropertyName> names{m_pending.begin(), m_pending.end()};
    m_pending.clear();
    try {
        m_object.emitPropertiesChangedSignal(m_interface, names);
    } catch (const sdbus::Error& error) {
        spdlog::debug("a D-Bus signal could not be sent: {}", error.getMessage());
    }
}

} // namespace lockstep
