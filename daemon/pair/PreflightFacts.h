// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"
#include "hypervisor/Hypervisor.h"
#include "pair/StaleDisks.h"
#include "replication/DomainModel.h"
#include "replication/ShadowPolicy.h"

#include <QJsonObject>
#include <QList>
#include <QStringList>

#include <optional>

namespace lockstep {

/// Version of what the two hosts' daemons ask each other about pairs; both must have the same.
inline constexpr int pairProtocolVersion = 1;

/// What the preflight knows of one disk's image on the domain's host.
struct DiskFacts
{
    QString target;
    Bytes virtualSize;
    Bytes allocated;
    QStringList internalSnapshots; ///< Names of snapshots inside the image.
};

/// What the preflight knows of the domain and of the host it runs on.
struct LocalFacts
{
    DomainInfo info;
    DomainModel live;                  ///< From live XML; from inactive XML if the domain is off.
    std::optional<DomainModel> inactive; ///< The persistent definition, if there is one.
    QString qemuVersion; ///< Of the QEMU that runs the domain; the installed one may be newer.
    HostFacts host;
    QList<DiskFacts> disks; ///< Of replicated disks.
    QStringList blockJobs; ///< One description of each job that runs, e.g. "copy of vda".
    QString linkProblem; ///< Why the other host is not reached from here; empty if it is.
    QList<DiskSpec> diskSpecs; ///< Of replicated disks, as far as this host knows them.
    QList<NicSpec> nicSpecs;
    bool reuseDisks{false}; ///< Replicas may be copied onto out of date images.
    int channels{1}; ///< Connections that memory is to go over.
};

/// Whether the other host has a domain of the same name or UUID.
enum class NameConflict {
    None,
    StaleCopy, ///< What an earlier protection of this pair left there; it is replaced.
    Taken, ///< Somebody else's domain.
};

/// What the other host says of itself for one domain. It arrives over the control channel.
struct RemoteFacts
{
    int protocolVersion{pairProtocolVersion};
    HostFacts host;
    QString imageDirectory;
    QString imageDirectoryProblem; ///< Why it cannot be written to; empty if it can.
    Bytes imageSpaceFree;
    NameConflict conflict{NameConflict::None};
    QString conflictingDomain; ///< Name of the domain in the way.
    QString cpuProblem; ///< Why the domain's CPU cannot run there; empty if it can.
    QString linkProblem; ///< Why it does not reach us; empty if it does.
    int freePorts{0}; ///< Of the range for QEMU's channels.
    QStringList missingFiles; ///< Of those asked about, see filesNeeded().
    QList<StaleDisk> staleDisks; ///< What it still has of the domain.
    QList<ShadowRefusal>
        refusals; ///< What it does not let the shadow have; none of older versions.

    [[nodiscard]] QJsonObject toJson() const;
    /// Errors: ProtocolError, naming the member.
    [[nodiscard]] static Result<RemoteFacts> fromJson(const QJsonObject& json);
};

/// Files that must be on the other host at the same path: kernel, initrd, firmware, media of
/// read-only disks. They are not copied.
[[nodiscard]] QStringList filesNeeded(const DomainModel& domain);
/// TCP ports on the other host that protecting this domain takes.
[[nodiscard]] int portsNeeded(const DomainModel& domain);
/// Memory that the shadow takes: the guest's twice, as COLO keeps a copy of it, and QEMU's own.
[[nodiscard]] Bytes memoryNeeded(const DomainModel& domain);
/// Space that replicas may grow to, with room for what the overlays hold between checkpoints.
/// `reused`: targets whose replicas go onto images that are there.
[[nodiscard]] Bytes imageSpaceNeeded(const QList<DiskFacts>& disks, const QStringList& reused = {});

} // namespace lockstep
