// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

namespace lockstep {

/// Threads for calls that may block, even for good. Jobs of one *lane* run one after the other in
/// the order of posting, so that a lane that hangs holds one thread at most; `reserved` threads
/// never run lane jobs, so that however many lanes hang, other jobs go on. Threads are made when
/// needed and end after `idle`. Belongs to one thread; jobs run on others.
class WorkerPool final
{
public:
    struct Limits
    {
        int threads{24};
        int reserved{4};
        std::chrono::milliseconds idle{30'000};
    };
    using Job = std::move_only_function<void()>;

    explicit WorkerPool(Limits limits);
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    /// As stop() without patience.
    ~WorkerPool();

    void post(Job job);
    void postTo(const QString& lane, Job job);
    /// Requested as soon as stop() begins: a job that finds it so must not touch the outside.
    [[nodiscard]] std::stop_token stopToken() const;
    /// Drops what waits, runs `last`, and joins the threads that end within `patience`. False if
    /// some are still blocked: these are left behind, and end when their call returns.
    bool stop(std::chrono::milliseconds patience, Job last = {});

private:
    struct State;
    static void work(const std::shared_ptr<State>& state, int self);
    static void spawnIfNeeded(const std::shared_ptr<State>& state);

    std::shared_ptr<State> m_state;
};

} // namespace lockstep
