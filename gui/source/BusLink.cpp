// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/source/BusLink.h"

#include "dbus/Names.h"
#include "gui/source/FromBus.h"
#include "gui/source/SshTunnel.h"

#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QtConcurrentRun>

#include <algorithm>
#include <atomic>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto shortestPause = 500ms;
constexpr auto longestPause = 30s;

constexpr auto busName = "org.freedesktop.DBus"_L1;
constexpr auto busPath = "/org/freedesktop/DBus"_L1;

QString nextName()
{
    static std::atomic<int> last{0};
    return u"lockstep-%1"_s.arg(++last);
}

} // namespace

BusLink::BusLink(std::optional<cli::Target> target, QString address, QObject* parent)
    : QObject{parent}, m_target{std::move(target)}, m_address{std::move(address)},
      m_connection{QString{}}, m_pause{shortestPause}
{
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &BusLink::open);
}

BusLink::~BusLink() { close(); }

void BusLink::open()
{
    if (m_isOpening)
        return;
    close();
    m_again.stop();
    m_needsRetry = false;
    m_isOpening = true;
    if (!m_target)
        return connectTo(m_address);
    m_tunnel = std::make_unique<SshTunnel>(*m_target);
    connect(m_tunnel.get(), &SshTunnel::ready, this, &BusLink::connectTo);
    connect(m_tunnel.get(), &SshTunnel::ended, this, &BusLink::fail);
    m_tunnel->start();
}

void BusLink::connectTo(const QString& address)
{
    m_name = nextName();
    const auto connectNow = [address, name = m_name] {
        return address.isEmpty() ? QDBusConnection::connectToBus(QDBusConnection::SystemBus, name)
                                 : QDBusConnection::connectToBus(address, name);
    };
    QtConcurrent::run(connectNow).then(this, [this](const QDBusConnection& connection) {
        use(connection);
    });
}

void BusLink::use(const QDBusConnection& connection)
{
    if (connection.name() != m_name) // The tunnel broke meanwhile, or somebody was impatient.
        return QDBusConnection::disconnectFromBus(connection.name());
    if (!connection.isConnected()) {
        const QDBusError error = connection.lastError();
        // The tunnel tells better why; and it does, as its other end is closed now.
        if (m_tunnel)
            return QDBusConnection::disconnectFromBus(std::exchange(m_name, {}));
        return fail({Errc::DaemonUnavailable,
                     u"no connection to the system bus: %1"_s.arg(error.message()),
                     u"See that dbus-daemon or dbus-broker runs on this host."_s});
    }
    m_isOpening = false;
    m_wasOpen = true;
    m_pause = shortestPause;
    m_connection = connection;
    m_connection.connect(QString{}, u"/org/freedesktop/DBus/Local"_s,
                         u"org.freedesktop.DBus.Local"_s, u"Disconnected"_s, this, SLOT(lost()));
    // Without a sender: Qt would ask for its owner, and wait. ownerChanged() looks at it.
    m_connection.connect(QString{}, busPath, busName, u"NameOwnerChanged"_s,
                         QStringList{QString::fromLatin1(dbus::service)}, u"sss"_s, this,
                         SLOT(ownerChanged(QDBusMessage)));
    askForOwner();
}

void BusLink::askForOwner()
{
    auto call = QDBusMessage::createMethodCall(busName, busPath, busName, u"GetNameOwner"_s);
    call << QString::fromLatin1(dbus::service);
    auto* const watcher = new QDBusPendingCallWatcher{m_connection.asyncCall(call), this};
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, asked = m_name] {
        watcher->deleteLater();
        if (asked != m_name || !m_owner.isEmpty())
            return; // another connection by now, or it has come meanwhile
        const QDBusPendingReply<QString> reply = *watcher;
        setOwner(reply.isError() ? QString{} : reply.value());
    });
}

void BusLink::ownerChanged(const QDBusMessage& message)
{
    if (message.service() == busName && message.arguments().size() == 3)
        setOwner(message.arguments().at(2).toString());
}

void BusLink::setOwner(const QString& owner)
{
    const QString before = std::exchange(m_owner, owner);
    if (owner.isEmpty() || (!before.isEmpty() && before != owner)) {
        const QString where = m_target ? u" on "_s + m_target->text() : QString{};
        Q_EMIT gone({Errc::DaemonUnavailable, u"lockstepd does not run%1"_s.arg(where)});
    }
    if (!owner.isEmpty())
        Q_EMIT appeared();
}

void BusLink::lost()
{
    if (m_tunnel)
        return; // it tells why
    fail({Errc::DaemonUnavailable, u"the connection to the system bus broke"_s,
          u"See that dbus-daemon or dbus-broker runs on this host."_s});
}

void BusLink::fail(const Error& why)
{
    close();
    m_needsRetry = m_target && !m_wasOpen;
    if (!m_needsRetry) {
        m_again.start(m_pause);
        m_pause = std::min<std::chrono::milliseconds>(2 * m_pause, longestPause);
    }
    Q_EMIT gone(why);
}

void BusLink::close()
{
    m_isOpening = false;
    m_owner.clear();
    m_connection = QDBusConnection{QString{}};
    if (!m_name.isEmpty())
        QDBusConnection::disconnectFromBus(std::exchange(m_name, {}));
    if (m_tunnel) {
        m_tunnel->disconnect(this);
        m_tunnel.release()->deleteLater(); // it may be what is telling us
    }
}

} // namespace lockstep::gui
