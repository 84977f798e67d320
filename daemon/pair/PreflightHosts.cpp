// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightChecks.h"

#include "hypervisor/QemuTraits.h"

#include <QVersionNumber>

#include <algorithm>
#include <array>

namespace lockstep::preflight_checks {

using namespace Qt::StringLiterals;

namespace {

Finding there(const RemoteFacts& remote, const QString& id, const QString& message,
              const QString& remedy, Severity severity = Severity::Error)
{
    return found(id, severity, remote.host.hostName, message, remedy);
}

QString mib(Bytes bytes) { return u"%1 MiB"_s.arg(bytes.value / Bytes::fromMiB(1).value); }

QList<Finding> protocol(const LocalFacts&, const RemoteFacts& remote)
{
    if (remote.protocolVersion == pairProtocolVersion)
        return {};
    return {there(remote, u"protocol-version"_s,
                  u"%1 speaks version %2 of the pair protocol, this host version %3"_s
                      .arg(remote.host.hostName)
                      .arg(remote.protocolVersion)
                      .arg(pairProtocolVersion),
                  u"Install the same version of Lockstep on both hosts."_s)};
}

QList<Finding> sameQemu(const LocalFacts& local, const RemoteFacts& remote)
{
    if (remote.host.qemuVersion != local.qemuVersion)
        return {there(
            remote, u"qemu-mismatch"_s,
            u"%1 runs on QEMU %2, but %3 has QEMU %4"_s.arg(
                nameOf(local), local.qemuVersion, remote.host.hostName, remote.host.qemuVersion),
            u"Install the same QEMU on both hosts and start the domain anew."_s)};
    // The package of the QEMU that runs is known only if it is still the installed one.
    if (local.host.qemuVersion == local.qemuVersion
        && remote.host.qemuPackage != local.host.qemuPackage)
        return {there(remote, u"qemu-package"_s,
                      u"%1 has QEMU package '%2', this host '%3'"_s.arg(
                          remote.host.hostName, remote.host.qemuPackage, local.host.qemuPackage),
                      u"Install the same package on both hosts."_s, Severity::Warning)};
    return {};
}

QList<Finding> remoteQemuCanDoIt(const LocalFacts& local, const RemoteFacts& remote)
{
    const auto traits = qemuTraits(remote.host.qemuVersion, local.live.isKvm());
    if (traits)
        return {};
    return {there(remote, u"qemu-version"_s, traits.error().message(), traits.error().remedy())};
}

QList<Finding> libvirt(const LocalFacts& local, const RemoteFacts& remote)
{
    if (QVersionNumber::fromString(remote.host.libvirtVersion)
        >= QVersionNumber::fromString(local.host.libvirtVersion))
        return {};
    return {there(remote, u"libvirt-version"_s,
                  u"%1 has libvirt %2, older than this host's %3"_s.arg(
                      remote.host.hostName, remote.host.libvirtVersion, local.host.libvirtVersion),
                  u"Install the same libvirt on both hosts."_s, Severity::Warning)};
}

QList<Finding> machineType(const LocalFacts& local, const RemoteFacts& remote)
{
    if (remote.host.machineTypes.contains(local.live.machine))
        return {};
    return {there(
        remote, u"machine-type"_s,
        u"%1 does not offer the machine type %2"_s.arg(remote.host.hostName, local.live.machine),
        u"Choose one that both hosts list in virsh capabilities, as machine='...' in <os><type>."_s)};
}

QList<Finding> accelerator(const LocalFacts& local, const RemoteFacts& remote)
{
    if (!local.live.isKvm() || remote.host.kvmUsable)
        return {};
    return {there(remote, u"accelerator"_s,
                  u"%1 uses KVM, which %2 cannot"_s.arg(nameOf(local), remote.host.hostName),
                  u"Enable virtualization in that host's firmware and load its kvm module."_s)};
}

QList<Finding> cpu(const LocalFacts& local, const RemoteFacts& remote)
{
    if (!remote.cpuProblem.isEmpty())
        return {there(
            remote, u"cpu"_s,
            u"the CPU of %1 cannot run on %2: %3"_s.arg(nameOf(local), remote.host.hostName,
                                                        remote.cpuProblem),
            u"Use a CPU model of both hosts, see virsh hypervisor-cpu-baseline, and start the domain anew."_s)};
    if (local.live.isKvm()
        && (local.live.cpuMode == u"host-passthrough" || local.live.cpuMode == u"maximum"))
        return {there(
            remote, u"cpu-passthrough"_s,
            nameOf(local)
                + u" shows its guest the host's own CPU, so both hosts need the very same one"_s,
            u"Compare lscpu on both hosts, or use <cpu mode='host-model'/>."_s, Severity::Warning)};
    return {};
}

QList<Finding> memory(const LocalFacts& local, const RemoteFacts& remote)
{
    const auto needed = memoryNeeded(local.live);
    if (remote.host.memoryFree >= needed)
        return {};
    return {there(
        remote, u"memory"_s,
        u"%1 has %2 of memory free and needs %3: the guest's twice, and QEMU's own"_s.arg(
            remote.host.hostName, mib(remote.host.memoryFree), mib(needed)),
        u"Free memory there, or give the domain less: virsh setmaxmem %1 SIZE --config."_s.arg(
            local.info.name))};
}

QList<Finding> imageDirectory(const LocalFacts&, const RemoteFacts& remote)
{
    if (remote.imageDirectoryProblem.isEmpty())
        return {};
    return {
        there(remote, u"image-directory"_s,
              u"the image directory %1 of %2 cannot be used: %3"_s.arg(
                  remote.imageDirectory, remote.host.hostName, remote.imageDirectoryProblem),
              u"Make it there (mkdir -p %1), or choose another one."_s.arg(remote.imageDirectory))};
}

/// Images of the other host that could take a replica.
QList<StaleDisk> fitting(const LocalFacts& local, const RemoteFacts& remote)
{
    QList<StaleDisk> found;
    for (const auto& stale : remote.staleDisks) {
        if (std::ranges::any_of(local.diskSpecs,
                                [&stale](const DiskSpec& disk) { return stale.fits(disk); }))
            found += stale;
    }
    return found;
}

QList<Finding> staleImages(const LocalFacts& local, const RemoteFacts& remote)
{
    QList<Finding> findings;
    const auto stale = fitting(local, remote);
    for (const auto& disk : stale) {
        findings +=
            there(remote, u"stale-disk"_s,
                  u"%1 has an out of date image of disk %2, %3; %4"_s.arg(
                      remote.host.hostName, disk.target, disk.path,
                      local.reuseDisks
                          ? u"it becomes the replica"_s
                          : u"the replica is made beside it, or with --reuse-disks becomes it"_s),
                  {}, Severity::Info);
    }
    return findings;
}

/// Without it nothing would keep the host that comes back from starting its old copy.
QList<Finding> startHook(const LocalFacts& local, const RemoteFacts& remote)
{
    QList<Finding> findings;
    for (const auto& host : {local.host, remote.host}) {
        if (!host.startHookProblem.isEmpty())
            findings += found(
                u"start-hook"_s, Severity::Error, host.hostName,
                u"libvirt on %1 would start a domain that runs on the other host: %2"_s.arg(
                    host.hostName, host.startHookProblem),
                u"Install the package lockstep again there, then systemctl reload libvirtd."_s);
    }
    return findings;
}

QList<Finding> diskSpace(const LocalFacts& local, const RemoteFacts& remote)
{
    QStringList reused;
    if (local.reuseDisks) {
        const auto stale = fitting(local, remote);
        for (const auto& disk : stale)
            reused += disk.target;
    }
    const auto needed = imageSpaceNeeded(local.disks, reused);
    if (!remote.imageDirectoryProblem.isEmpty() || remote.imageSpaceFree >= needed)
        return {};
    return {there(
        remote, u"disk-space"_s,
        u"%1 of %2 has %3 free, and replicas with overlays may need %4"_s.arg(
            remote.imageDirectory, remote.host.hostName, mib(remote.imageSpaceFree), mib(needed)),
        u"Free space there, or choose another image directory."_s)};
}

QList<Finding> bridges(const LocalFacts& local, const RemoteFacts& remote)
{
    QStringList missing;
    for (const auto& nic : local.live.nics) {
        if (!nic.bridge.isEmpty() && !remote.host.bridges.contains(nic.bridge)
            && !missing.contains(nic.bridge))
            missing += nic.bridge;
    }
    QList<Finding> findings;
    for (const auto& bridge : missing)
        findings += there(
            remote, u"bridge-missing"_s, u"%1 has no bridge %2"_s.arg(remote.host.hostName, bridge),
            u"Make it there, connected to the same network: ip link add %1 type bridge, and in that host's network configuration."_s
                .arg(bridge));
    return findings;
}

QList<Finding> link(const LocalFacts&, const RemoteFacts& remote)
{
    if (remote.linkProblem.isEmpty())
        return {};
    return {there(remote, u"link"_s,
                  u"%1 does not reach this host over the dedicated link: %2"_s.arg(
                      remote.host.hostName, remote.linkProblem),
                  u"Check addresses and firewall of the dedicated link on both hosts."_s)};
}

QList<Finding> ports(const LocalFacts& local, const RemoteFacts& remote)
{
    const auto needed = portsNeeded(local.live);
    if (remote.freePorts >= needed)
        return {};
    return {there(
        remote, u"ports"_s,
        u"%1 has %2 ports free for QEMU's channels and needs %3"_s.arg(remote.host.hostName)
            .arg(remote.freePorts)
            .arg(needed),
        u"Widen the port range in that host's lockstepd configuration, then restart lockstepd."_s)};
}

QList<Finding> name(const LocalFacts& local, const RemoteFacts& remote)
{
    switch (remote.conflict) {
    case NameConflict::None:
        return {};
    case NameConflict::StaleCopy:
        return {there(remote, u"stale-copy"_s,
                      u"%1 has an old copy of %2, which is replaced"_s.arg(remote.host.hostName,
                                                                           nameOf(local)),
                      {}, Severity::Info)};
    case NameConflict::Taken:
        break;
    }
    return {there(remote, u"name-taken"_s,
                  u"%1 has another domain with this name or UUID: %2"_s.arg(
                      remote.host.hostName, remote.conflictingDomain),
                  u"Rename or remove it there: virsh domrename %1 NEW, or virsh undefine %1."_s.arg(
                      remote.conflictingDomain))};
}

/// Files that the guest only reads: not copied, so they have to be there already.
QList<Finding> files(const LocalFacts& local, const RemoteFacts& remote)
{
    QList<Finding> findings;
    const auto needed = filesNeeded(local.live);
    for (const auto& file : needed) {
        if (remote.missingFiles.contains(file))
            findings += there(
                remote, u"file-missing"_s,
                u"%1 has no %2, which %3 needs"_s.arg(remote.host.hostName, file, nameOf(local)),
                u"Copy it there under the same path; a CD can also be ejected: virsh change-media %1 TARGET --eject."_s
                    .arg(local.info.name));
    }
    return findings;
}

/// What a check of the domain tells in words of its own.
bool isToldElsewhere(const QString& element)
{
    static constexpr std::array others{
        "devices/hostdev"_L1,
        "devices/filesystem"_L1,
        "devices/tpm"_L1,
        "devices/shmem"_L1,
        "devices/memory"_L1,
        "devices/vsock"_L1,
        "devices/smartcard"_L1,
        "devices/disk/shareable"_L1,
        "devices/disk/transient"_L1,
        "launchSecurity"_L1,
        "devices/disk/encryption"_L1,
        "devices/interface/@type"_L1,
        "memoryBacking"_L1,
        "qemu:commandline"_L1,
        "cpu/numa/cell/@memAccess"_L1,
        "os/nvram"_L1,
        "devices/disk/driver/iothreads"_L1,
    };
    return std::ranges::any_of(others, [&element](QLatin1StringView other) {
        return element == other || element.startsWith(QString{other} + u'/');
    });
}

QList<Finding> refusals(const LocalFacts& local, const RemoteFacts& remote)
{
    QList<Finding> findings;
    const bool bridgeIsMissing = !bridges(local, remote).isEmpty();
    for (const auto& refusal : remote.refusals) {
        const bool isBridge = refusal.element == u"devices/interface/source/@bridge";
        if (isToldElsewhere(refusal.element) || (isBridge && bridgeIsMissing))
            continue;
        findings += there(remote, u"shadow-refused"_s,
                          u"%1 does not let the shadow of %2 be so: %3 %4"_s.arg(
                              remote.host.hostName, nameOf(local), refusal.element, refusal.reason),
                          refusal.remedy);
    }
    return findings;
}

constexpr std::array<RemoteCheck, 18> table{
    protocol, sameQemu,       remoteQemuCanDoIt, libvirt,  machineType, accelerator, cpu,
    memory,   imageDirectory, diskSpace,         bridges,  link,        ports,       name,
    files,    staleImages,    startHook,         refusals,
};

} // namespace

std::span<const RemoteCheck> hostChecks() { return table; }

} // namespace lockstep::preflight_checks
