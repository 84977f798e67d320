// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Bus.h"

#include "cli/WireJson.h"
#include "dbus/ErrorText.h"

#include <systemd/sd-bus.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

struct Choice
{
    std::optional<Target> target;
    std::weak_ptr<Bus> current;
    std::shared_ptr<Bus> kept;
    bool keep{false};
    std::optional<std::chrono::seconds> timeout;
};

Choice& choice()
{
    static Choice current;
    return current;
}

/// The bus of this host. Returns a negative errno if there is none.
int openLocal(sd_bus*& bus)
{
    if (const int status = sd_bus_open_system(&bus); status < 0)
        return status;
    // Only who sits at a terminal can be asked for a password.
    return sd_bus_set_allow_interactive_authorization(bus, ::isatty(STDIN_FILENO));
}

/// The bus at the other end of `socket`, which it closes in the end.
int openAt(sd_bus*& bus, int socket)
{
    if (const int status = sd_bus_new(&bus); status < 0) {
        ::close(socket);
        return status;
    }
    sd_bus_set_bus_client(bus, 1);
    sd_bus_negotiate_fds(bus, 0);
    sd_bus_set_fd(bus, socket, socket);
    return sd_bus_start(bus);
}

} // namespace

void Bus::choose(std::optional<Target> target)
{
    choice().target = std::move(target);
    choice().current.reset();
    choice().kept.reset();
}

bool Bus::isRemote() { return choice().target.has_value(); }

void Bus::setTimeout(std::optional<std::chrono::seconds> timeout) { choice().timeout = timeout; }

std::optional<std::chrono::seconds> Bus::timeout() { return choice().timeout; }

std::shared_ptr<Bus> Bus::current() { return choice().current.lock(); }

void Bus::keep(bool kept)
{
    choice().keep = kept;
    choice().kept.reset();
}

Result<std::shared_ptr<Bus>> Bus::open()
{
    if (auto bus = current(); bus && bus->isOpen())
        return bus;
    auto bus = std::shared_ptr<Bus>{new Bus};
    if (const auto connected = bus->connect(); !connected)
        return std::unexpected{connected.error()};
    choice().current = bus;
    if (choice().keep)
        choice().kept = bus;
    return bus;
}

Result<void> Bus::connect()
{
    sd_bus* bus = nullptr;
    int status = 0;
    std::optional<CallInterrupt> interrupt;
    if (const auto& target = choice().target) {
        auto bridge = SshBridge::start(*target);
        if (!bridge)
            return std::unexpected{bridge.error()};
        m_bridge = std::move(*bridge);
        const int socket = m_bridge->takeSocket();
        interrupt.emplace(socket); // It may take long, and ask for a password.
        status = openAt(bus, socket);
    } else {
        status = openLocal(bus);
    }
    if (status < 0) {
        sd_bus_unref(bus);
        if (m_bridge)
            return std::unexpected{m_bridge->whyItEnded()};
        return failure(Errc::DaemonUnavailable,
                       u"no connection to the system bus: %1"_s.arg(qt_error_string(-status)),
                       u"See that dbus-daemon or dbus-broker runs on this host."_s);
    }
    try {
        m_connection = sdbus::createBusConnection(bus);
    } catch (const sdbus::Error& error) {
        if (interrupt && interrupt->happened())
            return failure(Errc::Cancelled, u"interrupted before ssh was through"_s);
        return std::unexpected{m_bridge ? m_bridge->whyItEnded() : decoded(error)};
    }
    m_handle = bus;
    m_isAtTerminal = !m_bridge && ::isatty(STDIN_FILENO) == 1;
    return {};
}

std::optional<std::chrono::milliseconds> Bus::hurry(std::optional<std::chrono::milliseconds> limit)
{
    return std::exchange(m_limit, limit);
}

void Bus::expect(std::chrono::milliseconds patience)
{
    const auto& said = choice().timeout;
    m_deadline = said ? std::chrono::milliseconds{*said} : patience;
    if (m_limit)
        m_deadline = std::min(m_deadline, *m_limit);
    m_connection->setMethodCallTimeout(m_deadline);
}

void Bus::allowQuestions(bool allowed)
{
    m_questionsAllowed = allowed;
    if (m_isAtTerminal)
        sd_bus_set_allow_interactive_authorization(m_handle, allowed ? 1 : 0);
}

bool Bus::mayAsk() const { return m_isAtTerminal && m_questionsAllowed && ::geteuid() != 0; }

bool Bus::isOpen()
{
    try {
        while (m_connection->processPendingEvent()) { }
    } catch (const sdbus::Error&) {
        return false;
    }
    return true;
}

int Bus::socket()
{
    try {
        return m_connection->getEventLoopPollData().fd;
    } catch (const sdbus::Error&) {
        return -1;
    }
}

Error Bus::explained(Error error)
{
    if (error.code() != Errc::DaemonUnavailable || !m_bridge)
        return error;
    const auto& target = choice().target;
    if (m_connection && isOpen() && target) // The other host's bus is there, its lockstepd is not.
        return error.during(u"on %1"_s.arg(target->text()));
    // Others still use the connection; ssh only has to see that nobody writes to it any more.
    if (const int file = m_connection ? socket() : -1; file >= 0)
        ::shutdown(file, SHUT_RDWR);
    return m_bridge->whyItEnded();
}

Error Bus::late() const
{
    const auto& target = choice().target;
    const QString where = target ? u" on "_s + target->text() : QString{};
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(m_deadline).count();
    const QString hint = m_limit ? QString{} : u" '--timeout SECONDS' waits longer."_s;
    return {
        Errc::Timeout,
        u"lockstepd%1 did not answer within %2 s"_s.arg(where, QString::number(seconds)),
        u"'systemctl status lockstepd' and 'journalctl -u lockstepd' tell whether it hangs; it may still do what it was asked for."_s
            + hint};
}

Error decoded(const sdbus::Error& error)
{
    return dbus::decodeError(fromBus(error.getName()), fromBus(error.getMessage()));
}

Error afterCall(const sdbus::Error& error, const CallInterrupt& interrupt)
{
    if (interrupt.happened()) {
        return {Errc::Cancelled, u"interrupted before lockstepd answered"_s,
                u"'lockstep list' and 'lockstep job list' show whether it does it all the same."_s};
    }
    const auto bus = Bus::current();
    Error found = decoded(error);
    if (!bus)
        return found;
    // lockstepd has an error of this name, too: another host did not answer it.
    const bool isOurDeadline =
        found.code() == Errc::Timeout && !fromBus(error.getName()).startsWith(dbusErrorPrefix);
    return isOurDeadline ? bus->late() : bus->explained(found);
}

} // namespace lockstep::cli
