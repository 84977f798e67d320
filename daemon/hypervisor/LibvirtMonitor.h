// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Types.h"
#include "hypervisor/Monitor.h"

#include <memory>

namespace lockstep {

class LibvirtCalls;

/// The monitor of one domain through libvirt. Commands wait for one another, so each gets less
/// than its deadline when others are before it.
class LibvirtMonitor final : public Monitor
{
public:
    LibvirtMonitor(std::shared_ptr<LibvirtCalls> calls, DomainUuid domain);
    [[nodiscard]] Task<Result<QJsonValue>> execute(QString command, QJsonObject arguments,
                                                   std::chrono::milliseconds deadline) override;

private:
    const std::shared_ptr<LibvirtCalls> m_calls;
    const DomainUuid m_domain;
};

} // namespace lockstep
