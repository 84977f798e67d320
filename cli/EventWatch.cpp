// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/EventWatch.h"

#include "cli/WireJson.h"
#include "dbus/Names.h"

#include "glue/ManagerProxy.h"

namespace lockstep::cli {

namespace {

/// So many are fetched with one call.
constexpr quint64 portion = 500;

} // namespace

Result<void> EventWatch::listen()
{
    return guarded([this] {
        sdbus::IConnection& connection = m_daemon.connection();
        m_manager = sdbus::createProxy(connection, sdbus::ServiceName{dbus::service},
                                       sdbus::ObjectPath{dbus::rootPath});
        m_manager->uponSignal("Events")
            .onInterface(org::lockstep::Lockstep1::Manager_proxy::INTERFACE_NAME)
            .call([this](const std::vector<Dictionary>& /*events*/) { m_more = true; });
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

Result<EventWatch::News> EventWatch::begin()
{
    if (const auto listening = listen(); !listening)
        return std::unexpected{listening.error()};
    auto selected = selectEvents(m_daemon, m_selection);
    if (!selected)
        return std::unexpected{selected.error()};
    m_last = selected->newest;
    return News{.events = std::move(selected->events)};
}

Result<EventWatch::News> EventWatch::next(std::chrono::milliseconds time)
{
    const bool wasPresent = m_present;
    if (!m_more || !m_present) {
        if (const auto done = m_daemon.dispatch(time); !done)
            return std::unexpected{done.error()};
    }
    News news{.events = {},
              .gone = wasPresent && (!m_present || m_restarted),
              .back = m_present && m_restarted};
    if (!m_present || (!m_more && !m_restarted))
        return news;
    m_more = false;
    auto events = fetch();
    if (events) {
        news.events = std::move(*events);
        return news;
    }
    if (events.error().code() == Errc::Timeout) { // It hangs: asked again.
        m_more = true;
        return news;
    }
    if (events.error().code() != Errc::DaemonUnavailable)
        return std::unexpected{events.error()};
    // It has gone meanwhile; the bus will say when it is back.
    m_present = false;
    m_more = true;
    return News{.events = {}, .gone = wasPresent, .back = false};
}

Result<QList<QJsonObject>> EventWatch::fetch()
{
    const Hurry hurry{m_daemon};
    if (m_restarted) {
        if (const auto counted = checkCount(); !counted)
            return std::unexpected{counted.error()};
        m_restarted = false;
    }
    QList<QJsonObject> all;
    while (true) {
        const auto some =
            m_daemon.events({.domain = m_selection.domain, .limit = portion, .since = m_last});
        if (!some && !all.isEmpty()) { // What is there is shown; the next call meets the error.
            m_more = true;
            return all;
        }
        if (!some)
            return std::unexpected{some.error()};
        all.append(*some);
        if (!some->isEmpty())
            m_last = idOf(some->last());
        if (static_cast<quint64>(some->size()) < portion)
            return all;
    }
}

Result<void> EventWatch::checkCount()
{
    // The history may have been lost: then numbers begin anew, and all of them are news.
    const auto newest = m_daemon.events({.domain = {}, .limit = 1, .since = {}});
    if (!newest)
        return std::unexpected{newest.error()};
    if (newest->isEmpty() || idOf(newest->first()) < m_last)
        m_last = 0;
    return {};
}

} // namespace lockstep::cli
