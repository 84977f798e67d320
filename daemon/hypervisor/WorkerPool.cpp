// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/WorkerPool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace lockstep {

struct WorkerPool::State
{
    struct Waiting
    {
        QString lane; ///< Empty for a job without one.
        Job job;
    };

    explicit State(Limits limitsToKeep) : limits{limitsToKeep} { }

    [[nodiscard]] bool mayStart(const Waiting& entry) const
    {
        return entry.lane.isEmpty()
            || (busyLanes.size() < size_t(limits.threads - limits.reserved)
                && !std::ranges::contains(busyLanes, entry.lane));
    }

    /// The first job that may start now, in the order of posting.
    std::optional<Waiting> take()
    {
        const auto next =
            std::ranges::find_if(waiting, [this](const Waiting& entry) { return mayStart(entry); });
        if (next == waiting.end())
            return {};
        Waiting taken = std::move(*next);
        waiting.erase(next);
        if (!taken.lane.isEmpty())
            busyLanes.push_back(taken.lane);
        return taken;
    }

    /// Joins the threads that have ended.
    void reap(std::unique_lock<std::mutex>& lock)
    {
        for (const int id : std::exchange(ended, {})) {
            auto node = threads.extract(id);
            if (node.empty())
                continue; // stop() left it behind
            lock.unlock();
            node.mapped().join();
            lock.lock();
        }
    }

    const Limits limits;
    std::stop_source stopping;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Waiting> waiting;
    std::vector<QString> busyLanes;
    std::map<int, std::thread> threads;
    std::vector<int> ended;
    int living{0};
    int idle{0};
    int nextId{0};
};

WorkerPool::WorkerPool(Limits limits) : m_state{std::make_shared<State>(limits)} { }

WorkerPool::~WorkerPool() { stop({}); }

std::stop_token WorkerPool::stopToken() const { return m_state->stopping.get_token(); }

void WorkerPool::post(Job job) { postTo({}, std::move(job)); }

void WorkerPool::postTo(const QString& lane, Job job)
{
    std::unique_lock lock{m_state->mutex};
    if (m_state->stopping.stop_requested())
        return;
    m_state->reap(lock);
    m_state->waiting.push_back({lane, std::move(job)});
    spawnIfNeeded(m_state);
}

void WorkerPool::spawnIfNeeded(const std::shared_ptr<State>& state)
{
    const auto ready = std::ranges::count_if(
        state->waiting, [&](const State::Waiting& entry) { return state->mayStart(entry); });
    if (state->idle < ready && state->living < state->limits.threads) {
        const int id = state->nextId++;
        ++state->living;
        state->threads.emplace(id, std::thread{&WorkerPool::work, state, id});
    }
    state->changed.notify_one();
}

void WorkerPool::work(const std::shared_ptr<State>& state, int self)
{
    std::unique_lock lock{state->mutex};
    while (true) {
        if (auto next = state->take()) {
            lock.unlock();
            next->job();
            next->job = nullptr; // what it holds is freed here, not under the lock
            lock.lock();
            if (!next->lane.isEmpty())
                std::erase(state->busyLanes,
                           next->lane); // this thread looks for its next job itself
            continue;
        }
        if (state->stopping.stop_requested())
            break;
        ++state->idle;
        const auto woken = state->changed.wait_for(lock, state->limits.idle);
        --state->idle;
        if (woken == std::cv_status::timeout && state->waiting.empty())
            break;
    }
    --state->living;
    state->ended.push_back(self);
    state->changed.notify_all();
}

bool WorkerPool::stop(std::chrono::milliseconds patience, Job last)
{
    std::unique_lock lock{m_state->mutex};
    std::deque<State::Waiting> dropped;
    if (m_state->stopping.request_stop()) {
        dropped = std::exchange(m_state->waiting, {});
        if (last) {
            m_state->waiting.push_back({{}, std::move(last)});
            spawnIfNeeded(m_state);
        }
    }
    m_state->changed.notify_all();
    const bool clean =
        m_state->changed.wait_for(lock, patience, [this] { return m_state->living == 0; });
    m_state->reap(lock);
    for (auto& [id, thread] : m_state->threads)
        thread.detach();
    m_state->threads.clear();
    return clean;
}

} // namespace lockstep
