// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/OneShot.h"

#include <QCoroTask>

#include <chrono>
#include <list>
#include <memory>
#include <stop_token>

namespace lockstep {

/// Trap of QCoro 0.12: `co_return x` with an lvalue of another type than const T moves from x, even
/// if it is a member or a global. Return a copy: `co_return T{m_x}`.
template <typename T>
using Task = QCoro::Task<T>;

/// Resumes after `time`, or at once with Cancelled when `stop` is requested.
[[nodiscard]] Task<Result<void>> pause(std::chrono::milliseconds time, std::stop_token stop = {});

/// Keeps tasks that nobody awaits until they end: a dropped QCoro::Task would go on running on
/// objects that may be gone. An exception that leaves such a task is logged and ends the process:
/// it is a defect, and the state is not known any more.
class TaskSet final
{
public:
    void add(Task<void> task);
    [[nodiscard]] bool isEmpty() const { return m_running == 0; }
    /// Resumes when the last task has ended.
    [[nodiscard]] Task<void> drained();

private:
    static Task<void> keep(TaskSet* self, Task<void> task);
    int m_running{0};
    std::list<OneShot<bool>> m_waiters;
};

} // namespace lockstep
