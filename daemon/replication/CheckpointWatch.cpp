// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/CheckpointWatch.h"

#include "replication/PrimaryMigration.h"

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

CheckpointWatch::CheckpointWatch(Hypervisor& hypervisor, DomainUuid uuid)
{
    connect(&hypervisor, &Hypervisor::qmpEvent, this,
            [this, uuid](const DomainUuid& domain, const QString& name) {
                if (domain != uuid)
                    return;
                // A RESUME alone may be the late news of the migration's end.
                if (name == u"STOP")
                    m_stopped = true;
                else if (name == u"RESUME" && std::exchange(m_stopped, false))
                    m_seen = true;
            });
}

Task<Result<void>> CheckpointWatch::first(std::stop_token stop,
                                          std::chrono::milliseconds deadline) const
{
    for (auto waited = 0ms; waited < deadline; waited += 2ms) {
        if (m_seen)
            co_return {};
        LOCKSTEP_CO_CHECK(co_await pause(2ms, stop));
    }
    co_return failure(Errc::Timeout, u"QEMU does not get a checkpoint done"_s);
}

Task<Result<void>> makeCheckpoint(Hypervisor& hypervisor, DomainUuid uuid, std::stop_token stop,
                                  std::chrono::milliseconds deadline)
{
    const CheckpointWatch watch{hypervisor, uuid};
    // QEMU makes one whenever the time between two is set.
    LOCKSTEP_CO_CHECK(co_await Qmp{hypervisor.monitor(uuid)}.setCheckpointDelay(checkpointDelay));
    co_return co_await watch.first(std::move(stop), deadline);
}

} // namespace lockstep
