// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QJsonObject>
#include <QJsonValue>

namespace lockstep {

/// The QMP monitor of one running domain, through libvirt's passthrough. Commands of one monitor
/// are answered one at a time. Errors: Refused with QEMU's class and text in the message
/// ("GenericError: ..."), MonitorLost when the domain has ended, Timeout when QEMU did not answer
/// within the deadline (the command may still take effect), HypervisorUnavailable.
/// Source: QEMU docs/interop/qmp-spec, libvirt virDomainQemuMonitorCommand.
class Monitor
{
public:
    static constexpr std::chrono::milliseconds usualDeadline{10'000};

    virtual ~Monitor() = default;
    /// The value of the reply's "return" member.
    [[nodiscard]] virtual Task<Result<QJsonValue>>
    execute(QString command, QJsonObject arguments = {},
            std::chrono::milliseconds deadline = usualDeadline) = 0;
};

} // namespace lockstep
