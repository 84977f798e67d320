// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace lockstep::cli {

/// While one exists, a terminal shows from its second second on what is waited for, and how long.
/// For one call that blocks; a job has its own progress (Progress.h).
class Waiting final
{
public:
    explicit Waiting(const QString& what);
    /// Takes the line away.
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    void show(const QString& what);

    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_over{false};
    std::thread m_thread; ///< Last: it uses the others from the start.
};

} // namespace lockstep::cli
