// SPDX-License-Identifier: LGPL-2.1-or-later
#include "BusClient.h"

#include <systemd/sd-bus.h>

#include <unistd.h>

#include <algorithm>

namespace lockstep::test {

namespace {

constexpr uid_t nobody = 65534;

/// sd-bus, because sdbus-c++ cannot set the flag that the caller may be asked for a password.
std::unique_ptr<sdbus::IConnection> open(const QString& address, bool interactive)
{
    sd_bus* bus = nullptr;
    sd_bus_new(&bus);
    sd_bus_set_address(bus, address.toUtf8().constData());
    sd_bus_set_bus_client(bus, 1);
    sd_bus_start(bus);
    sd_bus_set_allow_interactive_authorization(bus, interactive ? 1 : 0);
    return sdbus::createBusConnection(bus);
}

std::unique_ptr<sdbus::IConnection> openAs(const QString& address, BusClient::User user,
                                           bool interactive)
{
    // The bus believes the kernel, which notes the effective user at connect(2).
    const uid_t before = ::geteuid();
    const bool change = user == BusClient::User::Nobody && before == 0;
    if (change && ::seteuid(nobody) != 0)
        return nullptr;
    auto connection = open(address, interactive);
    if (change && ::seteuid(before) != 0)
        return nullptr;
    return connection;
}

} // namespace

BusClient::BusClient(const QString& address, User user, bool interactive)
    : m_connection{openAs(address, user, interactive)},
      m_pump{std::make_unique<BusPump>(*m_connection)}
{
    const auto hear = [this](sdbus::Message message) {
        Signal signal{.path = message.getPath(), .member = message.getMemberName(), .changed = {}};
        if (signal.member == "PropertiesChanged") {
            std::string interface;
            message >> interface >> signal.changed;
        }
        m_signals.push_back(std::move(signal));
    };
    m_connection->addMatch("type='signal',path_namespace='/org/lockstep/Lockstep1'", hear);
}

std::vector<BusClient::Signal> BusClient::heard(const std::string& path,
                                                const std::string& member) const
{
    std::vector<Signal> found;
    std::ranges::copy_if(m_signals, std::back_inserter(found), [&](const Signal& signal) {
        return signal.path == path && signal.member == member;
    });
    return found;
}

wire::Dictionary BusClient::properties(const sdbus::ObjectPath& path, const char* interface)
{
    return call<wire::Dictionary>(path, "org.freedesktop.DBus.Properties", "GetAll",
                                  std::string{interface})
        .transform([](const auto& values) { return std::get<0>(values); })
        .value_or(wire::Dictionary{});
}

Error BusClient::decode(const sdbus::Error& error)
{
    return dbus::decodeError(QString::fromStdString(error.getName()),
                             QString::fromStdString(error.getMessage()));
}

} // namespace lockstep::test
