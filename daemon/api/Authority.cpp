// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/Authority.h"

#include "api/Told.h"

#include <sdbus-c++/sdbus-c++.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <optional>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr const char* polkitInterface = "org.freedesktop.PolicyKit1.Authority";
constexpr std::chrono::microseconds usualDeadline = 10s;
// Somebody looks for the password.
constexpr std::chrono::microseconds interactiveDeadline = 5min;
constexpr uint32_t allowUserInteraction = 1;

using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
/// is_authorized, is_challenge, details
using PolkitAnswer = sdbus::Struct<bool, bool, std::map<std::string, std::string>>;

/// What the bus tells of a name on it.
using Told = std::map<std::string, sdbus::Variant>;

std::optional<uint32_t> credential(const Told& told, const char* key)
{
    const auto found = told.find(key);
    if (found == told.end() || !found->second.containsValueOfType<uint32_t>())
        return std::nullopt;
    return found->second.get<uint32_t>();
}

const char* actionId(Action action)
{
    switch (action) {
    case Action::Look:
        return "org.lockstep.Lockstep1.look";
    case Action::ChangeSettings:
        return "org.lockstep.Lockstep1.change-settings";
    case Action::Protect:
        return "org.lockstep.Lockstep1.protect";
    case Action::TakeOver:
        return "org.lockstep.Lockstep1.takeover";
    case Action::ManagePeers:
        return "org.lockstep.Lockstep1.manage-peers";
    }
    std::unreachable();
}

Result<PolkitAnswer> noPolkitAnswer(const sdbus::Error& error)
{
    return failure(Errc::NotAuthorized,
                   u"polkit did not answer: %1"_s.arg(QString::fromStdString(error.getMessage())),
                   u"Run it as root, or see that polkitd runs on this host."_s);
}

std::unexpected<Error> stopping()
{
    return failure(Errc::NotAuthorized, u"lockstepd is stopping"_s,
                   u"Try again when it has been started."_s);
}

Result<void> judge(const PolkitAnswer& verdict, const QString& id, bool interactive)
{
    if (verdict.get<0>())
        return {};
    const QString remedy = u"Run it as root or as a member of group lockstep."_s;
    if (!verdict.get<1>())
        return failure(Errc::NotAuthorized, u"polkit does not allow %1 to this user"_s.arg(id),
                       remedy);
    if (interactive)
        return failure(Errc::NotAuthorized,
                       u"polkit found nobody to ask for a password for %1"_s.arg(id), remedy);
    return failure(Errc::NotAuthorized,
                   u"polkit wants a password for %1, but the caller cannot be asked"_s.arg(id),
                   remedy);
}

} // namespace

Authority::Authority(sdbus::IConnection& connection)
    : m_bus{sdbus::createProxy(connection, sdbus::ServiceName{"org.freedesktop.DBus"},
                               sdbus::ObjectPath{"/org/freedesktop/DBus"})},
      m_polkit{sdbus::createProxy(connection, sdbus::ServiceName{"org.freedesktop.PolicyKit1"},
                                  sdbus::ObjectPath{"/org/freedesktop/PolicyKit1/Authority"})}
{ }

Authority::~Authority() = default;

Task<Result<Authority::Credentials>> Authority::credentials(QString busName)
{
    const OneShot<Result<Credentials>> answer;
    const auto gone = failure(Errc::NotAuthorized, u"the caller has left the bus"_s);
    try {
        m_bus->callMethodAsync("GetConnectionCredentials")
            .onInterface("org.freedesktop.DBus")
            .withTimeout(usualDeadline)
            .withArguments(busName.toStdString())
            .uponReplyInvoke([answer, gone](std::optional<sdbus::Error> error, const Told& told) {
                answer.complete(
                    error ? Result<Credentials>{gone}
                          : Result<Credentials>{{.user = credential(told, "UnixUserID"),
                                                 .process = credential(told, "ProcessID")}});
            });
    } catch (const sdbus::Error&) {
        answer.complete(gone); // We have left it, too.
    }
    co_return co_await answer;
}

Task<Result<Who>> Authority::identify(QString busName)
{
    LOCKSTEP_CO_TRY(known, co_await credentials(busName));
    if (!known.user)
        co_return failure(Errc::NotAuthorized, u"the bus does not know the caller's user"_s);
    const QString name = co_await m_names.of(*known.user);
    co_return Who{.user = *known.user,
                  .name = name,
                  .process = known.process.value_or(0),
                  .busName = busName};
}

Task<Result<void>> Authority::check(Caller caller, uint user, Action action, Details details)
{
    if (user == 0)
        co_return {};
    if (m_stopped)
        co_return stopping();
    const Subject subject{"system-bus-name",
                          {{"name", sdbus::Variant{caller.busName.toStdString()}}}};
    for (auto& [key, value] : details)
        value = wire::told(value).toStdString();
    const quint64 number = ++m_lastCheck;
    const std::string cancellation =
        "lockstep-" + std::to_string(::getpid()) + "-" + std::to_string(number);
    const OneShot<Result<PolkitAnswer>> answer;
    try {
        m_polkit->callMethodAsync("CheckAuthorization")
            .onInterface(polkitInterface)
            .withTimeout(caller.interactive ? interactiveDeadline : usualDeadline)
            .withArguments(subject, std::string{actionId(action)}, details,
                           caller.interactive ? allowUserInteraction : uint32_t{0}, cancellation)
            .uponReplyInvoke(
                [answer](std::optional<sdbus::Error> error, const PolkitAnswer& verdict) {
                    answer.complete(error ? noPolkitAnswer(*error) : Result<PolkitAnswer>{verdict});
                });
    } catch (const sdbus::Error& error) {
        answer.complete(noPolkitAnswer(error));
    }
    m_waiting.emplace(number, [answer] { answer.complete(stopping()); });
    const auto verdict = co_await answer;
    m_waiting.erase(number);
    if (!verdict) {
        cancel(cancellation);
        co_return std::unexpected{verdict.error()};
    }
    co_return judge(*verdict, QString::fromLatin1(actionId(action)), caller.interactive);
}

void Authority::cancel(const std::string& cancellation)
{
    // Takes a dialog away that nobody answered; polkit has no such check if it failed at once.
    const auto ignore = [](std::optional<sdbus::Error> error) {
        if (error)
            spdlog::debug("polkit had nothing to cancel: {}", error->getMessage());
    };
    try {
        m_polkit->callMethodAsync("CancelCheckAuthorization")
            .onInterface(polkitInterface)
            .withTimeout(usualDeadline)
            .withArguments(cancellation)
            .uponReplyInvoke(ignore);
    } catch (const sdbus::Error& error) {
        ignore(error);
    }
}

void Authority::stop()
{
    m_stopped = true;
    for (const auto& [number, giveUp] : m_waiting)
        giveUp();
}

} // namespace lockstep
