// SPDX-License-Identifier: LGPL-2.1-or-later
#include "PrivateBus.h"

#include <sdbus-c++/sdbus-c++.h>
#include <systemd/sd-bus.h>

#include <QTest>

#include <unistd.h>

#include <atomic>
#include <functional>

using namespace lockstep::test;

namespace {

constexpr uid_t nobody = 65534;
const std::string manager = "org.lockstep.Lockstep1.Manager";
const std::string unlisted = "org.lockstep.Lockstep1.Unlisted";
const std::string denied = "org.freedesktop.DBus.Error.AccessDenied";
const sdbus::ServiceName service{"org.lockstep.Lockstep1"};
const sdbus::ObjectPath root{"/org/lockstep/Lockstep1"};

/// A daemon that would do all that it is asked, on a bus with the policy that ships.
struct Careless
{
    Careless()
    {
        const auto count = [this] { ++calls; };
        object
            ->addVTable(sdbus::registerMethod("FindPeer").implementedAs(count),
                        sdbus::registerProperty("Size")
                            .withGetter([this] { return size.load(); })
                            .withSetter([this](uint64_t value) { size = value; }))
            .forInterface(sdbus::InterfaceName{manager});
        object->addVTable(sdbus::registerMethod("Do").implementedAs(count))
            .forInterface(sdbus::InterfaceName{unlisted});
        object->addObjectManager();
        daemon->requestName(service);
        daemon->enterEventLoopAsync();
    }
    ~Careless() { daemon->leaveEventLoop(); }
    Careless(const Careless&) = delete;
    Careless& operator=(const Careless&) = delete;

    [[nodiscard]] std::unique_ptr<sdbus::IConnection> connect() const
    {
        return sdbus::createSessionBusConnectionWithAddress(bus.address().toStdString());
    }

    PrivateBus bus;
    std::atomic<int> calls{0};
    std::atomic<uint64_t> size{7};
    std::unique_ptr<sdbus::IConnection> daemon{connect()};
    std::unique_ptr<sdbus::IObject> object{sdbus::createObject(*daemon, root)};
    std::unique_ptr<sdbus::IConnection> client{connect()};
    std::unique_ptr<sdbus::IProxy> proxy{sdbus::createProxy(*client, service, root)};
};

/// Name of the error that a call ends with; empty if it succeeds.
std::string errorOf(const std::function<void()>& call)
{
    try {
        call();
    } catch (const sdbus::Error& error) {
        return error.getName();
    }
    return {};
}

/// A call without an interface, which D-Bus leaves to the daemon to find.
std::string errorWithoutInterface(const QString& address, const char* method)
{
    sd_bus* bus = nullptr;
    sd_bus_new(&bus);
    sd_bus_set_address(bus, address.toUtf8().constData());
    sd_bus_set_bus_client(bus, 1);
    sd_bus_start(bus);
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_call_method(bus, service.c_str(), root.c_str(), nullptr, method, &error, nullptr, "");
    std::string name = error.name == nullptr ? "" : error.name;
    sd_bus_error_free(&error);
    sd_bus_flush_close_unref(bus);
    return name;
}

} // namespace

/// What the bus lets through to the daemon.
class PolicyTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void letsTheInterfacesThrough();
    void keepsOtherInterfacesFromTheDaemon();
    void keepsCallsWithoutAnInterfaceFromTheDaemon();
    void letsPropertiesBeReadButNotSet();
    void letsClientsLookAround();
    void letsOnlyRootBeLockstep();
};

void PolicyTest::letsTheInterfacesThrough()
{
    const Careless stage;
    QCOMPARE(errorOf([&] { stage.proxy->callMethod("FindPeer").onInterface(manager); }),
             std::string{});
    QCOMPARE(stage.calls.load(), 1);
}

void PolicyTest::keepsOtherInterfacesFromTheDaemon()
{
    const Careless stage;
    QCOMPARE(errorOf([&] { stage.proxy->callMethod("Do").onInterface(unlisted); }), denied);
    // The name on the bus is not the only way to the daemon.
    const auto direct =
        sdbus::createProxy(*stage.client, sdbus::ServiceName{stage.daemon->getUniqueName()}, root);
    QCOMPARE(errorOf([&] { direct->callMethod("Do").onInterface(unlisted); }), denied);
    QCOMPARE(stage.calls.load(), 0);
}

void PolicyTest::keepsCallsWithoutAnInterfaceFromTheDaemon()
{
    const Careless stage;
    QCOMPARE(errorWithoutInterface(stage.bus.address(), "Do"), denied);
    QCOMPARE(stage.calls.load(), 0);
}

void PolicyTest::letsPropertiesBeReadButNotSet()
{
    const Careless stage;
    QCOMPARE(stage.proxy->getProperty("Size").onInterface(manager).get<uint64_t>(), uint64_t{7});
    QCOMPARE(stage.proxy->getAllProperties().onInterface(manager).size(), std::size_t{1});
    QCOMPARE(errorOf([&] {
                 stage.proxy->setProperty("Size").onInterface(manager).toValue(uint64_t{8});
             }),
             denied);
    QCOMPARE(stage.size.load(), uint64_t{7});
}

void PolicyTest::letsClientsLookAround()
{
    const Careless stage;
    const auto call = [&](const char* interface, const char* method) {
        return errorOf([&] { stage.proxy->callMethod(method).onInterface(interface); });
    };
    QCOMPARE(call("org.freedesktop.DBus.Introspectable", "Introspect"), std::string{});
    QCOMPARE(call("org.freedesktop.DBus.ObjectManager", "GetManagedObjects"), std::string{});
    QCOMPARE(call("org.freedesktop.DBus.Peer", "Ping"), std::string{});
}

void PolicyTest::letsOnlyRootBeLockstep()
{
    if (::geteuid() != 0)
        QSKIP("only root can be another user");
    const PrivateBus bus;
    const auto asNobody = [&] {
        QVERIFY(::seteuid(nobody) == 0);
        auto connection = sdbus::createSessionBusConnectionWithAddress(bus.address().toStdString());
        QVERIFY(::seteuid(0) == 0);
        connection->requestName(service);
    };
    QCOMPARE(errorOf(asNobody), denied);
    const auto own = sdbus::createSessionBusConnectionWithAddress(bus.address().toStdString());
    QCOMPARE(errorOf([&] { own->requestName(service); }), std::string{});
}

QTEST_GUILESS_MAIN(PolicyTest)
#include "PolicyTest.moc"
