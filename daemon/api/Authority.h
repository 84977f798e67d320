// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "api/Caller.h"
#include "api/Who.h"
#include "base/Task.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sdbus {
class IConnection;
class IProxy;
class Variant;
} // namespace sdbus

namespace lockstep {

/// What polkit is asked for; the .policy file in policies/ has one action for each.
enum class Action {
    Look, ///< Makes this and the other host look at something; changes nothing.
    ChangeSettings, ///< Changes how protected domains fail over, and how peers are watched.
    Protect, ///< Starts, stops and cancels protection.
    TakeOver, ///< Decides which host runs a domain.
    ManagePeers, ///< Adds, accepts and removes other hosts.
};

/// Tells who calls and asks polkit whether they may. Root always may, so that a host without polkit
/// can be administrated; for everybody else polkit's silence means no.
/// The connection must outlive the object, the object its tasks.
/// Source: polkit's org.freedesktop.PolicyKit1.Authority.CheckAuthorization.
class Authority final
{
public:
    /// Values for the $(...) of the policy's messages, e.g. {"domain", "web1"}.
    using Details = std::map<std::string, std::string>;

    explicit Authority(sdbus::IConnection& connection);
    ~Authority();

    /// Who the caller is. Errors: NotAuthorized when the caller has left the bus.
    [[nodiscard]] Task<Result<Who>> identify(QString busName);
    /// Errors: NotAuthorized, whose message tells whether polkit said no, wants a password that the
    /// caller does not allow to ask for, or did not answer.
    [[nodiscard]] Task<Result<void>> check(Caller caller, uint user, Action action,
                                           Details details);
    /// Ends all checks with no, and denies those to come: nobody may wait minutes for a password
    /// then.
    void stop();

private:
    struct Credentials
    {
        std::optional<uint32_t> user;
        std::optional<uint32_t> process;
    };
    [[nodiscard]] Task<Result<Credentials>> credentials(QString busName);
    void cancel(const std::string& cancellation);

    std::unique_ptr<sdbus::IProxy> m_bus;
    std::unique_ptr<sdbus::IProxy> m_polkit;
    UserNames m_names;
    quint64 m_lastCheck{0};
    std::map<quint64, std::function<void()>> m_waiting; ///< What gives up each check under way.
    bool m_stopped{false};
};

} // namespace lockstep
