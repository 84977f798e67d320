// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/OneShot.h"
#include "hypervisor/LibvirtConnection.h"
#include "hypervisor/WorkerPool.h"

#include <chrono>
#include <functional>
#include <memory>

namespace lockstep {

/// Blocking libvirt calls, each on a worker thread with a connection for itself, each with a
/// deadline. Main thread only. Shared by the hypervisor and its monitors.
class LibvirtCalls final
{
public:
    template <typename T>
    using Call = std::move_only_function<Result<T>(LibvirtConnection&)>;

    explicit LibvirtCalls(const QString& uri)
        : m_connections{std::make_shared<ConnectionPool>(uri)}, m_pool{WorkerPool::Limits{}}
    { }

    /// While unavailable every call fails at once with HypervisorUnavailable.
    void setAvailable(bool available) { m_available = available; }
    [[nodiscard]] bool isAvailable() const { return m_available; }
    [[nodiscard]] WorkerPool& pool() { return m_pool; }
    [[nodiscard]] const std::shared_ptr<ConnectionPool>& connections() { return m_connections; }

    /// Runs `call`; calls of one lane run one at a time and in order. After `deadline` the answer
    /// is Timeout: a call that has not begun by then never will, one that has goes on unheard.
    template <typename T>
    [[nodiscard]] OneShot<Result<T>> start(const QString& what, std::chrono::milliseconds deadline,
                                           Call<T> call, const QString& lane = {})
    {
        const OneShot<Result<T>> answer;
        if (!m_available) {
            answer.complete(failure(Errc::HypervisorUnavailable,
                                    what + QStringLiteral(": not connected to libvirt")));
            return answer;
        }
        answer.expire(
            deadline,
            failure(Errc::Timeout,
                    what + QStringLiteral(": no answer within %1 ms").arg(deadline.count())));
        m_pool.postTo(lane,
                      [answer, connections = m_connections, stop = m_pool.stopToken(),
                       end = std::chrono::steady_clock::now() + deadline,
                       call = std::move(call)]() mutable {
                          if (stop.stop_requested() || std::chrono::steady_clock::now() >= end)
                              return;
                          Result<T> result = withConnection<T>(*connections, call);
                          if (!stop.stop_requested())
                              answer.completeFromThread(std::move(result));
                      });
        return answer;
    }

private:
    template <typename T>
    static Result<T> withConnection(ConnectionPool& connections, Call<T>& call)
    {
        auto connection = connections.take();
        if (!connection)
            return std::unexpected{std::move(connection).error()};
        Result<T> result = call(*connection);
        connections.giveBack(std::move(*connection));
        return result;
    }

    std::shared_ptr<ConnectionPool> m_connections;
    WorkerPool m_pool;
    bool m_available{false};
};

} // namespace lockstep
