// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "cli/Interrupt.h"
#include "cli/SshBridge.h"
#include "cli/Target.h"
#include "cli/Waiting.h"

#include <sdbus-c++/sdbus-c++.h>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>

namespace lockstep::cli {

/// The system bus of this host, or of another one over ssh. One program speaks to one at a time:
/// open() gives the one that is in use again.
class Bus final
{
public:
    /// Which host open() goes to from now on; nothing for this one.
    static void choose(std::optional<Target> target);
    /// Errors: DaemonUnavailable.
    [[nodiscard]] static Result<std::shared_ptr<Bus>> open();
    /// The one that is in use now, if there is one.
    [[nodiscard]] static std::shared_ptr<Bus> current();
    /// Whether the one that open() gave is in use until it breaks, also between commands: so that a
    /// shell asks for ssh's password once.
    static void keep(bool kept);
    [[nodiscard]] static bool isRemote();
    /// What --timeout says: how long each call may wait for its answer; nothing if it was not
    /// given.
    static void setTimeout(std::optional<std::chrono::seconds> timeout);
    [[nodiscard]] static std::optional<std::chrono::seconds> timeout();

    /// A lockstepd that works answers in this time, where it need not ask others.
    static constexpr std::chrono::milliseconds usualPatience{30'000};

    [[nodiscard]] sdbus::IConnection& connection() { return *m_connection; }
    /// From now on no call waits longer than this; nothing for no such limit. Returns the one
    /// before.
    std::optional<std::chrono::milliseconds> hurry(std::optional<std::chrono::milliseconds> limit);
    /// Sets the deadline of the calls that follow: `patience`, or what --timeout says instead; and
    /// not more than hurry() allows.
    void expect(std::chrono::milliseconds patience);
    /// Whether polkit may ask somebody during the calls that follow: true at first. Even so it asks
    /// only at a terminal, and never through another host's bus.
    void allowQuestions(bool allowed);
    /// Whether polkit may come to ask this user for a password.
    [[nodiscard]] bool mayAsk() const;
    /// Whether it has not been closed from the other side.
    [[nodiscard]] bool isOpen();
    /// -1 if it has been closed.
    [[nodiscard]] int socket();
    /// `error` as it is for the user: where it happened, and why if ssh ended.
    [[nodiscard]] Error explained(Error error);
    /// What a call comes to whose deadline has passed: Timeout.
    [[nodiscard]] Error late() const;

private:
    Bus() = default;
    [[nodiscard]] Result<void> connect();

    std::unique_ptr<SshBridge> m_bridge; ///< Ends after the connection.
    std::unique_ptr<sdbus::IConnection> m_connection;
    sd_bus* m_handle{nullptr}; ///< The connection's.
    bool m_isAtTerminal{false};
    bool m_questionsAllowed{true};
    std::optional<std::chrono::milliseconds> m_limit;
    std::chrono::milliseconds m_deadline{usualPatience};
};

/// The error behind one of sdbus-c++.
[[nodiscard]] Error decoded(const sdbus::Error& error);
/// What a call comes to that ended with `error`: Ctrl-C or its deadline may have been the reason.
[[nodiscard]] Error afterCall(const sdbus::Error& error, const CallInterrupt& interrupt);

/// What is waited for, if nothing else is said.
[[nodiscard]] inline QString usualWait() { return QStringLiteral("waiting for lockstepd"); }

/// Runs D-Bus calls, each with the usual patience; sdbus-c++ throws, we do not. After a second a
/// terminal shows `what` is waited for; Ctrl-C ends the wait: Cancelled.
template <typename Call>
auto guarded(Call call, const QString& what = usualWait()) -> Result<std::invoke_result_t<Call>>
{
    const auto bus = Bus::current();
    const CallInterrupt interrupt{bus ? bus->socket() : -1};
    const Waiting waiting{what};
    try {
        if (bus)
            bus->expect(Bus::usualPatience);
        if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
            call();
            return {};
        } else {
            return call();
        }
    } catch (const sdbus::Error& error) {
        return std::unexpected{afterCall(error, interrupt)};
    }
}

} // namespace lockstep::cli
