// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/JobWatch.h"

#include "cli/WireJson.h"
#include "dbus/Names.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto askPeriod = 2s;

}

JobWatch::JobWatch(Daemon& daemon, sdbus::ObjectPath job)
    : m_daemon{daemon}, m_path{std::move(job)},
      m_proxy{sdbus::createProxy(daemon.connection(), sdbus::ServiceName{dbus::service}, m_path)}
{
    m_proxy->uponSignal("PropertiesChanged")
        .onInterface("org.freedesktop.DBus.Properties")
        .call([this](const sdbus::InterfaceName& /*interface*/,
                     const std::map<sdbus::PropertyName, sdbus::Variant>& changed,
                     const std::vector<sdbus::PropertyName>& /*invalidated*/) {
            const QJsonObject news = propertiesToJson(changed);
            for (auto it = news.begin(); it != news.end(); ++it)
                m_job[it.key()] = it.value();
        });
}

Result<QJsonObject> JobWatch::refresh()
{
    auto job = m_daemon.jobProperties(m_path);
    if (!job && job.error().code() != Errc::DaemonUnavailable) {
        return failure(Errc::UnknownJob,
                       u"lockstepd does not know the job any more; it was restarted meanwhile"_s,
                       u"Run 'lockstep list' to see what became of it."_s);
    }
    m_asked = std::chrono::steady_clock::now();
    if (job)
        m_job = *job;
    return job;
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
