// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "cli/Bus.h"
#include "cli/PolkitAgent.h"

#include <sdbus-c++/sdbus-c++.h>

#include <QDateTime>
#include <QJsonArray>
#include <QJsonObject>
#include <QList>

#include <chrono>
#include <memory>
#include <optional>

namespace lockstep::cli {

/// What a client wants of a domain's protection.
struct ProtectRequest
{
    QString domain;
    QString peer; ///< Empty: the one it was paired with last.
    QString imageDirectory; ///< Empty: the one that the other host has configured.
    /// By name (base/PairSettingTable.h); what is not there is as it was for this pair, or has its
    /// default.
    QJsonObject settings;
};

/// What `peer set` changes; what is not given stays.
struct HeartbeatChange
{
    std::optional<quint64> intervalMs;
    std::optional<quint64> timeoutMs;
    std::optional<QString> secondPath;
};

/// Which events `events` wants; see GetEvents in dbus/org.lockstep.Lockstep1.Manager.xml.
struct EventRequest
{
    QString domain; ///< Empty: all.
    quint64 limit{100};
    std::optional<quint64> since;
};

/// Which of a pair's statistics are wanted; see GetStatistics in
/// dbus/org.lockstep.Lockstep1.Pair.xml.
struct StatisticsRequest
{
    QDateTime since;
    quint64 points{60};
    quint64 checkpoints{0};
};

struct RemoteObject
{
    sdbus::ObjectPath path;
    QJsonObject properties; ///< As propertiesToJson() makes them.
};

struct Probe
{
    QString name;
    QString fingerprint;
    QString version;
};

/// lockstepd of this host, or of the one that was chosen with Bus, as seen over D-Bus. Calls block
/// until it answers; it may ask the user for a password on the way. Errors are those of the daemon,
/// DaemonUnavailable, or Timeout if it does not answer: see Bus::setTimeout().
class Daemon final
{
public:
    /// Errors: DaemonUnavailable.
    [[nodiscard]] static Result<Daemon> connect();

    [[nodiscard]] Result<QJsonObject> own(); ///< "version", "host-name", "fingerprint".
    [[nodiscard]] Result<QList<RemoteObject>> pairs(); ///< By domain.
    [[nodiscard]] Result<QList<RemoteObject>> peers(); ///< By name.
    [[nodiscard]] Result<QList<RemoteObject>> jobs(); ///< By number.
    [[nodiscard]] Result<RemoteObject> pair(const QString& domain);
    [[nodiscard]] Result<RemoteObject> peer(const QString& name);
    [[nodiscard]] Result<RemoteObject> job(quint64 id);
    [[nodiscard]] Result<QJsonObject> jobProperties(const sdbus::ObjectPath& path);

    /// As eventToJson() makes them, oldest first.
    [[nodiscard]] Result<QList<QJsonObject>> events(const EventRequest& request);

    /// What checkpoints have cost until now, as statisticsToJson() makes it.
    [[nodiscard]] Result<QJsonObject> statistics(const sdbus::ObjectPath& pair,
                                                 const StatisticsRequest& request);

    /// Every domain of this host, by name, as ListDomains has them; without "pair".
    [[nodiscard]] Result<QJsonArray> domains();
    /// "file" and "settings", as GetConfiguration has them.
    [[nodiscard]] Result<QJsonObject> configuration();
    /// Of a pair, by name: strings and booleans. The pair as it is then.
    [[nodiscard]] Result<RemoteObject> setSettings(const sdbus::ObjectPath& pair,
                                                   const QJsonObject& settings);

    /// "domain", "peer" and "findings".
    [[nodiscard]] Result<QJsonObject> preflight(const ProtectRequest& request);
    /// Findings of this host and its peers, or only of these.
    [[nodiscard]] Result<QJsonArray> doctor(const std::vector<std::string>& hosts);
    /// Findings of a trial of this host's QEMU.
    [[nodiscard]] Result<QJsonArray> tryQemu();
    /// Objects with "host", "title" and "undo".
    [[nodiscard]] Result<QJsonArray> plan(const ProtectRequest& request);
    [[nodiscard]] Result<sdbus::ObjectPath> protect(const ProtectRequest& request);
    [[nodiscard]] Result<sdbus::ObjectPath> takeOver(const sdbus::ObjectPath& pair);
    [[nodiscard]] Result<sdbus::ObjectPath> switchOver(const sdbus::ObjectPath& pair);
    [[nodiscard]] Result<sdbus::ObjectPath> drain();
    [[nodiscard]] Result<sdbus::ObjectPath> continueAlone(const sdbus::ObjectPath& pair);
    [[nodiscard]] Result<sdbus::ObjectPath> ownAlone(const sdbus::ObjectPath& pair);
    [[nodiscard]] Result<sdbus::ObjectPath> unprotect(const sdbus::ObjectPath& pair);
    [[nodiscard]] Result<void> cancel(const sdbus::ObjectPath& job);

    [[nodiscard]] Result<Probe> probe(const QString& address);
    [[nodiscard]] Result<RemoteObject> addPeer(const QString& address, const QString& fingerprint,
                                               const QString& name);
    [[nodiscard]] Result<RemoteObject> acceptPeer(const sdbus::ObjectPath& peer,
                                                  const QString& fingerprint);
    /// The peer as it is then.
    [[nodiscard]] Result<RemoteObject> setHeartbeat(const sdbus::ObjectPath& peer,
                                                    const HeartbeatChange& change);
    [[nodiscard]] Result<void> removePeer(const sdbus::ObjectPath& peer);

    [[nodiscard]] sdbus::IConnection& connection() { return *m_connection; }
    /// As Bus::hurry().
    std::optional<std::chrono::milliseconds> hurry(std::optional<std::chrono::milliseconds> limit)
    {
        return m_bus->hurry(limit);
    }
    /// As Bus::allowQuestions(); without them no agent of polkit is started either.
    void allowQuestions(bool allowed) { m_bus->allowQuestions(allowed); }
    /// Hands out signals of the bus as they come, until something came, a signal of the process
    /// did, or `time` has passed. Errors: DaemonUnavailable if the bus is gone.
    [[nodiscard]] Result<void> dispatch(std::chrono::milliseconds time);

private:
    explicit Daemon(std::shared_ptr<Bus> bus)
        : m_bus{std::move(bus)}, m_connection{&m_bus->connection()}
    { }
    [[nodiscard]] QList<RemoteObject> objects(const char* interface, const QString& sortedBy);
    void expectQuestion();
    /// As guarded(), for a call that polkit may want a password for, and that a lockstepd that
    /// works may need `patience` for. One that hangs is found out sooner.
    template <typename Call>
    auto asked(Call call, std::chrono::milliseconds patience = Bus::usualPatience,
               const QString& what = usualWait()) -> Result<std::invoke_result_t<Call>>;
    [[nodiscard]] QJsonObject properties(const sdbus::ObjectPath& path, const char* interface);

    std::shared_ptr<Bus> m_bus;
    sdbus::IConnection* m_connection;
    std::unique_ptr<PolkitAgent> m_agent;
};

/// While one exists, calls have a short deadline: for those that nobody is asked a password for.
class Hurry final
{
public:
    /// A lockstepd that works answers in a fraction of that.
    static constexpr std::chrono::seconds usual{2};

    explicit Hurry(Daemon& daemon, std::chrono::milliseconds deadline = usual)
        : m_daemon{daemon}, m_before{daemon.hurry(deadline)}
    { }
    ~Hurry() { m_daemon.hurry(m_before); }
    Hurry(const Hurry&) = delete;
    Hurry& operator=(const Hurry&) = delete;

private:
    Daemon& m_daemon;
    std::optional<std::chrono::milliseconds> m_before;
};

/// While one exists, nobody is asked for a password: what would need one is refused.
class Quietly final
{
public:
    explicit Quietly(Daemon& daemon) : m_daemon{daemon} { m_daemon.allowQuestions(false); }
    ~Quietly() { m_daemon.allowQuestions(true); }
    Quietly(const Quietly&) = delete;
    Quietly& operator=(const Quietly&) = delete;

private:
    Daemon& m_daemon;
};

} // namespace lockstep::cli
