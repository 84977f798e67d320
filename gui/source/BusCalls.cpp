// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of BusSource, one beside the other; what is announced is in BusSource.cpp.
#include "gui/source/BusSource.h"

#include "JobProxy.h"
#include "ManagerProxy.h"
#include "PairProxy.h"
#include "PeerProxy.h"
#include "dbus/Names.h"
#include "gui/proxies/BusTypes.h"
#include "gui/source/FromBus.h"

#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QPromise>

#include <memory>
#include <utility>

namespace lockstep::gui {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// What a lockstepd that works may need; as of the command line (cli/Daemon.cpp).
constexpr auto lookPatience = 30s;
constexpr auto changePatience = 60s;
constexpr auto checkPatience = 120s;
/// polkit may ask for a password, and its agent gives people five minutes.
constexpr auto typingPatience = 6min;

QVariantMap protectOptions(const ProtectRequest& request)
{
    QVariantMap options = settingsToBus(request.settings);
    if (!request.imageDirectory.isEmpty())
        options.insert(u"image-directory"_s, request.imageDirectory);
    return options;
}

/// Microseconds since 1970; 0 for no time.
qulonglong toBus(const QDateTime& time)
{
    constexpr qint64 perMs = 1'000;
    return time.isValid() ? static_cast<qulonglong>(time.toMSecsSinceEpoch() * perMs) : 0;
}

QVariantList listOf(const Dictionaries& dictionaries)
{
    QVariantList all;
    for (const QVariantMap& one : dictionaries)
        all << plain(one);
    return all;
}

} // namespace

template <typename T, typename Proxy, typename Call, typename Take>
Answer<T> BusSource::ask(const QString& path, Patience patience, Call call, Take take)
{
    if (m_subscribed.isEmpty()) {
        return answered<T>(std::unexpected{
            whyGone().value_or(Error{Errc::DaemonUnavailable, u"lockstepd does not answer"_s})});
    }
    Proxy proxy{m_subscribed, path, m_bus.connection()};
    proxy.setTimeout(static_cast<int>((patience + Patience{typingPatience}).count()));
    proxy.setInteractiveAuthorizationAllowed(true);
    using Reply = decltype(call(proxy));
    auto* const watcher = new QDBusPendingCallWatcher{call(proxy), this};
    const auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    connect(watcher, &QDBusPendingCallWatcher::finished, this,
            [this, watcher, promise, take = std::move(take)] {
                watcher->deleteLater();
                const Reply reply = *watcher;
                if (reply.isError())
                    promise->addResult(
                        Result<T>{std::unexpected{errorFrom(reply.error(), m_where)}});
                else
                    promise->addResult(Result<T>{take(reply)});
                promise->finish();
            });
    return promise->future();
}

template <typename Proxy, typename Call>
Answer<QString> BusSource::askForPath(const QString& path, Call call)
{
    return ask<QString, Proxy>(path, changePatience, std::move(call),
                               [](const auto& reply) { return reply.value().path(); });
}

template <typename Proxy, typename Call>
Answer<void> BusSource::askForNothing(const QString& path, Call call)
{
    return ask<void, Proxy>(path, changePatience, std::move(call),
                            [](const auto&) { return Result<void>{}; });
}

Answer<QList<Domain>> BusSource::domains()
{
    return ask<QList<Domain>, ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), lookPatience,
        [](ManagerProxy& manager) { return manager.ListDomains({}); },
        [](const QDBusPendingReply<Dictionaries>& reply) {
            QList<Domain> all;
            for (const QVariantMap& domain : reply.value())
                all << domainFrom(plain(domain));
            return all;
        });
}

Answer<QList<Event>> BusSource::events(EventQuery query)
{
    QVariantMap options{{u"limit"_s, qulonglong{query.limit}}};
    if (!query.domain.isEmpty())
        options.insert(u"domain"_s, query.domain);
    if (query.since)
        options.insert(u"since"_s, qulonglong{*query.since});
    return ask<QList<Event>, ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), lookPatience,
        [&options](ManagerProxy& manager) { return manager.GetEvents(options); },
        [](const QDBusPendingReply<Dictionaries>& reply) {
            QList<Event> all;
            for (const QVariantMap& event : reply.value())
                all << eventFrom(plain(event));
            return all;
        });
}

Answer<Statistics> BusSource::statistics(const QString& pair, StatisticsQuery query)
{
    const QVariantMap options{{u"points"_s, qulonglong{query.points}},
                              {u"checkpoints"_s, qulonglong{query.checkpoints}}};
    return ask<Statistics, PairProxy>(
        pair, lookPatience,
        [&](PairProxy& proxy) {
            return proxy.GetStatistics(toBus(query.since), toBus(query.until), options);
        },
        [](const QDBusPendingReply<QVariantMap>& reply) {
            return statisticsFrom(plain(reply.value()));
        });
}

Answer<Configuration> BusSource::configuration()
{
    return ask<Configuration, ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), lookPatience,
        [](ManagerProxy& manager) { return manager.GetConfiguration({}); },
        [](const QDBusPendingReply<QString, Dictionaries>& reply) {
            Configuration all{.file = reply.argumentAt<0>(), .settings = {}};
            for (const QVariantMap& setting : reply.argumentAt<1>())
                all.settings << configurationSettingFrom(plain(setting));
            return all;
        });
}

Answer<QList<Finding>> BusSource::doctor(const QStringList& hosts)
{
    QVariantMap options;
    if (!hosts.isEmpty())
        options.insert(u"hosts"_s, hosts);
    return ask<QList<Finding>, ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), changePatience,
        [&options](ManagerProxy& manager) { return manager.Doctor(options); },
        [](const QDBusPendingReply<Dictionaries>& reply) {
            return findingsFrom(listOf(reply.value()));
        });
}

Answer<Preflight> BusSource::preflight(const ProtectRequest& request)
{
    return ask<Preflight, ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), checkPatience,
        [&request](ManagerProxy& manager) {
            return manager.Preflight(request.domain, request.peer, protectOptions(request));
        },
        [](const QDBusPendingReply<QString, QString, Dictionaries>& reply) {
            return Preflight{.domain = reply.argumentAt<0>(),
                             .peer = reply.argumentAt<1>(),
                             .findings = findingsFrom(listOf(reply.argumentAt<2>()))};
        });
}

Answer<QList<PlanStep>> BusSource::plan(const ProtectRequest& request)
{
    return ask<QList<PlanStep>, ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), checkPatience,
        [&request](ManagerProxy& manager) {
            return manager.Plan(request.domain, request.peer, protectOptions(request));
        },
        [](const QDBusPendingReply<Triples>& reply) {
            QList<PlanStep> steps;
            for (const Triple& step : reply.value())
                steps << PlanStep{.host = step.first, .title = step.second, .undo = step.third};
            return steps;
        });
}

Answer<QString> BusSource::protect(const ProtectRequest& request)
{
    return askForPath<ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), [&request](ManagerProxy& manager) {
            return manager.Protect(request.domain, request.peer, protectOptions(request));
        });
}

Answer<QString> BusSource::unprotect(const QString& pair)
{
    return askForPath<PairProxy>(pair, [](PairProxy& proxy) { return proxy.Unprotect({}); });
}

Answer<QString> BusSource::switchOver(const QString& pair)
{
    return askForPath<PairProxy>(pair, [](PairProxy& proxy) { return proxy.SwitchOver({}); });
}

Answer<QString> BusSource::takeOver(const QString& pair)
{
    return askForPath<PairProxy>(pair, [](PairProxy& proxy) { return proxy.TakeOver({}); });
}

Answer<QString> BusSource::continueAlone(const QString& pair, bool force)
{
    return askForPath<PairProxy>(pair, [force](PairProxy& proxy) {
        return proxy.ContinueAlone(force ? QVariantMap{{u"force"_s, true}} : QVariantMap{});
    });
}

Answer<QString> BusSource::drainHost()
{
    return askForPath<ManagerProxy>(QString::fromLatin1(dbus::rootPath),
                                    [](ManagerProxy& manager) { return manager.DrainHost({}); });
}

Answer<void> BusSource::cancelJob(const QString& job)
{
    return askForNothing<JobProxy>(job, [](JobProxy& proxy) { return proxy.Cancel({}); });
}

Answer<void> BusSource::setSettings(const QString& pair, const QJsonObject& settings)
{
    return askForNothing<PairProxy>(
        pair, [&settings](PairProxy& proxy) { return proxy.SetSettings(settingsToBus(settings)); });
}

Answer<Probe> BusSource::probePeer(const QString& address)
{
    return ask<Probe, ManagerProxy>(
        QString::fromLatin1(dbus::rootPath), lookPatience,
        [&address](ManagerProxy& manager) { return manager.ProbePeer(address, {}); },
        [](const QDBusPendingReply<QString, QString, QString>& reply) {
            return Probe{.name = reply.argumentAt<0>(),
                         .fingerprint = reply.argumentAt<1>(),
                         .version = reply.argumentAt<2>()};
        });
}

Answer<QString> BusSource::addPeer(const QString& address, const QString& fingerprint,
                                   const QString& name)
{
    const QVariantMap options = name.isEmpty() ? QVariantMap{} : QVariantMap{{u"name"_s, name}};
    return askForPath<ManagerProxy>(
        QString::fromLatin1(dbus::rootPath),
        [&](ManagerProxy& manager) { return manager.AddPeer(address, fingerprint, options); });
}

Answer<void> BusSource::acceptPeer(const QString& peer, const QString& fingerprint)
{
    return askForNothing<PeerProxy>(
        peer, [&fingerprint](PeerProxy& proxy) { return proxy.Accept(fingerprint, {}); });
}

Answer<void> BusSource::setHeartbeat(const QString& peer, const HeartbeatChange& change)
{
    QVariantMap options;
    if (change.intervalMs)
        options.insert(u"interval-ms"_s, qulonglong{*change.intervalMs});
    if (change.timeoutMs)
        options.insert(u"timeout-ms"_s, qulonglong{*change.timeoutMs});
    if (change.secondPath)
        options.insert(u"second-path"_s, *change.secondPath);
    return askForNothing<PeerProxy>(
        peer, [&options](PeerProxy& proxy) { return proxy.SetHeartbeat(options); });
}

Answer<void> BusSource::removePeer(const QString& peer)
{
    return askForNothing<PeerProxy>(peer, [](PeerProxy& proxy) { return proxy.Remove({}); });
}

} // namespace lockstep::gui
