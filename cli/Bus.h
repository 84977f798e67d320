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

    [[nodiscard]] sdbus::IConnection& connection() { return *m_connection; }
    /// Sets the deadline of calls; nothing for the usual one, which lets somebody type a password.
    void hurry(std::optional<std::chrono::milliseconds> deadline);
    /// Whether it has not been closed from the other side.
    [[nodiscard]] bool isOpen();
    /// -1 if it has been closed.
    [[nodiscard]] int socket();
    /// `error` as it is for the user: where it happened, and why if ssh ended.
    [[nodiscard]] Error explained(Error error);

private:
    Bus() = default;
    [[nodiscard]] Result<void> connect();

    std::unique_ptr<SshBridge> m_bridge; ///< Ends after the connection.
    std::unique_ptr<sdbus::IConnection> m_connection;
};

/// The error behind one of sdbus-c++.
[[nodiscard]] Error decoded(const sdbus::Error& error);
/// What a call comes to that ended with `error`: Ctrl-C may have been the reason.
[[nodiscard]] Error afterCall(const Error& error, const CallInterrupt& interrupt);

/// Runs D-Bus calls; sdbus-c++ throws, we do not. After a second a terminal shows `what` is
/// waited for; Ctrl-C ends the wait: Cancelled.
template <typename Call>
auto guarded(Call call, const QString& what = QStringLiteral("waiting for lockstepd"))
    -> Result<std::invoke_result_t<Call>>
{
    const auto bus = Bus::current();
    const CallInterrupt interrupt{bus ? bus->socket() : -1};
    const Waiting waiting{what};
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
            call();
            return {};
        } else {
            return call();
        }
    } catch (const sdbus::Error& error) {
        return std::unexpected{afterCall(decoded(error), interrupt)};
    }
}

} // namespace lockstep::cli
