// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtMonitor.h"

#include "hypervisor/LibvirtCalls.h"
#include "hypervisor/LibvirtDomains.h"
#include "hypervisor/Qmp.h"

#include <spdlog/spdlog.h>

#include <QElapsedTimer>

namespace lockstep {

LibvirtMonitor::LibvirtMonitor(std::shared_ptr<LibvirtCalls> calls, DomainUuid domain)
    : m_calls{std::move(calls)}, m_domain{domain}
{ }

Task<Result<QJsonValue>> LibvirtMonitor::execute(QString command, QJsonObject arguments,
                                                 std::chrono::milliseconds deadline)
{
    const auto answer = m_calls->start<QJsonValue>(
        command, deadline,
        [uuid = m_domain, command,
         text = qmpCommand(command, arguments)](LibvirtConnection& connection) {
            return libvirtDomains::monitorCommand(connection, uuid, text)
                .transform_error([&](const Error& error) { return error.during(command); });
        },
        toString(m_domain));
    QElapsedTimer clock;
    clock.start();
    auto result = co_await answer; // from here on the monitor may be gone
    spdlog::debug("QMP {}: {:.1f} ms{}{}", command.toStdString(),
                  double(clock.nsecsElapsed()) / 1e6, result ? "" : ": ",
                  result ? std::string{} : result.error().message().toStdString());
    co_return result;
}

} // namespace lockstep
