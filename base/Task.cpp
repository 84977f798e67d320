// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Task.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <exception>

namespace lockstep {

Task<Result<void>> pause(std::chrono::milliseconds time, std::stop_token stop)
{
    const OneShot<bool> wake;
    wake.expire(time, true);
    // Requests come from the main thread, so complete() may be called directly.
    const std::stop_callback onStop{stop, [wake] { wake.complete(false); }};
    if (stop.stop_requested() || !co_await wake)
        co_return failure(Errc::Cancelled, QStringLiteral("cancelled"));
    co_return {};
}

void TaskSet::add(Task<void> task)
{
    ++m_running;
    keep(this, std::move(task));
}

Task<void> TaskSet::keep(TaskSet* self, Task<void> task)
{
    try {
        co_await task;
    } catch (const std::exception& defect) {
        spdlog::critical("unexpected exception in a background task: {}", defect.what());
        std::abort();
    }
    if (--self->m_running > 0)
        co_return;
    for (const auto& waiter : std::exchange(self->m_waiters, {}))
        waiter.complete(true);
}

Task<void> TaskSet::drained()
{
    while (m_running > 0) {
        const OneShot<bool> done;
        m_waiters.push_back(done);
        co_await done;
    }
}

} // namespace lockstep
