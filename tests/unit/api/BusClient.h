// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/BusPump.h"
#include "api/Wire.h"
#include "base/Error.h"
#include "dbus/ErrorText.h"
#include "dbus/Names.h"

#include <sdbus-c++/sdbus-c++.h>

#include <QEventLoop>
#include <QTimer>

namespace lockstep::test {

/// Another process on the bus, as far as the bus knows: its own connection, as root or as nobody.
/// Calls run the event loop until the reply is there, so that the service under test can answer.
class BusClient final
{
public:
    enum class User { Own, Nobody };
    struct Signal
    {
        std::string path;
        std::string member;
        std::map<sdbus::PropertyName, sdbus::Variant> changed; ///< Of PropertiesChanged.
    };

    explicit BusClient(const QString& address, User user = User::Own, bool interactive = false);

    [[nodiscard]] sdbus::IConnection& connection() { return *m_connection; }
    /// What Lockstep has announced since this client is there.
    [[nodiscard]] const std::vector<Signal>& heard() const { return m_signals; }
    [[nodiscard]] std::vector<Signal> heard(const std::string& path,
                                            const std::string& member) const;

    template <typename... Out, typename... In>
    Result<std::tuple<Out...>> call(const sdbus::ObjectPath& path, const char* interface,
                                    const char* method, const In&... in)
    {
        const auto proxy =
            sdbus::createProxy(*m_connection, sdbus::ServiceName{dbus::service}, path);
        Result<std::tuple<Out...>> outcome = failure(Errc::Timeout, QStringLiteral("no reply"));
        QEventLoop loop;
        const auto pending =
            proxy->callMethodAsync(method)
                .onInterface(interface)
                .withTimeout(std::chrono::seconds{20})
                .withArguments(in...)
                .uponReplyInvoke([&](std::optional<sdbus::Error> error, const Out&... out) {
                    if (error)
                        outcome = std::unexpected{decode(*error)};
                    else
                        outcome = std::tuple{out...};
                    loop.quit();
                });
        loop.exec();
        return outcome;
    }
    [[nodiscard]] wire::Dictionary properties(const sdbus::ObjectPath& path, const char* interface);

private:
    [[nodiscard]] static Error decode(const sdbus::Error& error);

    std::unique_ptr<sdbus::IConnection> m_connection;
    std::unique_ptr<BusPump> m_pump;
    std::vector<Signal> m_signals;
};

} // namespace lockstep::test
