// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QMap>
#include <QSet>

#include <chrono>
#include <optional>

#include <sys/types.h>

namespace lockstep {

/// What some threads of a process were at: two of these tell a process that works from one that is
/// stuck. Source: Linux Documentation/scheduler/sched-stats.rst, proc_pid_stat(5).
struct ThreadActivity
{
    struct Thread
    {
        char state{0}; ///< As /proc has it: 'R' runs or waits for a CPU, 'D' waits for a device.
        std::chrono::nanoseconds work{0}; ///< On a CPU and waiting for one, since it began.
    };
    std::chrono::steady_clock::time_point time; ///< When this was so.
    QMap<pid_t, Thread> threads;

    /// By a signal or a debugger.
    [[nodiscard]] bool isStopped() const;
    /// A thread has waited for a device ever since.
    [[nodiscard]] bool isBlockedSince(const ThreadActivity& earlier) const;
    /// They have used or waited for a CPU for more than the few wake-ups of threads that sleep:
    /// over a millisecond.
    [[nodiscard]] bool hasWorkedSince(const ThreadActivity& earlier) const;
};

/// Of the threads of `process` that are not in `without`. Nothing when it has ended, or the kernel
/// does not tell: with /proc mounted so that it hides other users' processes. Does not block.
[[nodiscard]] std::optional<ThreadActivity> threadActivity(pid_t process,
                                                           const QSet<pid_t>& without);
/// The process that a thread belongs to; nothing as above.
[[nodiscard]] std::optional<pid_t> processOf(pid_t thread);

} // namespace lockstep
