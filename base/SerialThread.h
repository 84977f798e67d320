// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace lockstep {

/// A thread that does one work after the other, in the order given: for calls that block and must
/// not overtake each other. Destroying it does all that was given before, then ends the thread.
class SerialThread final
{
public:
    SerialThread();
    ~SerialThread();
    SerialThread(const SerialThread&) = delete;
    SerialThread& operator=(const SerialThread&) = delete;

    void post(std::move_only_function<void()> work);

private:
    void run();

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<std::move_only_function<void()>> m_works;
    bool m_ending{false};
    std::thread m_thread; ///< Last: it uses the others from the start.
};

} // namespace lockstep
