// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightChecks.h"

#include <array>

namespace lockstep::preflight_checks {

using namespace Qt::StringLiterals;

namespace {

/// Texts about one disk: %1 is its target, %2 the value that the check is about, %3 the domain.
QString filled(QString text, const DomainDisk& disk, const QString& detail, const QString& domain)
{
    return text.replace(u"%1"_s, disk.target).replace(u"%2"_s, detail).replace(u"%3"_s, domain);
}

/// A finding for each replicated disk of which `isBad` is true.
QList<Finding> forEachDisk(const LocalFacts& local, const QString& id,
                           bool (*isBad)(const DomainDisk&), QString (*detail)(const DomainDisk&),
                           const QString& message, const QString& remedy)
{
    QList<Finding> findings;
    for (const auto& disk : local.live.disks) {
        if (disk.isReplicated() && isBad(disk))
            findings += found(id, Severity::Error, local.host.hostName,
                              filled(message, disk, detail(disk), local.info.name),
                              filled(remedy, disk, detail(disk), local.info.name));
    }
    return findings;
}

QString noDetail(const DomainDisk&) { return {}; }

QList<Finding> bus(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-bus"_s, [](const DomainDisk& disk) { return disk.bus != u"virtio"; },
        [](const DomainDisk& disk) { return disk.bus; },
        u"disk %1 is on bus %2; only virtio disks can be protected"_s,
        u"Give the disk <target dev='vdX' bus='virtio'/> and start the domain anew."_s);
}

QList<Finding> type(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-type"_s,
        [](const DomainDisk& disk) { return disk.type != u"file" && disk.type != u"block"; },
        [](const DomainDisk& disk) { return disk.type; },
        u"disk %1 is of type %2; only files and block devices can be protected"_s,
        u"Copy it to a file and use <disk type='file'><source file='/path/image'/>."_s);
}

QList<Finding> format(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-format"_s,
        [](const DomainDisk& disk) { return disk.format != u"raw" && disk.format != u"qcow2"; },
        [](const DomainDisk& disk) { return disk.format; },
        u"disk %1 has the format '%2'; only raw and qcow2 can be protected"_s,
        u"Convert it while the domain is off: qemu-img convert -O qcow2 OLD NEW."_s);
}

QList<Finding> lun(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-lun"_s, [](const DomainDisk& disk) { return disk.device == u"lun"; },
        noDetail, u"disk %1 passes SCSI commands through to a LUN"_s,
        u"Use <disk type='block' device='disk'>."_s);
}

QList<Finding> shareable(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-shared"_s, [](const DomainDisk& disk) { return disk.shareable; }, noDetail,
        u"disk %1 is shared with other domains"_s,
        u"Remove <shareable/>, or detach the disk: virsh detach-disk %3 %1."_s);
}

QList<Finding> transient(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-transient"_s, [](const DomainDisk& disk) { return disk.transient; }, noDetail,
        u"disk %1 is transient"_s, u"Remove <transient/> and start the domain anew."_s);
}

QList<Finding> encrypted(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-encrypted"_s, [](const DomainDisk& disk) { return disk.encrypted; }, noDetail,
        u"disk %1 is encrypted by QEMU, and its replica would not be"_s,
        u"Encrypt inside the guest or below the image directory on both hosts instead."_s);
}

QList<Finding> sliced(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-slice"_s, [](const DomainDisk& disk) { return disk.sliced; }, noDetail,
        u"disk %1 is a slice of a larger image"_s, u"Copy the slice to an image of its own."_s);
}

QList<Finding> ioThread(const LocalFacts& local)
{
    return forEachDisk(
        local, u"disk-iothread"_s,
        [](const DomainDisk& disk) { return disk.ioThread || disk.ioThreadMapping; }, noDetail,
        u"disk %1 is served by an iothread, which block replication was never tried with"_s,
        u"Remove iothread='N' from the disk's <driver> and start the domain anew."_s);
}

QList<Finding> mirror(const LocalFacts& local)
{
    return forEachDisk(
        local, u"block-jobs"_s, [](const DomainDisk& disk) { return disk.hasMirror; }, noDetail,
        u"disk %1 is being copied or committed"_s,
        u"Wait for the job or end it: virsh blockjob %3 %1 --abort."_s);
}

QList<Finding> blockJobs(const LocalFacts& local)
{
    if (local.blockJobs.isEmpty())
        return {};
    return {found(
        u"block-jobs"_s, Severity::Error, local.host.hostName,
        u"block jobs are running: %1"_s.arg(local.blockJobs.join(u", "_s)),
        u"Wait for them or end them: virsh blockjob %1 DISK --abort."_s.arg(local.info.name))};
}

QList<Finding> backingChains(const LocalFacts& local)
{
    QStringList targets;
    for (const auto& disk : local.live.disks) {
        if (disk.isReplicated() && disk.hasBackingChain)
            targets += disk.target;
    }
    if (targets.isEmpty())
        return {};
    return {found(u"backing-chain"_s, Severity::Info, local.host.hostName,
                  u"%1: the replica is one image with the content of the whole backing chain"_s.arg(
                      targets.join(u", "_s)),
                  {})};
}

QList<Finding> internalSnapshots(const LocalFacts& local)
{
    QList<Finding> findings;
    for (const auto& disk : local.disks) {
        if (!disk.internalSnapshots.isEmpty())
            findings += found(
                u"internal-snapshots"_s, Severity::Warning, local.host.hostName,
                u"the image of disk %1 holds snapshots, which its replica will not: %2"_s.arg(
                    disk.target, disk.internalSnapshots.join(u", "_s)),
                u"Keep the image, or delete them while the domain is off: qemu-img snapshot -d NAME IMAGE."_s);
    }
    return findings;
}

/// Media that are read only stay where they are; only paths can be looked for on the other host.
QList<Finding> media(const LocalFacts& local)
{
    QList<Finding> findings;
    for (const auto& disk : local.live.disks) {
        if (!disk.isReplicated() && !disk.isEmpty() && disk.type != u"file"
            && disk.type != u"block")
            findings += found(
                u"disk-type"_s, Severity::Error, local.host.hostName,
                u"read-only disk %1 is of type %2; only files and block devices can be used on both hosts"_s
                    .arg(disk.target, disk.type),
                u"Eject it: virsh change-media %1 %2 --eject, or detach it."_s.arg(local.info.name,
                                                                                   disk.target));
    }
    return findings;
}

QList<Finding> noDisks(const LocalFacts& local)
{
    if (!local.live.replicatedDisks().isEmpty())
        return {};
    return {found(u"no-disks"_s, Severity::Info, local.host.hostName,
                  nameOf(local) + u" has no disk to replicate"_s, {})};
}

constexpr std::array<LocalCheck, 15> table{
    bus,      type,   format,    lun,           shareable,         transient, encrypted, sliced,
    ioThread, mirror, blockJobs, backingChains, internalSnapshots, media,     noDisks,
};

} // namespace

std::span<const LocalCheck> diskChecks() { return table; }

} // namespace lockstep::preflight_checks
