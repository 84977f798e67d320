// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/MainThread.h"

#include <QCoreApplication>
#include <QMetaObject>
#include <QTimer>

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

namespace lockstep {

/// A value that arrives once and is awaited by one coroutine: the answer of a worker thread, of the
/// peer, of D-Bus, or a deadline, whichever completes it first; later completions are dropped.
/// complete() and co_await belong to the main thread; completeFromThread() to any. The waiter is
/// resumed from the event loop, never inside complete(), so completing code is not re-entered.
template <typename T>
class OneShot final
{
public:
    /// Returns false if a value was there already.
    bool complete(T value) const
    {
        if (m_state->value)
            return false;
        m_state->value.emplace(std::move(value));
        if (m_state->waiter) {
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [state = m_state] { std::exchange(state->waiter, {}).resume(); },
                Qt::QueuedConnection);
        }
        return true;
    }
    void completeFromThread(T value) const
    {
        postToMainThread([self = *this, value = std::move(value)]() mutable {
            self.complete(std::move(value));
        });
    }
    /// Completes with `late` unless something else does within `deadline`.
    void expire(std::chrono::milliseconds deadline, T late) const
    {
        // A coarse timer may be early by a twentieth; who waits for others must not be.
        QTimer::singleShot(deadline, Qt::PreciseTimer, QCoreApplication::instance(),
                           [weak = std::weak_ptr{m_state}, late = std::move(late)]() mutable {
                               if (auto state = weak.lock())
                                   OneShot{std::move(state)}.complete(std::move(late));
                           });
    }
    [[nodiscard]] bool isComplete() const { return m_state->value.has_value(); }

    auto operator co_await() const
    {
        struct Awaiter
        {
            std::shared_ptr<State> state;
            [[nodiscard]] bool await_ready() const { return state->value.has_value(); }
            void await_suspend(std::coroutine_handle<> waiter) { state->waiter = waiter; }
            // NOLINTNEXTLINE(bugprone-unchecked-optional-access): resumed once it is there
            T await_resume() { return std::move(*state->value); }
        };
        return Awaiter{m_state};
    }

    OneShot() : m_state{std::make_shared<State>()} { }

private:
    struct State
    {
        std::optional<T> value;
        std::coroutine_handle<> waiter;
    };
    explicit OneShot(std::shared_ptr<State> state) : m_state{std::move(state)} { }

    std::shared_ptr<State> m_state;
};

} // namespace lockstep
