// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gui/source/BusSource.h"

#include "dbus/Names.h"
#include "gui/proxies/BusTypes.h"
#include "gui/source/FromBus.h"

#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QTimer>

#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;

namespace {

constexpr auto objectManager = "org.freedesktop.DBus.ObjectManager"_L1;
constexpr auto propertiesInterface = "org.freedesktop.DBus.Properties"_L1;
constexpr auto prefix = "org.lockstep.Lockstep1."_L1;

QString rootPath() { return QString::fromLatin1(dbus::rootPath); }

} // namespace

BusSource::BusSource(std::optional<cli::Target> target, const QString& address, QObject* parent)
    : Source{parent}, m_where{target ? target->text() : QString{}},
      m_bus{std::move(target), address}
{
    registerBusTypes();
    connect(&m_bus, &BusLink::appeared, this, &BusSource::subscribe);
    connect(&m_bus, &BusLink::gone, this, &BusSource::unsubscribe);
}

void BusSource::retry()
{
    setConnecting();
    m_bus.open();
}

void BusSource::subscribe()
{
    m_subscribed = m_bus.owner();
    m_isKnown = false;
    QDBusConnection bus = m_bus.connection();
    bus.connect(m_subscribed, rootPath(), objectManager, u"InterfacesAdded"_s, this,
                SLOT(interfacesAdded(QDBusMessage)));
    bus.connect(m_subscribed, rootPath(), objectManager, u"InterfacesRemoved"_s, this,
                SLOT(interfacesRemoved(QDBusMessage)));
    bus.connect(m_subscribed, QString{}, propertiesInterface, u"PropertiesChanged"_s, this,
                SLOT(propertiesChanged(QDBusMessage)));
    bus.connect(m_subscribed, rootPath(), prefix + u"Manager"_s, u"Events"_s, this,
                SLOT(eventsTold(QDBusMessage)));
    fetchHost();
}

void BusSource::unsubscribe(const Error& why)
{
    QDBusConnection bus = m_bus.connection();
    if (bus.isConnected() && !m_subscribed.isEmpty()) {
        bus.disconnect(m_subscribed, rootPath(), objectManager, u"InterfacesAdded"_s, this,
                       SLOT(interfacesAdded(QDBusMessage)));
        bus.disconnect(m_subscribed, rootPath(), objectManager, u"InterfacesRemoved"_s, this,
                       SLOT(interfacesRemoved(QDBusMessage)));
        bus.disconnect(m_subscribed, QString{}, propertiesInterface, u"PropertiesChanged"_s, this,
                       SLOT(propertiesChanged(QDBusMessage)));
        bus.disconnect(m_subscribed, rootPath(), prefix + u"Manager"_s, u"Events"_s, this,
                       SLOT(eventsTold(QDBusMessage)));
    }
    m_subscribed.clear();
    m_isKnown = false;
    setGone(why);
}

void BusSource::fetchHost()
{
    auto call =
        QDBusMessage::createMethodCall(m_subscribed, rootPath(), propertiesInterface, u"GetAll"_s);
    call << prefix + u"Manager"_s;
    fetch(call, [this](const QVariant& properties) {
        m_shownHost = hostFrom(properties.toMap());
        fetchAll();
    });
}

void BusSource::fetchAll()
{
    const auto call = QDBusMessage::createMethodCall(m_subscribed, rootPath(), objectManager,
                                                     u"GetManagedObjects"_s);
    fetch(call, [this](const QVariant& answer) {
        const QVariantMap objects = answer.toMap();
        const QStringList paths = objects.keys();
        m_interfaces.clear();
        m_properties.clear();
        keepOnly(QSet<QString>{paths.begin(), paths.end()});
        m_isKnown = true;
        for (auto one = objects.cbegin(); one != objects.cend(); ++one)
            take(one.key(), one->toMap());
        setConnected(m_shownHost);
    });
}

void BusSource::fetch(const QDBusMessage& call, std::function<void(const QVariant&)> take)
{
    constexpr std::chrono::seconds pause{5};
    auto* const watcher = new QDBusPendingCallWatcher{m_bus.connection().asyncCall(call), this};
    connect(watcher, &QDBusPendingCallWatcher::finished, this,
            [this, watcher, take = std::move(take), asked = m_subscribed] {
                watcher->deleteLater();
                if (asked != m_subscribed)
                    return; // it is another lockstepd by now, or none
                if (!watcher->isError())
                    return take(plain(watcher->reply().arguments().value(0)));
                // It hangs: its name stays, so nobody will tell when it is well again.
                setGone(errorFrom(watcher->error(), m_where));
                QTimer::singleShot(pause, this, [this, asked] {
                    if (asked == m_subscribed && !m_isKnown)
                        fetchHost();
                });
            });
}

void BusSource::take(const QString& path, const QVariantMap& interfaces)
{
    for (auto one = interfaces.cbegin(); one != interfaces.cend(); ++one) {
        if (!one.key().startsWith(prefix))
            continue;
        m_interfaces.insert(path, one.key().sliced(prefix.size()));
        m_properties.insert(path, one->toMap());
        tell(path);
    }
}

void BusSource::tell(const QString& path)
{
    const QString kind = m_interfaces.value(path);
    if (kind == "Pair"_L1)
        put(pairFrom(path, m_properties.value(path)));
    else if (kind == "Peer"_L1)
        put(peerFrom(path, m_properties.value(path)));
    else if (kind == "Job"_L1)
        put(jobFrom(path, m_properties.value(path)));
}

void BusSource::interfacesAdded(const QDBusMessage& message)
{
    const QVariantList arguments = message.arguments();
    if (m_isKnown && arguments.size() == 2)
        take(plain(arguments[0]).toString(), plain(arguments[1]).toMap());
}

void BusSource::interfacesRemoved(const QDBusMessage& message)
{
    const QVariantList arguments = message.arguments();
    if (!m_isKnown || arguments.size() != 2)
        return;
    const QString path = plain(arguments[0]).toString();
    if (!arguments[1].toStringList().contains(prefix + m_interfaces.value(path)))
        return;
    m_interfaces.remove(path);
    m_properties.remove(path);
    dropPair(path);
    dropPeer(path);
    dropJob(path);
}

void BusSource::propertiesChanged(const QDBusMessage& message)
{
    const QVariantList arguments = message.arguments();
    const auto known = m_properties.find(message.path());
    if (!m_isKnown || arguments.size() != 3 || known == m_properties.end()
        || arguments[0].toString() != prefix + m_interfaces.value(message.path()))
        return;
    known->insert(plain(arguments[1]).toMap());
    tell(message.path());
}

void BusSource::eventsTold(const QDBusMessage& message)
{
    if (!m_isKnown)
        return; // who wants to miss none asks for them once we are connected
    QList<Event> events;
    for (const QVariant& event : plain(message.arguments().value(0)).toList())
        events << eventFrom(event.toMap());
    Q_EMIT eventsCame(events);
}

} // namespace lockstep::gui
