// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/DBusService.h"

#include "api/BusPump.h"
#include "api/ObjectTree.h"
#include "dbus/Names.h"

#include <spdlog/spdlog.h>

#include <QCoreApplication>
#include <QPointer>

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

std::unique_ptr<sdbus::IConnection> open(const QString& address)
{
    return address.isEmpty() ? sdbus::createSystemBusConnection()
                             : sdbus::createSessionBusConnectionWithAddress(address.toStdString());
}

Error startError(const sdbus::Error& error)
{
    const QString text = QString::fromStdString(error.getMessage());
    if (error.getName() == "org.freedesktop.DBus.Error.FileExists")
        return {Errc::Busy, u"another lockstepd is on the bus"_s,
                u"Stop it: 'systemctl stop lockstepd'."_s};
    if (error.getName() == "org.freedesktop.DBus.Error.AccessDenied") {
        return {Errc::NotAuthorized,
                u"the bus does not give us the name %1: %2"_s.arg(
                    QString::fromLatin1(dbus::service), text),
                u"Run lockstepd as root, with its D-Bus policy installed."_s};
    }
    return {Errc::DaemonUnavailable, u"no connection to the system bus: %1"_s.arg(text),
            u"See that dbus-daemon or dbus-broker runs."_s};
}

} // namespace

/// What belongs to one connection, in the order in which it is made.
struct DBusService::Session
{
    Session(std::unique_ptr<sdbus::IConnection> bus, PairService& pairs, Peers& peers,
            Hypervisor& hypervisor, DoctorService& doctor, ConfigView config)
        : connection{std::move(bus)}, pump{*connection}, authority{*connection}, runner{authority},
          requests{pairs, peers, hypervisor, doctor, runner, std::move(config)},
          tree{std::make_unique<ObjectTree>(*connection, pairs, peers, requests)}
    { }

    std::unique_ptr<sdbus::IConnection> connection;
    BusPump pump;
    Authority authority;
    CallRunner runner;
    Requests requests;
    std::unique_ptr<ObjectTree> tree;
};

DBusService::DBusService(PairService& pairs, Peers& peers, Hypervisor& hypervisor,
                         DoctorService& doctor, QString address, ConfigView config)
    : m_pairs{pairs}, m_peers{peers}, m_hypervisor{hypervisor}, m_doctor{doctor},
      m_address{std::move(address)}, m_config{std::move(config)}
{ }

DBusService::~DBusService() = default;

Result<void> DBusService::start()
{
    try {
        m_session = std::make_unique<Session>(open(m_address), m_pairs, m_peers, m_hypervisor,
                                              m_doctor, m_config);
        connect(&m_session->pump, &BusPump::lost, this, &DBusService::reportLoss);
        m_session->connection->requestName(sdbus::ServiceName{dbus::service});
    } catch (const sdbus::Error& error) {
        m_session.reset();
        return std::unexpected{startError(error)};
    }
    spdlog::info("on D-Bus as {}", dbus::service);
    return {};
}

void DBusService::reportLoss(const QString& why)
{
    // Not from here: whoever hears of it may end the session, and with it the pump that is at work
    // further up this stack.
    QMetaObject::invokeMethod(
        QCoreApplication::instance(),
        [self = QPointer{this}, why] {
            if (self)
                Q_EMIT self->lost(why);
        },
        Qt::QueuedConnection);
}

Task<void> DBusService::stop()
{
    if (!m_session)
        co_return;
    m_session->tree->flush(); // while we have the name that clients listen to
    try {
        m_session->connection->releaseName(sdbus::ServiceName{dbus::service});
    } catch (const sdbus::Error& error) {
        spdlog::debug("the name on D-Bus could not be given up: {}", error.getMessage());
    }
    m_session->tree.reset(); // no new calls
    m_session->authority.stop();
    co_await m_session->runner.drained();
    m_session.reset();
}

} // namespace lockstep
