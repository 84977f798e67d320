// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QMap>
#include <QSet>

#include <chrono>
#include <optional>

#include <sys/types.h>

namespace lockstep {

/// What the threads of a process have done so far: two of these tell a process that works from one
/// that is stuck. Source: Linux Documentation/scheduler/sched-stats.rst, proc_pid_stat(5).
struct ThreadActivity
{
    bool stopped{false}; ///< By a signal or a debugger: nothing of the process runs.
    bool runnable{false}; ///< A thread runs or waits for a CPU.
    /// Time on a CPU and waiting for one, since the thread began.
    QMap<pid_t, std::chrono::nanoseconds> work;

    /// Whether the process can run, and has used or waited for a CPU for more than the few
    /// wake-ups of one that sleeps: over a millisecond.
    [[nodiscard]] bool hasWorkedSince(const ThreadActivity& earlier) const;
};

/// Of the process that `thread` belongs to; threads in `without` are left out. Nothing when it has
/// ended, or the kernel does not tell. Reads /proc: does not block, needs no privilege.
[[nodiscard]] std::optional<ThreadActivity> threadActivity(pid_t thread,
                                                           const QSet<pid_t>& without);

} // namespace lockstep
