// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Authority.h"
#include "base/Task.h"
#include "dbus/ErrorText.h"

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>

namespace lockstep {

/// A method call on its way: who asked for what.
struct CallRequest
{
    Caller caller;
    /// For the journal and errors, e.g. "protect web1 towards beta (arbiter=etcd)"; see
    /// wire::told().
    QString title;
    std::optional<Action> action; ///< None for calls that only read.
    Authority::Details details;
};

/// Runs every asynchronous D-Bus method: asks whether the caller may, does the work, and replies
/// exactly once, with the value or with the error. Tasks end before stop() does.
class CallRunner final
{
public:
    explicit CallRunner(Authority& authority) : m_authority{authority} { }

    /// `work` is called after the caller was authorised, and never from inside the D-Bus callback
    /// if the request has an action: it may remove the object that was called. It may take a
    /// QString: who asked, for the history; empty without an action. Its value is a tuple of the
    /// reply's values, the single value, or nothing.
    template <typename T, typename... Out, typename Work>
    void run(sdbus::Result<Out...>&& reply, CallRequest request, Work work)
    {
        m_tasks.add(answer<T, Out...>(this, std::move(reply), std::move(request),
                                      withCaller<T>(std::move(work))));
    }
    /// Resumes when no call is under way any more.
    [[nodiscard]] Task<void> drained() { return m_tasks.drained(); }

private:
    template <typename T>
    using CallersWork = std::function<Task<Result<T>>(QString)>;

    template <typename T, typename Work>
    static CallersWork<T> withCaller(Work work)
    {
        if constexpr (std::is_invocable_v<Work, QString>)
            return work;
        else
            return [work = std::move(work)](const QString&) { return work(); };
    }
    template <typename T, typename... Out>
    static Task<void> answer(CallRunner* self, sdbus::Result<Out...> reply, CallRequest request,
                             CallersWork<T> work)
    {
        const auto permitted = co_await self->permit(request);
        if (!permitted) {
            sendError(reply, permitted.error());
            co_return;
        }
        std::exception_ptr defect;
        try {
            const auto outcome = co_await work(*permitted);
            if (outcome)
                sendValue(reply, outcome);
            else
                sendError(reply, outcome.error());
        } catch (...) {
            defect = std::current_exception();
        }
        if (!defect)
            co_return;
        sendError(reply,
                  Error{Errc::Internal, QStringLiteral("unexpected exception in lockstepd")});
        std::rethrow_exception(defect);
    }

    /// Who asked, in short.
    [[nodiscard]] Task<Result<QString>> permit(CallRequest request);

    template <typename T, typename... Out>
    static void sendValue(const sdbus::Result<Out...>& reply, const Result<T>& value)
    {
        try {
            if constexpr (std::is_void_v<T>)
                reply.returnResults();
            else if constexpr (std::is_same_v<T, std::tuple<Out...>>)
                std::apply([&reply](const auto&... values) { reply.returnResults(values...); },
                           *value);
            else
                reply.returnResults(*value);
        } catch (const sdbus::Error& error) {
            reportUnsent(error);
        }
    }
    template <typename... Out>
    static void sendError(const sdbus::Result<Out...>& reply, const Error& error)
    {
        try {
            reply.returnError(
                sdbus::Error{sdbus::Error::Name{dbus::errorName(error.code()).toStdString()},
                             dbus::encodeErrorText(error).toStdString()});
        } catch (const sdbus::Error& unsent) {
            reportUnsent(unsent);
        }
    }
    static void reportUnsent(const sdbus::Error& error);

    Authority& m_authority;
    TaskSet m_tasks;
};

} // namespace lockstep
