// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Daemon.h"

#include "cli/WireJson.h"
#include "dbus/Names.h"

#include "glue/JobProxy.h"
#include "glue/ManagerProxy.h"
#include "glue/PairProxy.h"
#include "glue/PeerProxy.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How long lockstepd may take, with what it waits for itself: libvirt, a disk, polkit ...
constexpr auto changePatience = 60s;
// ... another host, and all images of a domain ...
constexpr auto checkPatience = 2min;
// ... other hosts, etcd and fence devices, one beside the other ...
constexpr auto doctorPatience = 60s;
// ... and besides for somebody who types a password.
constexpr auto typingPatience = 6min;

/// A proxy of one object that has one interface; listens to no signals.
template <typename Interface>
class Remote final : public sdbus::ProxyInterfaces<Interface>
{
public:
    Remote(sdbus::IConnection& connection, const sdbus::ObjectPath& path)
        : sdbus::ProxyInterfaces<Interface>{connection, sdbus::ServiceName{dbus::service}, path}
    {
        this->registerProxy();
    }
    ~Remote() { this->unregisterProxy(); }
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;
};

/// The one that has a signal. EventWatch listens to it; here nobody does, so it is not registered.
class Manager final : public sdbus::ProxyInterfaces<org::lockstep::Lockstep1::Manager_proxy>
{
public:
    Manager(sdbus::IConnection& connection, const sdbus::ObjectPath& path)
        : ProxyInterfaces{connection, sdbus::ServiceName{dbus::service}, path}
    { }
    ~Manager() = default;
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

private:
    void onEvents(const std::vector<Dictionary>& /*events*/) override { }
};

using Peer = Remote<org::lockstep::Lockstep1::Peer_proxy>;
using Pair = Remote<org::lockstep::Lockstep1::Pair_proxy>;
using Job = Remote<org::lockstep::Lockstep1::Job_proxy>;

const sdbus::ObjectPath root{dbus::rootPath};

Dictionary settingsToBus(const QJsonObject& settings)
{
    Dictionary all;
    for (auto it = settings.begin(); it != settings.end(); ++it) {
        all.emplace(it.key().toStdString(),
                    it->isBool()         ? sdbus::Variant{it->toBool()}
                        : it->isString() ? sdbus::Variant{it->toString().toStdString()}
                                         : sdbus::Variant{static_cast<uint64_t>(it->toInteger())});
    }
    return all;
}

Dictionary options(const ProtectRequest& request)
{
    Dictionary all;
    if (!request.imageDirectory.isEmpty())
        all.emplace("image-directory", sdbus::Variant{request.imageDirectory.toStdString()});
    all.merge(settingsToBus(request.settings));
    return all;
}

} // namespace

Result<Daemon> Daemon::connect()
{
    return Bus::open().transform([](std::shared_ptr<Bus> bus) { return Daemon{std::move(bus)}; });
}

QList<RemoteObject> Daemon::objects(const char* interface, const QString& sortedBy)
{
    std::map<sdbus::ObjectPath,
             std::map<std::string, std::map<sdbus::PropertyName, sdbus::Variant>>>
        all;
    const auto proxy = sdbus::createProxy(*m_connection, sdbus::ServiceName{dbus::service}, root);
    proxy->callMethod("GetManagedObjects")
        .onInterface("org.freedesktop.DBus.ObjectManager")
        .storeResultsTo(all);
    QList<RemoteObject> found;
    for (const auto& [path, interfaces] : all) {
        if (const auto wanted = interfaces.find(interface); wanted != interfaces.end())
            found.append({.path = path, .properties = propertiesToJson(wanted->second)});
    }
    std::ranges::sort(found, [&sortedBy](const RemoteObject& left, const RemoteObject& right) {
        const auto a = left.properties[sortedBy];
        const auto b = right.properties[sortedBy];
        return a.isString() ? a.toString() < b.toString() : a.toInteger() < b.toInteger();
    });
    return found;
}

QJsonObject Daemon::properties(const sdbus::ObjectPath& path, const char* interface)
{
    const auto proxy = sdbus::createProxy(*m_connection, sdbus::ServiceName{dbus::service}, path);
    return propertiesToJson(proxy->getAllProperties().onInterface(interface));
}

void Daemon::expectQuestion()
{
    if (m_agent && m_agent->hasEnded())
        m_agent.reset();
    if (!m_agent && m_bus->mayAsk())
        m_agent = std::make_unique<PolkitAgent>();
}

template <typename Call>
auto Daemon::asked(Call call, std::chrono::milliseconds patience, const QString& what)
    -> Result<std::invoke_result_t<Call>>
{
    expectQuestion();
    const std::chrono::milliseconds longest =
        patience + (m_bus->mayAsk() ? std::chrono::milliseconds{typingPatience} : 0ms);
    return guarded(
        [this, &call, longest] {
            if (longest > Bus::usualPatience) {
                sdbus::createProxy(*m_connection, sdbus::ServiceName{dbus::service}, root)
                    ->callMethod("Ping")
                    .onInterface("org.freedesktop.DBus.Peer");
                m_bus->expect(longest);
            }
            return call();
        },
        what);
}

Result<QJsonObject> Daemon::own()
{
    return guarded([this] { return properties(root, Manager::INTERFACE_NAME); });
}

Result<QList<RemoteObject>> Daemon::pairs()
{
    return guarded([this] { return objects(Pair::INTERFACE_NAME, u"domain"_s); });
}

Result<QList<RemoteObject>> Daemon::peers()
{
    return guarded([this] { return objects(Peer::INTERFACE_NAME, u"name"_s); });
}

Result<QList<RemoteObject>> Daemon::jobs()
{
    return guarded([this] { return objects(Job::INTERFACE_NAME, u"id"_s); });
}

Result<RemoteObject> Daemon::pair(const QString& domain)
{
    return guarded([this, &domain] {
        const auto path = Manager{*m_connection, root}.FindPair(domain.toStdString(), {});
        return RemoteObject{.path = path, .properties = properties(path, Pair::INTERFACE_NAME)};
    });
}

Result<RemoteObject> Daemon::peer(const QString& name)
{
    return guarded([this, &name] {
        const auto path = Manager{*m_connection, root}.FindPeer(name.toStdString(), {});
        return RemoteObject{.path = path, .properties = properties(path, Peer::INTERFACE_NAME)};
    });
}

Result<RemoteObject> Daemon::job(quint64 id)
{
    const auto all = jobs();
    if (!all)
        return std::unexpected{all.error()};
    for (const RemoteObject& job : *all) {
        if (job.properties[u"id"].toInteger() == static_cast<qint64>(id))
            return job;
    }
    return failure(Errc::UnknownJob, u"there is no job %1"_s.arg(id));
}

Result<QJsonObject> Daemon::jobProperties(const sdbus::ObjectPath& path)
{
    return guarded([this, &path] { return properties(path, Job::INTERFACE_NAME); });
}

Result<QList<QJsonObject>> Daemon::events(const EventRequest& request)
{
    Dictionary wanted{{"limit", sdbus::Variant{uint64_t{request.limit}}}};
    if (request.since)
        wanted.emplace("since", sdbus::Variant{uint64_t{*request.since}});
    if (!request.domain.isEmpty())
        wanted.emplace("domain", sdbus::Variant{request.domain.toStdString()});
    return guarded([this, &wanted] {
        QList<QJsonObject> events;
        for (const Dictionary& event : Manager{*m_connection, root}.GetEvents(wanted))
            events.append(eventToJson(event));
        return events;
    });
}

Result<QJsonObject> Daemon::statistics(const sdbus::ObjectPath& pair,
                                       const StatisticsRequest& request)
{
    constexpr qint64 perMillisecond = 1'000;
    const qint64 since = std::max<qint64>(request.since.toMSecsSinceEpoch(), 0) * perMillisecond;
    const Dictionary wanted{{"points", sdbus::Variant{uint64_t{request.points}}},
                            {"checkpoints", sdbus::Variant{uint64_t{request.checkpoints}}}};
    return guarded([this, &pair, &wanted, since] {
        return statisticsToJson(
            Pair{*m_connection, pair}.GetStatistics(static_cast<uint64_t>(since), 0, wanted));
    });
}

Result<QJsonArray> Daemon::domains()
{
    return asked(
        [this] { return dictionariesToJson(Manager{*m_connection, root}.ListDomains({})); });
}

Result<QJsonObject> Daemon::configuration()
{
    return asked([this] {
        const auto [file, settings] = Manager{*m_connection, root}.GetConfiguration({});
        return QJsonObject{{u"file"_s, fromBus(file)},
                           {u"settings"_s, dictionariesToJson(settings)}};
    });
}

Result<RemoteObject> Daemon::setSettings(const sdbus::ObjectPath& pair, const QJsonObject& settings)
{
    return asked(
        [&] {
            Pair{*m_connection, pair}.SetSettings(settingsToBus(settings));
            return RemoteObject{.path = pair, .properties = properties(pair, Pair::INTERFACE_NAME)};
        },
        changePatience);
}

Result<QJsonObject> Daemon::preflight(const ProtectRequest& request)
{
    return asked(
        [this, &request] {
            const auto [domain, peer, findings] = Manager{*m_connection, root}.Preflight(
                request.domain.toStdString(), request.peer.toStdString(), options(request));
            return QJsonObject{{u"domain"_s, fromBus(domain)},
                               {u"peer"_s, fromBus(peer)},
                               {u"findings"_s, dictionariesToJson(findings)}};
        },
        checkPatience,
        request.peer.isEmpty() ? u"checking both hosts"_s
                               : u"checking this host and %1"_s.arg(request.peer));
}

Result<QJsonArray> Daemon::doctor(const std::vector<std::string>& hosts)
{
    return asked(
        [this, &hosts] {
            Dictionary wanted;
            if (!hosts.empty())
                wanted.emplace("hosts", sdbus::Variant{hosts});
            return dictionariesToJson(Manager{*m_connection, root}.Doctor(wanted));
        },
        doctorPatience);
}

Result<QJsonArray> Daemon::tryQemu()
{
    return asked([this] { return dictionariesToJson(Manager{*m_connection, root}.TryQemu({})); },
                 doctorPatience);
}

Result<QJsonArray> Daemon::plan(const ProtectRequest& request)
{
    return asked(
        [this, &request] {
            QJsonArray steps;
            for (const auto& step : Manager{*m_connection, root}.Plan(
                     request.domain.toStdString(), request.peer.toStdString(), options(request))) {
                steps.append(QJsonObject{{u"host"_s, fromBus(step.get<0>())},
                                         {u"title"_s, fromBus(step.get<1>())},
                                         {u"undo"_s, fromBus(step.get<2>())}});
            }
            return steps;
        },
        checkPatience, u"checking both hosts"_s);
}

Result<sdbus::ObjectPath> Daemon::protect(const ProtectRequest& request)
{
    return asked(
        [this, &request] {
            return Manager{*m_connection, root}.Protect(
                request.domain.toStdString(), request.peer.toStdString(), options(request));
        },
        changePatience);
}

Result<sdbus::ObjectPath> Daemon::takeOver(const sdbus::ObjectPath& pair)
{
    return asked([this, &pair] { return Pair{*m_connection, pair}.TakeOver({}); }, changePatience);
}

Result<sdbus::ObjectPath> Daemon::switchOver(const sdbus::ObjectPath& pair)
{
    return asked([this, &pair] { return Pair{*m_connection, pair}.SwitchOver({}); },
                 changePatience);
}

Result<sdbus::ObjectPath> Daemon::drain()
{
    return asked([this] { return Manager{*m_connection, root}.DrainHost({}); }, changePatience);
}

Result<sdbus::ObjectPath> Daemon::continueAlone(const sdbus::ObjectPath& pair)
{
    return asked([this, &pair] { return Pair{*m_connection, pair}.ContinueAlone({}); },
                 changePatience);
}

Result<sdbus::ObjectPath> Daemon::ownAlone(const sdbus::ObjectPath& pair)
{
    return asked(
        [this, &pair] {
            return Pair{*m_connection, pair}.ContinueAlone({{"force", sdbus::Variant{true}}});
        },
        changePatience);
}

Result<sdbus::ObjectPath> Daemon::unprotect(const sdbus::ObjectPath& pair)
{
    return asked([this, &pair] { return Pair{*m_connection, pair}.Unprotect({}); }, changePatience);
}

Result<void> Daemon::cancel(const sdbus::ObjectPath& job)
{
    return asked([this, &job] { Job{*m_connection, job}.Cancel({}); });
}

Result<Probe> Daemon::probe(const QString& address)
{
    return asked(
        [this, &address] {
            const auto [name, fingerprint, version] =
                Manager{*m_connection, root}.ProbePeer(address.toStdString(), {});
            return Probe{.name = fromBus(name),
                         .fingerprint = fromBus(fingerprint),
                         .version = fromBus(version)};
        },
        Bus::usualPatience, u"waiting for %1"_s.arg(address));
}

Result<RemoteObject> Daemon::addPeer(const QString& address, const QString& fingerprint,
                                     const QString& name)
{
    Dictionary wanted;
    if (!name.isEmpty())
        wanted.emplace("name", sdbus::Variant{name.toStdString()});
    return asked(
        [&] {
            const auto path = Manager{*m_connection, root}.AddPeer(
                address.toStdString(), fingerprint.toStdString(), wanted);
            return RemoteObject{.path = path, .properties = properties(path, Peer::INTERFACE_NAME)};
        },
        changePatience, u"waiting for %1"_s.arg(address));
}

Result<RemoteObject> Daemon::acceptPeer(const sdbus::ObjectPath& peer, const QString& fingerprint)
{
    return asked(
        [&] {
            Peer{*m_connection, peer}.Accept(fingerprint.toStdString(), {});
            return RemoteObject{.path = peer, .properties = properties(peer, Peer::INTERFACE_NAME)};
        },
        changePatience);
}

Result<RemoteObject> Daemon::setHeartbeat(const sdbus::ObjectPath& peer,
                                          const HeartbeatChange& change)
{
    Dictionary wanted;
    if (change.intervalMs)
        wanted.emplace("interval-ms", sdbus::Variant{uint64_t{*change.intervalMs}});
    if (change.timeoutMs)
        wanted.emplace("timeout-ms", sdbus::Variant{uint64_t{*change.timeoutMs}});
    if (change.secondPath)
        wanted.emplace("second-path", sdbus::Variant{change.secondPath->toStdString()});
    return asked(
        [&] {
            Peer{*m_connection, peer}.SetHeartbeat(wanted);
            return RemoteObject{.path = peer, .properties = properties(peer, Peer::INTERFACE_NAME)};
        },
        changePatience);
}

Result<void> Daemon::dispatch(std::chrono::milliseconds time)
{
    try {
        if (!m_connection->processPendingEvent()) {
            const auto data = m_connection->getEventLoopPollData();
            std::array<pollfd, 2> files{pollfd{.fd = data.fd, .events = data.events, .revents = 0},
                                        pollfd{.fd = data.eventFd, .events = POLLIN, .revents = 0}};
            const int bus = data.getPollTimeout();
            const int wait = static_cast<int>(time.count());
            // Cut short by a signal of the process: the caller looks at that.
            ::poll(files.data(), files.size(), bus < 0 ? wait : std::min(bus, wait));
        }
        while (m_connection->processPendingEvent()) { }
    } catch (const sdbus::Error& error) {
        return std::unexpected{m_bus->explained(
            {Errc::DaemonUnavailable,
             u"the connection to the system bus broke: %1"_s.arg(fromBus(error.getMessage()))})};
    }
    return {};
}

Result<void> Daemon::removePeer(const sdbus::ObjectPath& peer)
{
    return asked([this, &peer] { Peer{*m_connection, peer}.Remove({}); }, changePatience);
}

} // namespace lockstep::cli
