// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/PairWatch.h"

#include "dbus/Names.h"

namespace lockstep::cli {

using namespace std::chrono_literals;

namespace {

constexpr auto askPeriod = 250ms;

std::string signalsOfDaemon(const std::string& rest)
{
    return std::string{"type='signal',sender='"} + dbus::service + "'," + rest;
}

} // namespace

Result<void> PairWatch::listen()
{
    return guarded([this] {
        sdbus::IConnection& connection = m_daemon.connection();
        const auto changed = [this](const sdbus::Message& /*signal*/) { m_changed = true; };
        m_pairs = connection.addMatch(
            signalsOfDaemon(std::string{"path_namespace='"} + dbus::rootPath + "/pair'"), changed,
            sdbus::return_slot);
        m_objects =
            connection.addMatch(signalsOfDaemon("interface='org.freedesktop.DBus.ObjectManager'"),
                                changed, sdbus::return_slot);
        m_bus = sdbus::createProxy(connection, sdbus::ServiceName{"org.freedesktop.DBus"},
                                   sdbus::ObjectPath{"/org/freedesktop/DBus"});
        m_bus->uponSignal("NameOwnerChanged")
            .onInterface("org.freedesktop.DBus")
            .call([this](const std::string& name, const std::string& /*before*/,
                         const std::string& now) {
                if (name != dbus::service)
                    return;
                m_present = !now.empty();
                m_restarted = m_restarted || m_present;
            });
    });
}

Result<PairWatch::News> PairWatch::next(std::chrono::milliseconds time)
{
    const bool wasPresent = m_present;
    const bool isFirst = m_asked == std::chrono::steady_clock::time_point{};
    if (const auto done = isFirst ? listen() : m_daemon.dispatch(time); !done)
        return std::unexpected{done.error()};
    News news{.pairs = {},
              .gone = wasPresent && (!m_present || m_restarted),
              .back = m_present && m_restarted};
    const auto now = std::chrono::steady_clock::now();
    if (!m_present || (!m_changed && !m_restarted) || (!m_restarted && now - m_asked < askPeriod))
        return news;
    m_asked = now;
    m_changed = false;
    std::optional<Hurry> hurry;
    if (!isFirst) // Later ones are asked for again.
        hurry.emplace(m_daemon);
    auto pairs = m_daemon.pairs();
    if (pairs) {
        m_restarted = false;
        news.pairs = std::move(*pairs);
        return news;
    }
    if (!isFirst && pairs.error().code() == Errc::Timeout) { // It hangs: asked again.
        m_changed = true;
        return news;
    }
    if (isFirst || pairs.error().code() != Errc::DaemonUnavailable)
        return std::unexpected{pairs.error()};
    // It has gone meanwhile; the bus will say when it is back.
    m_present = false;
    m_changed = true;
    return News{.pairs = {}, .gone = wasPresent, .back = false};
}

} // namespace lockstep::cli
