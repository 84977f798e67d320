// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>
#include <QVariantMap>

#include <algorithm>
#include <optional>

/// What lockstepd tells, as plain values. Words (roles, states, kinds, ...) stay the texts that
/// they are on D-Bus, because a later daemon may have new ones: look/StateLook.h knows how each
/// looks. dbus/*.xml says what every figure is. Bytes and microseconds are in the names; a time
/// that is not known is invalid, another figure that is not known is 0 unless it is said here.
namespace lockstep::gui {

/// The host whose lockstepd this is.
struct Host
{
    QString name;
    QString fingerprint;
    QString version;
    friend bool operator==(const Host&, const Host&) = default;
};

struct Disk
{
    QString target;
    QString source; ///< Image on the primary's host.
    QString replica; ///< Image on the other host.
    quint64 sizeBytes{0};
    friend bool operator==(const Disk&, const Disk&) = default;
};

struct Nic
{
    QString mac;
    QString bridge;
    QString alias;
    friend bool operator==(const Nic&, const Nic&) = default;
};

/// What checkpoints have cost in some time; all 0 if nothing is known.
struct Sums
{
    quint64 seconds{0}; ///< That lockstepd looked at: 0 for a gap.
    quint64 checkpoints{0};
    quint64 asked{0}; ///< Of these by QEMU: answers differed, or a shadow's did not come in time.
    quint64 stoppedUSec{0};
    quint64 longestStopUSec{0};
    quint64 releasedPackets{0};
    quint64 memoryBytes{0};
    quint64 diskBytes{0};
    friend bool operator==(const Sums&, const Sums&) = default;
};

/// A domain and its two hosts, seen from this one.
struct Pair
{
    QString id; ///< Path of its object; also after a restart of lockstepd the same.
    QString uuid;
    QString domain;
    QString role;
    QString state;
    QString reason;
    QDateTime since;
    QString peerName;
    QString peerFingerprint;
    QString peerId; ///< Path of the peer's object; "/" if that host has been forgotten.
    bool peerConnected{false};
    quint64 epoch{0};
    QString arbiterError;
    quint64 arbiterRejections{0};
    bool suspended{false};
    QJsonObject settings; ///< By name, as base/PairSettingTable.h has them; "arbiter" among them.
    QList<Disk> disks;
    QList<Nic> nics;
    quint64 checkpoints{0};
    Sums lastMinute;

    [[nodiscard]] bool isPrimary() const { return role == QLatin1StringView{"primary"}; }
    [[nodiscard]] QString arbiter() const
    {
        return settings.value(QLatin1StringView{"arbiter"}).toString();
    }
    friend bool operator==(const Pair&, const Pair&) = default;
};

struct HeartbeatPath
{
    QString name;
    QString localAddress;
    QString remoteAddress;
    bool up{false};
    quint64 roundTripUSec{0};
    quint64 leastRoundTripUSec{0};
    quint64 mostRoundTripUSec{0};
    double lossPercent{0};
    friend bool operator==(const HeartbeatPath&, const HeartbeatPath&) = default;
};

/// Another host.
struct Peer
{
    QString id; ///< Path of its object.
    QString name;
    QString fingerprint;
    QString address;
    quint16 port{0};
    QString trust;
    bool connected{false};
    QString localAddress;
    QString remoteAddress;
    QString version;
    QString lastError;
    QString health;
    QString healthReason;
    quint64 roundTripUSec{0};
    double lossPercent{0};
    QList<HeartbeatPath> paths;
    QMap<QString, quint64> rejectedDatagrams; ///< By reason.
    quint64 heartbeatIntervalMs{0};
    quint64 heartbeatTimeoutMs{0};
    QString secondPath;
    friend bool operator==(const Peer&, const Peer&) = default;
};

/// Long work. An `error` has come if it failed or was cancelled.
struct Job
{
    QString id; ///< Path of its object; another job may have it after a restart of lockstepd.
    quint64 number{0};
    QString kind;
    QString domain;
    QString uuid;
    QString state;
    QString phase;
    double progress{0}; ///< 0 to 1.
    quint64 bytesDone{0};
    quint64 bytesTotal{0};
    quint64 etaUSec{0};
    bool cancellable{false};
    QDateTime started;
    QDateTime ended;
    std::optional<Error> error;
    QVariantMap result;

    [[nodiscard]] bool isRunning() const { return state == QLatin1StringView{"running"}; }
    friend bool operator==(const Job&, const Job&) = default;
};

/// What preflight or doctor found.
struct Finding
{
    QString id;
    QString severity; ///< "error", "warning", "info" or "ok".
    QString host;
    QString message;
    QString remedy;
    friend bool operator==(const Finding&, const Finding&) = default;
};

/// A domain of this host's libvirt.
struct Domain
{
    QString name;
    QString uuid;
    std::optional<qint64> number; ///< libvirt's id, of a running one.
    QString state;
    bool persistent{false};
    bool protectable{false};
    QList<Finding> findings;
    QString pairId; ///< Path of its pair; empty if it has none.
    QString role;
    QString pairState;
    QString peerName;
    friend bool operator==(const Domain&, const Domain&) = default;
};

struct Event
{
    quint64 id{0};
    QDateTime time;
    QString kind;
    QString severity;
    QString domain;
    QString uuid;
    QString text;
    QString role;
    QString state;
    QString peerName;
    quint64 epoch{0};
    QVariantMap fields;
    friend bool operator==(const Event&, const Event&) = default;
};

struct EventQuery
{
    QString domain; ///< A name or UUID; empty for all.
    std::optional<quint64> since; ///< Only events with a larger id.
    quint64 limit{100}; ///< 1 to 1000: the newest, or with `since` the first after it.
};

struct PlanStep
{
    QString host;
    QString title;
    QString undo; ///< Empty if nothing needs to be undone.
    friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

struct ProtectRequest
{
    QString domain;
    QString peer; ///< Empty: the one that it was paired with last.
    QString imageDirectory; ///< Empty: the one that the other host has configured.
    QJsonObject settings; ///< By name; what is not there stays, or has its default.
    friend bool operator==(const ProtectRequest&, const ProtectRequest&) = default;
};

struct Preflight
{
    QString domain;
    QString peer;
    QList<Finding> findings;

    /// Whether nothing forbids to protect it.
    [[nodiscard]] bool isPassed() const
    {
        return std::ranges::none_of(findings, [](const Finding& finding) {
            return finding.severity == QLatin1StringView{"error"};
        });
    }
};

struct Probe
{
    QString name;
    QString fingerprint;
    QString version;
};

/// What is not given stays.
struct HeartbeatChange
{
    std::optional<quint64> intervalMs;
    std::optional<quint64> timeoutMs;
    std::optional<QString> secondPath; ///< Empty: none any more.
};

/// One setting of lockstepd itself.
struct ConfigurationSetting
{
    QString key;
    QString value;
    QString usual;
    bool fromFile{false};
    QString unit;
    QString allowed;
    bool secret{false};
};

struct Configuration
{
    QString file;
    QList<ConfigurationSetting> settings;
};

struct StatisticsQuery
{
    QDateTime since; ///< Invalid: as long as anything is known.
    QDateTime until; ///< Invalid: until now.
    quint64 points{60}; ///< 0 to 720.
    quint64 checkpoints{0}; ///< 0 to 1000.
};

/// Of one kind of figure, in its own unit.
struct Percentiles
{
    quint64 count{0};
    double p50{0};
    double p90{0};
    double p99{0};
    double p999{0};
    double most{0};
};

/// One checkpoint; what is not known is nothing.
struct Checkpoint
{
    QDateTime time;
    QString reason;
    quint64 stoppedUSec{0};
    quint64 memoryBytes{0};
    quint64 diskBytes{0};
    std::optional<qint64> durationUSec;
    std::optional<qint64> releasedPackets;
    std::optional<qint64> holdUSec;
};

struct StatisticsPoint
{
    QDateTime time; ///< Where the part begins.
    Sums sums;
};

struct Statistics
{
    QDateTime since;
    QDateTime until;
    quint64 stepUSec{0};
    Sums totals;
    QList<StatisticsPoint> series; ///< Only parts of which something is known.
    QMap<QString, Percentiles> percentiles; ///< By name, "stopped-usec" and so on.
    QDateTime percentilesSince;
    QList<Checkpoint> checkpoints; ///< Oldest first.
    quint64 lifetimeCheckpoints{0};
    QMap<QString, quint64> lifetimeReasons; ///< Checkpoints by reason.
};

} // namespace lockstep::gui
