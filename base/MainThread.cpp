// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/MainThread.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <sys/eventfd.h>
#include <unistd.h>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>

namespace lockstep {

namespace {

/// The works that wait, and an eventfd that wakes the main thread's event loop for them.
class Inbox final
{
public:
    static Inbox& instance()
    {
        static Inbox inbox;
        return inbox;
    }

    void open()
    {
        m_notifier = std::make_unique<QSocketNotifier>(m_wakeUp, QSocketNotifier::Read);
        QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(),
                         [this] { runOne(); });
        const std::scoped_lock lock{m_mutex};
        m_isOpen = true;
    }
    void close()
    {
        m_notifier.reset();
        std::deque<std::move_only_function<void()>> dropped; // destroyed without the lock
        const std::scoped_lock lock{m_mutex};
        m_isOpen = false;
        dropped.swap(m_works);
    }
    void post(std::move_only_function<void()> work)
    {
        const std::scoped_lock lock{m_mutex};
        if (!m_isOpen)
            return;
        m_works.push_back(std::move(work));
        constexpr uint64_t one = 1;
        if (::write(m_wakeUp, &one, sizeof one)
            != sizeof one) // only a defect makes an eventfd fail
            std::abort();
    }

private:
    Inbox() : m_wakeUp{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)}
    {
        if (m_wakeUp < 0)
            std::abort();
    }

    /// One work for each wake-up: it may run an event loop of its own, which needs those behind it.
    void runOne()
    {
        uint64_t one = 0;
        if (::read(m_wakeUp, &one, sizeof one) != sizeof one)
            return;
        if (auto work = next())
            work();
    }
    std::move_only_function<void()> next()
    {
        const std::scoped_lock lock{m_mutex};
        if (m_works.empty())
            return {};
        auto work = std::move(m_works.front());
        m_works.pop_front();
        return work;
    }

    const int m_wakeUp;
    std::unique_ptr<QSocketNotifier> m_notifier; ///< Main thread only.
    std::mutex m_mutex;
    std::deque<std::move_only_function<void()>> m_works;
    bool m_isOpen{false};
};

void open()
{
    Inbox::instance().open();
    qAddPostRoutine([] { Inbox::instance().close(); });
}

} // namespace

Q_COREAPP_STARTUP_FUNCTION(open)

void postToMainThread(std::move_only_function<void()> work)
{
    Inbox::instance().post(std::move(work));
}

} // namespace lockstep
