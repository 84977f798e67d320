// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightChecks.h"

#include <algorithm>
#include <array>

namespace lockstep::preflight_checks {

using namespace Qt::StringLiterals;

namespace {

/// One finding for a list of devices that is not empty; %1 in the message is the list.
QList<Finding> ifAny(const LocalFacts& local, const QStringList& devices, const QString& id,
                     Severity severity, const QString& message, const QString& remedy)
{
    if (devices.isEmpty())
        return {};
    return {found(id, severity, local.host.hostName, message.arg(devices.join(u", "_s)), remedy)};
}

QList<Finding> hostDevices(const LocalFacts& local)
{
    return ifAny(local, local.live.hostDevices, u"host-devices"_s, Severity::Error,
                 u"devices of the host are passed through, whose state cannot be copied: %1"_s,
                 u"Detach each: virsh detach-device %1 DEVICE.xml."_s.arg(local.info.name));
}

QList<Finding> sharedFolders(const LocalFacts& local)
{
    return ifAny(
        local, local.live.sharedFolders, u"shared-folders"_s, Severity::Error,
        u"folders of the host are shared with the guest: %1"_s,
        u"Unmount them in the guest and remove each <filesystem>; use NFS or the like instead."_s);
}

QList<Finding> tpm(const LocalFacts& local)
{
    return ifAny(local, local.live.tpms, u"tpm"_s, Severity::Error,
                 u"the state of a TPM is not replicated: %1"_s,
                 u"Remove <tpm> while the domain is off, if the guest does without."_s);
}

QList<Finding> sharedMemory(const LocalFacts& local)
{
    return ifAny(local, local.live.sharedMemory, u"shared-memory"_s, Severity::Error,
                 u"memory is shared with other programs of the host: %1"_s,
                 u"Remove each <shmem>."_s);
}

QList<Finding> memoryDevices(const LocalFacts& local)
{
    return ifAny(local, local.live.memoryDevices, u"memory-devices"_s, Severity::Error,
                 u"memory devices cannot be protected: %1"_s,
                 u"Remove each <memory> device and give the domain its memory in <memory>."_s);
}

QList<Finding> memoryBacking(const LocalFacts& local)
{
    if (!local.live.memoryShared && local.live.memorySource != u"file")
        return {};
    return {found(
        u"memory-backing"_s, Severity::Error, local.host.hostName,
        nameOf(local)
            + u" keeps its memory where other programs see it, so that it cannot be rolled back to a checkpoint"_s,
        u"Remove <access mode='shared'/>, memAccess='shared' and <source type='file'/> of <memoryBacking> and start the domain anew."_s)};
}

QList<Finding> hugePages(const LocalFacts& local)
{
    if (!local.live.hugePages)
        return {};
    return {found(u"huge-pages"_s, Severity::Warning, local.host.hostName,
                  nameOf(local) + u" uses huge pages, which the other host needs free, too"_s,
                  u"See there: virsh freepages --all; reserve with sysctl vm.nr_hugepages."_s)};
}

QList<Finding> launchSecurity(const LocalFacts& local)
{
    if (!local.live.launchSecurity)
        return {};
    return {found(u"launch-security"_s, Severity::Error, local.host.hostName,
                  nameOf(local) + u" has encrypted memory, which cannot be copied"_s,
                  u"Remove <launchSecurity>, if the guest does without."_s)};
}

QList<Finding> vsock(const LocalFacts& local)
{
    return ifAny(local, local.live.vsocks, u"vsock"_s, Severity::Error,
                 u"sockets between guest and host are not compared: vsock %1"_s,
                 u"Remove <vsock>."_s);
}

QList<Finding> smartcard(const LocalFacts& local)
{
    return ifAny(local, local.live.smartcards, u"smartcard"_s, Severity::Error,
                 u"smartcards cannot be protected: %1"_s, u"Remove <smartcard>."_s);
}

QList<Finding> redirected(const LocalFacts& local)
{
    return ifAny(local, local.live.redirected, u"usb-redirection"_s, Severity::Warning,
                 u"USB devices redirected to the guest are lost at a takeover: %1"_s,
                 u"Redirect none while the domain is protected."_s);
}

QList<Finding> acceleratedVideo(const LocalFacts& local)
{
    QStringList accelerated;
    std::ranges::copy_if(local.live.videos, std::back_inserter(accelerated),
                         [](const QString& video) { return video.contains(u"(3d)"_s); });
    return ifAny(local, accelerated, u"video-3d"_s, Severity::Error,
                 u"3D acceleration keeps state in the host: %1"_s,
                 u"Set <acceleration accel3d='no'/> and start the domain anew."_s);
}

constexpr std::array<LocalCheck, 12> table{
    hostDevices, sharedFolders,  tpm,   sharedMemory, memoryDevices, memoryBacking,
    hugePages,   launchSecurity, vsock, smartcard,    redirected,    acceleratedVideo,
};

} // namespace

std::span<const LocalCheck> deviceChecks() { return table; }

} // namespace lockstep::preflight_checks
