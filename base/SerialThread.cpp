// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/SerialThread.h"

#include <utility>

namespace lockstep {

SerialThread::SerialThread() : m_thread{&SerialThread::run, this} { }

SerialThread::~SerialThread()
{
    {
        const std::scoped_lock lock{m_mutex};
        m_ending = true;
    }
    m_changed.notify_one();
    m_thread.join();
}

void SerialThread::post(std::move_only_function<void()> work)
{
    {
        const std::scoped_lock lock{m_mutex};
        m_works.push_back(std::move(work));
    }
    m_changed.notify_one();
}

void SerialThread::run()
{
    std::unique_lock lock{m_mutex};
    while (true) {
        m_changed.wait(lock, [this] { return m_ending || !m_works.empty(); });
        if (m_works.empty())
            return;
        auto work = std::exchange(m_works.front(), {});
        m_works.pop_front();
        lock.unlock();
        work();
        work = {}; // what it holds goes before the next one starts, and without the lock
        lock.lock();
    }
}

} // namespace lockstep
