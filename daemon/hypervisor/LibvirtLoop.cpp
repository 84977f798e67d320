// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/LibvirtLoop.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace lockstep {

namespace {

using Clock = std::chrono::steady_clock;

struct Handle
{
    int descriptor;
    int events;
    virEventHandleCallback callback;
    void* opaque;
    virFreeCallback release;
};

struct Timer
{
    std::optional<std::chrono::milliseconds> period; ///< Nothing: off for now.
    Clock::time_point due;
    virEventTimeoutCallback callback;
    void* opaque;
    virFreeCallback release;
};

constexpr std::array<std::pair<int, short>, 4> eventBits{{
    {VIR_EVENT_HANDLE_READABLE, POLLIN},
    {VIR_EVENT_HANDLE_WRITABLE, POLLOUT},
    {VIR_EVENT_HANDLE_ERROR, POLLERR},
    {VIR_EVENT_HANDLE_HANGUP, POLLHUP},
}};

short toPoll(int events)
{
    int bits = 0;
    for (const auto& [ours, theirs] : eventBits)
        bits |= (events & ours) ? theirs : 0;
    return short(bits);
}

int fromPoll(short bits)
{
    int events = 0;
    for (const auto& [ours, theirs] : eventBits)
        events |= (bits & theirs) ? ours : 0;
    return events;
}

/// What libvirt wants watched. Any thread adds and removes; only run() calls back, without the
/// lock, and only it releases what was removed, so that a callback under way keeps its data.
class Watches
{
public:
    Watches() : m_wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} { }

    int addHandle(Handle handle)
    {
        const std::lock_guard lock{m_mutex};
        m_handles.emplace(++m_lastId, handle);
        wake();
        return m_lastId;
    }
    void updateHandle(int id, int events)
    {
        const std::lock_guard lock{m_mutex};
        if (const auto handle = m_handles.find(id); handle != m_handles.end())
            handle->second.events = events;
        wake();
    }
    int addTimer(int period, Timer timer)
    {
        const std::lock_guard lock{m_mutex};
        setPeriod(timer, period);
        m_timers.emplace(++m_lastId, timer);
        wake();
        return m_lastId;
    }
    void updateTimer(int id, int period)
    {
        const std::lock_guard lock{m_mutex};
        if (const auto timer = m_timers.find(id); timer != m_timers.end())
            setPeriod(timer->second, period);
        wake();
    }
    int removeHandle(int id) { return remove(m_handles, id); }
    int removeTimer(int id) { return remove(m_timers, id); }

    void setStopped(bool stopped)
    {
        const std::lock_guard lock{m_mutex};
        m_stopped = stopped;
        wake();
    }
    void run();

private:
    static void setPeriod(Timer& timer, int period)
    {
        timer.period.reset();
        if (period < 0)
            return;
        timer.period = std::chrono::milliseconds{period};
        timer.due = Clock::now() + *timer.period;
    }
    template <typename Watch>
    int remove(std::map<int, Watch>& watches, int id)
    {
        const std::lock_guard lock{m_mutex};
        const auto node = watches.extract(id);
        if (node.empty())
            return -1;
        m_removed.emplace_back(node.mapped().release, node.mapped().opaque);
        wake();
        return 0;
    }
    void wake() const { eventfd_write(m_wake, 1); }
    void releaseRemoved(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] int waitMs() const;
    void callHandle(std::unique_lock<std::mutex>& lock, int id, short bits);
    void callTimers(std::unique_lock<std::mutex>& lock);

    const int m_wake;
    std::mutex m_mutex;
    bool m_stopped{false};
    int m_lastId{0};
    std::map<int, Handle> m_handles;
    std::map<int, Timer> m_timers;
    std::vector<std::pair<virFreeCallback, void*>> m_removed;
};

void Watches::run()
{
    std::unique_lock lock{m_mutex};
    while (!m_stopped) {
        releaseRemoved(lock);
        std::vector<pollfd> descriptors{{.fd = m_wake, .events = POLLIN, .revents = 0}};
        std::vector<int> ids{0};
        for (const auto& [id, handle] : m_handles) {
            descriptors.push_back(
                {.fd = handle.descriptor, .events = toPoll(handle.events), .revents = 0});
            ids.push_back(id);
        }
        const int wait = waitMs();
        lock.unlock();
        poll(descriptors.data(), descriptors.size(), wait);
        eventfd_t woken = 0;
        eventfd_read(m_wake, &woken);
        lock.lock();
        callTimers(lock);
        for (size_t i = 1; i < ids.size(); ++i)
            if (descriptors[i].revents != 0)
                callHandle(lock, ids[i], descriptors[i].revents);
    }
    releaseRemoved(lock);
}

void Watches::releaseRemoved(std::unique_lock<std::mutex>& lock)
{
    while (!m_removed.empty()) { // releasing may remove more
        const auto removed = std::exchange(m_removed, {});
        lock.unlock();
        for (const auto& [release, opaque] : removed)
            if (release)
                release(opaque);
        lock.lock();
    }
}

int Watches::waitMs() const
{
    std::optional<Clock::time_point> next;
    for (const auto& [id, timer] : m_timers)
        if (timer.period && (!next || timer.due < *next))
            next = timer.due;
    if (!next)
        return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
    return int(std::max<std::chrono::milliseconds::rep>(0, wait.count()));
}

void Watches::callHandle(std::unique_lock<std::mutex>& lock, int id, short bits)
{
    const auto found = m_handles.find(id);
    if (found == m_handles.end() || (bits & POLLNVAL) != 0)
        return;
    const Handle handle = found->second;
    lock.unlock();
    handle.callback(id, handle.descriptor, fromPoll(bits), handle.opaque);
    lock.lock();
}

void Watches::callTimers(std::unique_lock<std::mutex>& lock)
{
    const auto now = Clock::now();
    std::vector<int> due;
    for (const auto& [id, timer] : m_timers)
        if (timer.period && timer.due <= now)
            due.push_back(id);
    for (const int id : due) {
        const auto found = m_timers.find(id);
        const auto period = found == m_timers.end() ? std::nullopt : found->second.period;
        if (!period)
            continue;
        found->second.due = now + *period;
        const Timer timer = found->second;
        lock.unlock();
        timer.callback(id, timer.opaque);
        lock.lock();
    }
}

/// libvirt's hooks carry no context, and a call left behind may still use them at exit: one object
/// that is never destroyed.
Watches& watches()
{
    static auto* const all = new Watches;
    return *all;
}

// By default libvirt writes every error to stderr; each caller reports its own.
void ignoreError(void* /*user*/, virErrorPtr /*error*/) { }

} // namespace

LibvirtLoop::LibvirtLoop()
{
    static std::once_flag once;
    std::call_once(once, [] {
        virInitialize();
        virSetErrorFunc(nullptr, ignoreError);
        virEventRegisterImpl(
            [](int descriptor, int events, virEventHandleCallback callback, void* opaque,
               virFreeCallback release) {
                return watches().addHandle({descriptor, events, callback, opaque, release});
            },
            [](int id, int events) { watches().updateHandle(id, events); },
            [](int id) { return watches().removeHandle(id); },
            [](int period, virEventTimeoutCallback callback, void* opaque,
               virFreeCallback release) {
                return watches().addTimer(period, {{}, {}, callback, opaque, release});
            },
            [](int id, int period) { watches().updateTimer(id, period); },
            [](int id) { return watches().removeTimer(id); });
    });
    watches().setStopped(false);
    m_thread = std::thread{[] { watches().run(); }};
}

LibvirtLoop::~LibvirtLoop()
{
    watches().setStopped(true);
    m_thread.join();
}

} // namespace lockstep
