// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QMap>
#include <QMetaType>

#include <algorithm>
#include <chrono>
#include <optional>

namespace lockstep {

enum class Role { Primary, Secondary };

/// What a pair is at, seen from one of its hosts. The words are those of D-Bus and of the CLI. The
/// numbers go out with heartbeats: they stay as they are.
enum class PairState {
    Preparing,   ///< "preparing": shadow and graph are being made; the guest runs unprotected.
    Copying,     ///< "copying": disks and RAM go over; the guest runs unprotected.
    Confirming,  ///< "confirming": the shadow is in step; the arbiter is asked to record it.
    Protected,   ///< "protected": the shadow is in step.
    Interrupted, ///< "interrupted": the twin is gone or unreachable; somebody must decide.
    TakingOver,  ///< "taking-over": the shadow goes live.
    Merging,     ///< "merging": live here; the overlays are being merged into the replica.
    Alone, ///< "alone": live here as a plain domain, without a shadow; can be protected again.
    Stale, ///< "stale": the domain lives on the other host; what is here is out of date.
    Undoing, ///< "undoing": a failed or cancelled protection is being taken back.
    Off, ///< "off": the guest powered itself off; both hosts know.
};

[[nodiscard]] QString toString(Role role);
[[nodiscard]] QString toString(PairState state);
[[nodiscard]] std::optional<Role> roleFromString(QStringView text);
[[nodiscard]] std::optional<PairState> pairStateFromString(QStringView text);

struct DiskView
{
    QString target; ///< e.g. "vda".
    QString source; ///< Image on the primary's host as libvirt names it.
    QString replica; ///< Image on the other host.
    Bytes size; ///< Virtual size.
    friend bool operator==(const DiskView&, const DiskView&) = default;
};

struct NicView
{
    QString mac;
    QString bridge;
    QString alias; ///< libvirt's, e.g. "net0".
    friend bool operator==(const NicView&, const NicView&) = default;
};

struct PairView
{
    DomainUuid uuid;
    QString domain;
    Role role{Role::Primary};
    PairState state{PairState::Preparing};
    QString reason; ///< One sentence: why it is in this state and, if something is to do, what.
    QString peerName;
    PeerId peer;
    bool peerConnected{false};
    Epoch epoch;
    QString arbiter{QStringLiteral("manual")}; ///< "manual", "etcd", "fence".
    QString onArbiterLoss{QStringLiteral("wait")}; ///< "wait" or "primary-continues".
    bool autoProtect{false};
    bool reuseDisks{false};
    bool suspended{false}; ///< Somebody has suspended the guest.
    QString arbiterError; ///< Why its arbiter cannot decide now; empty if it can, or is manual.
    quint64 arbiterRejections{0}; ///< Answers of that arbiter that were not taken.
    QString mode{
        QStringLiteral("colo")}; ///< "colo", "remus", "kemari"; see replication/Protocol.h. "auto".
    std::chrono::microseconds period{0};
    QString modeInForce{QStringLiteral("colo")}; ///< As `mode`, but never "auto".
    std::chrono::microseconds periodInForce{0}; ///< 0: the mode has none.
    std::chrono::microseconds maxExposure{0}; ///< Of auto; 0: no limit.
    int maxStopped{100}; ///< Of auto; percent.
    std::chrono::microseconds idlePeriod{0};
    std::chrono::microseconds compareTimeout{0};
    std::chrono::microseconds scanCycle{0};
    int queueLimit{0}; ///< Packets.
    Bytes bandwidth; ///< A second; 0: no limit.
    Bytes copySpeed; ///< A second; 0: as the configuration of the primary's host says.
    int channels{1};
    QString compression{QStringLiteral("none")}; ///< "none", "zlib", "zstd".
    QList<DiskView> disks;
    QList<NicView> nics;
    QDateTime since; ///< When it entered this state.
    qint64 checkpoints{0}; ///< Since protection began, as far as this daemon saw them.
    QMap<QString, quint64> lastMinute; ///< Sums of its statistics, by their names on D-Bus.
};

enum class Severity { Error, Warning, Info, Ok };
[[nodiscard]] QString toString(Severity severity);
[[nodiscard]] std::optional<Severity> severityFromString(QStringView text);

/// One result of the preflight or of the doctor: a stable id ("qemu-version"), where, what, and
/// what to do.
struct Finding
{
    QString id;
    Severity severity{Severity::Error};
    QString host; ///< Name of the host it was found on.
    QString message; ///< One sentence.
    QString remedy; ///< What to do; empty only for Info and Ok.
    friend bool operator==(const Finding&, const Finding&) = default;
};

struct PreflightReport
{
    QString domain;
    QString peerName;
    QList<Finding> findings;
    [[nodiscard]] bool hasErrors() const
    {
        return std::ranges::any_of(findings,
                                   [](const Finding& f) { return f.severity == Severity::Error; });
    }
};

/// What somebody wants of a pair's settings (base/PairSettingTable.h). What is not set stays as it
/// was for this pair, or has its default.
struct SettingsChange
{
    QJsonObject settings; ///< Checked, by name.
};

struct ProtectOptions : SettingsChange
{
    QString imageDirectory; ///< On the other host, absolute; empty: its configured one.
};

enum class JobState { Running, Done, Failed, Cancelled };
[[nodiscard]] QString toString(JobState state);

struct JobView
{
    JobId id;
    QString kind; ///< "protect", "takeover", "continue-alone", "unprotect", "switchover", "drain".
    QString domain;
    DomainUuid uuid;
    QString by; ///< Who asked for it, e.g. "alice"; empty if the pair did by itself.
    JobState state{JobState::Running};
    QString phase; ///< Title of the step at work, e.g. "copy disk vda".
    double progress{0}; ///< 0..1 of the whole job.
    Bytes bytesDone; ///< Of the phase's copy, 0 when it copies nothing.
    Bytes bytesTotal;
    std::chrono::microseconds timeLeft{0}; ///< Until its end, estimated; 0 while that is not known.
    bool cancellable{false};
    QDateTime started;
    QDateTime ended; ///< Invalid while it runs.
    std::optional<Error> error;
    QJsonObject result; ///< E.g. times measured: {"live-ms": 120}.
};

/// One line of a plan that is shown and not run.
struct PlannedStep
{
    QString host;
    QString title;
    QString undo; ///< What takes it back; empty if nothing needs to.
};

} // namespace lockstep
