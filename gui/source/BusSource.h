// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Target.h"
#include "gui/source/BusLink.h"
#include "gui/source/Source.h"

#include <QDBusPendingCall>

#include <functional>

namespace lockstep::gui {

/// lockstepd on the system bus of this host, or of another one over ssh. What the interfaces are:
/// dbus/*.xml, from which the proxies that this uses are generated.
class BusSource final : public Source
{
    Q_OBJECT
public:
    /// `target` is nothing for this host. `address` is for tests: another bus than the system's.
    explicit BusSource(std::optional<cli::Target> target, const QString& address = {},
                       QObject* parent = nullptr);

    void start() override { m_bus.open(); }
    [[nodiscard]] bool needsRetry() const override { return m_bus.needsRetry(); }
    void retry() override;
    [[nodiscard]] QString target() const override { return m_where; }

    Answer<QList<Domain>> domains() override;
    Answer<QList<Event>> events(EventQuery query) override;
    Answer<Statistics> statistics(const QString& pair, StatisticsQuery query) override;
    Answer<Configuration> configuration() override;
    Answer<QList<Finding>> doctor(const QStringList& hosts) override;
    Answer<Preflight> preflight(const ProtectRequest& request) override;
    Answer<QList<PlanStep>> plan(const ProtectRequest& request) override;
    Answer<QString> protect(const ProtectRequest& request) override;
    Answer<QString> unprotect(const QString& pair) override;
    Answer<QString> switchOver(const QString& pair) override;
    Answer<QString> takeOver(const QString& pair) override;
    Answer<QString> continueAlone(const QString& pair, bool force) override;
    Answer<QString> drainHost() override;
    Answer<void> cancelJob(const QString& job) override;
    Answer<void> setSettings(const QString& pair, const QJsonObject& settings) override;
    Answer<Probe> probePeer(const QString& address) override;
    Answer<QString> addPeer(const QString& address, const QString& fingerprint,
                            const QString& name) override;
    Answer<void> acceptPeer(const QString& peer, const QString& fingerprint) override;
    Answer<void> setHeartbeat(const QString& peer, const HeartbeatChange& change) override;
    Answer<void> removePeer(const QString& peer) override;

private Q_SLOTS:
    void interfacesAdded(const QDBusMessage& message);
    void interfacesRemoved(const QDBusMessage& message);
    void propertiesChanged(const QDBusMessage& message);
    void eventsTold(const QDBusMessage& message);

private:
    using Patience = std::chrono::milliseconds;

    void subscribe();
    void unsubscribe(const Error& why);
    void fetchHost();
    void fetchAll();
    /// Hands what the call answers to `take`; tries it all again if it does not.
    void fetch(const QDBusMessage& call, std::function<void(const QVariant&)> take);
    /// Takes what an object is: its interfaces with their properties.
    void take(const QString& path, const QVariantMap& interfaces);
    /// What it is now, for who looks at it.
    void tell(const QString& path);

    /// Makes `call` with such a proxy and hands its reply, a QDBusPendingReply, to `take`.
    template <typename T, typename Proxy, typename Call, typename Take>
    Answer<T> ask(const QString& path, Patience patience, Call call, Take take);
    /// The same for calls that return the path of an object.
    template <typename Proxy, typename Call>
    Answer<QString> askForPath(const QString& path, Call call);
    /// The same for calls that return nothing.
    template <typename Proxy, typename Call>
    Answer<void> askForNothing(const QString& path, Call call);

    QString m_where;
    BusLink m_bus;
    QString m_subscribed; ///< The unique name that signals are taken from.
    Host m_shownHost;
    bool m_isKnown{false}; ///< What there is has been fetched since lockstepd appeared.
    QHash<QString, QString> m_interfaces; ///< Of ours, by path: "Pair" etc.
    QHash<QString, QVariantMap> m_properties; ///< By path.
};

} // namespace lockstep::gui
