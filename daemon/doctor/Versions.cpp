// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Versions.h"

#include "doctor/QemuProbes.h"
#include "hypervisor/QemuTraits.h"

#include <QVersionNumber>

#include <cstdlib>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

constexpr int oldestLibvirt = 11;

Finding judgeQemu(const HostFacts& facts)
{
    if (facts.qemuVersion.isEmpty())
        return wrong(Id::Qemu, u"libvirt finds no QEMU for x86_64"_s,
                     u"apt install qemu-system-x86 (11.1 or later; on Debian 13: -t "
                     "trixie-backports), then systemctl restart libvirtd"_s);
    // What was tried, judgeProbes() tells.
    const bool isTried = probeOf(facts.probes, facts.qemuVersion, facts.kvmUsable).has_value();
    const auto traits = qemuTraits(facts.qemuVersion, facts.kvmUsable);
    if (!traits && !isTried)
        return wrong(
            Id::Qemu, traits.error().message(),
            u"lockstep doctor --probe tells about this one; or apt install qemu-system-x86 "
            "(11.1 or later; on Debian 13: -t trixie-backports) on both hosts, and start "
            "the domains anew"_s);
    return fine(Id::Qemu, u"QEMU %1 (%2)"_s.arg(facts.qemuVersion, facts.qemuPackage));
}

/// The same release or the one before or after it.
bool areNeighbours(const QString& one, const QString& other)
{
    const auto a = QVersionNumber::fromString(one);
    const auto b = QVersionNumber::fromString(other);
    return !a.isNull() && !b.isNull() && a.majorVersion() == b.majorVersion()
        && std::abs(a.minorVersion() - b.minorVersion()) <= 1;
}

} // namespace

QList<Finding> judgeHypervisor(const Result<HostFacts>& facts)
{
    if (!facts)
        return {wrong(Id::Libvirt, u"libvirt does not answer: "_s + facts.error().message(),
                      u"systemctl restart libvirtd; journalctl -u libvirtd tells why it failed"_s)};
    QList<Finding> found;
    if (QVersionNumber::fromString(facts->libvirtVersion).majorVersion() < oldestLibvirt)
        found << wrong(
            Id::Libvirt,
            u"libvirt %1 is older than %2"_s.arg(facts->libvirtVersion).arg(oldestLibvirt),
            u"apt install libvirt-daemon-system (11 or later)"_s);
    else
        found << fine(Id::Libvirt, u"libvirt %1"_s.arg(facts->libvirtVersion));
    found << judgeQemu(*facts) << judgeProbes(*facts);
    if (facts->kvmUsable)
        found << fine(Id::Kvm, u"KVM can be used"_s);
    else
        found << warning(Id::Kvm, u"KVM cannot be used: guests are emulated, and slow"_s,
                         u"modprobe kvm_intel (or kvm_amd); virtualization must be on in the "
                         "firmware's setup"_s);
    if (facts->startHookProblem.isEmpty())
        found << fine(Id::StartHook, u"libvirt's hook is installed"_s);
    else
        found << wrong(Id::StartHook,
                       u"libvirt would start a domain that runs on the other host: "_s
                           + facts->startHookProblem,
                       u"apt install --reinstall lockstep && systemctl reload libvirtd"_s);
    return found;
}

QList<Finding> compareVersions(const HostReport& own, const HostReport& theirs, const QString& peer)
{
    QList<Finding> found;
    if (own.daemon == theirs.daemon)
        found << fine(Id::DaemonVersions,
                      u"lockstepd %1, as on this host"_s.arg(printable(theirs.daemon)));
    else if (areNeighbours(own.daemon, theirs.daemon))
        found << note(Id::DaemonVersions,
                      u"lockstepd %1, and %2 on this host: good for the time of an update"_s.arg(
                          theirs.daemon, own.daemon));
    else
        found << wrong(Id::DaemonVersions,
                       u"lockstepd %1 on %2 is too far from this host's %3"_s.arg(theirs.daemon,
                                                                                  peer, own.daemon),
                       u"apt install lockstep, on the host with the older version"_s);
    if (own.qemu.isEmpty() || theirs.qemu.isEmpty())
        return found; // told as that host's own finding
    if (own.qemu != theirs.qemu)
        found << wrong(Id::QemuVersions,
                       u"QEMU %1 on %2, but %3 on this host"_s.arg(theirs.qemu, peer, own.qemu),
                       u"apt install qemu-system-x86=VERSION on one of them, so that both have the "
                       "same, and start the domains anew"_s);
    else if (own.qemuPackage != theirs.qemuPackage)
        found << warning(Id::QemuVersions,
                         u"QEMU package '%1' on %2, but '%3' on this host"_s.arg(
                             theirs.qemuPackage, peer, own.qemuPackage),
                         u"apt install qemu-system-x86=VERSION on one of them, so that both have "
                         "the same"_s);
    else
        found << fine(Id::QemuVersions, u"QEMU %1, as on this host"_s.arg(theirs.qemu));
    return found;
}

} // namespace lockstep::doctor
