// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/JobWatch.h"

#include "cli/WireJson.h"
#include "dbus/Names.h"

#include <optional>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto askPeriod = 2s;

}

Result<void> JobWatch::listen()
{
    return guarded([this] {
        m_proxy =
            sdbus::createProxy(m_daemon.connection(), sdbus::ServiceName{dbus::service}, m_path);
        m_proxy->uponSignal("PropertiesChanged")
            .onInterface("org.freedesktop.DBus.Properties")
            .call([this](const sdbus::InterfaceName& /*interface*/,
                         const std::map<sdbus::PropertyName, sdbus::Variant>& changed,
                         const std::vector<sdbus::PropertyName>& /*invalidated*/) {
                const QJsonObject news = propertiesToJson(changed);
                for (auto it = news.begin(); it != news.end(); ++it)
                    m_job[it.key()] = it.value();
            });
    });
}

Result<QJsonObject> JobWatch::refresh()
{
    std::optional<Hurry> hurry;
    if (!m_job.isEmpty()) // Later ones are asked for again.
        hurry.emplace(m_daemon);
    if (!m_proxy) {
        if (const auto listening = listen(); !listening)
            return std::unexpected{listening.error()};
    }
    auto job = m_daemon.jobProperties(m_path);
    m_asked = std::chrono::steady_clock::now();
    if (job) {
        m_job = *job;
        return job;
    }
    switch (job.error().code()) {
    case Errc::DaemonUnavailable:
        return job;
    case Errc::Timeout: // The caller looks at Ctrl-C, and at its own limit.
        return m_job.isEmpty() ? job : m_job;
    default:
        return failure(Errc::UnknownJob,
                       u"lockstepd does not know the job any more; it was restarted meanwhile"_s,
                       u"Run 'lockstep list' to see what became of it."_s);
    }
}

Result<QJsonObject> JobWatch::next(std::chrono::milliseconds time)
{
    if (const auto done = m_daemon.dispatch(time); !done)
        return std::unexpected{done.error()};
    if (std::chrono::steady_clock::now() - m_asked >= askPeriod)
        return refresh();
    return m_job;
}

} // namespace lockstep::cli
