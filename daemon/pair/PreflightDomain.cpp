// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightChecks.h"

#include "hypervisor/QemuTraits.h"

#include <algorithm>
#include <array>

namespace lockstep::preflight_checks {

using namespace Qt::StringLiterals;

namespace {

Finding onDomain(const LocalFacts& local, const QString& id, Severity severity,
                 const QString& message, const QString& remedy)
{
    return found(id, severity, local.host.hostName, message, remedy);
}

QList<Finding> isRunning(const LocalFacts& local)
{
    const auto& name = local.info.name;
    switch (local.info.state) {
    case DomainState::Running:
        return {};
    case DomainState::Off:
    case DomainState::Crashed:
        return {onDomain(local, u"domain-off"_s, Severity::Error, nameOf(local) + u" is off"_s,
                         u"Start it: virsh start %1."_s.arg(name))};
    case DomainState::Suspended:
        return {onDomain(local, u"domain-paused"_s, Severity::Error, nameOf(local) + u" sleeps"_s,
                         u"Wake it: virsh dompmwakeup %1."_s.arg(name))};
    case DomainState::ShuttingDown:
        return {onDomain(local, u"domain-off"_s, Severity::Error,
                         nameOf(local) + u" is shutting down"_s,
                         u"Start it again: virsh start %1."_s.arg(name))};
    case DomainState::Paused:
    case DomainState::Unknown:
        break;
    }
    return {
        onDomain(local, u"domain-paused"_s, Severity::Error, nameOf(local) + u" is paused"_s,
                 u"See why with virsh domstate --reason %1, then virsh resume %1."_s.arg(name))};
}

QList<Finding> qemuCanDoIt(const LocalFacts& local)
{
    const auto traits = qemuTraits(local.qemuVersion, local.live.isKvm());
    if (traits)
        return {};
    return {onDomain(local, u"qemu-version"_s, Severity::Error, traits.error().message(),
                     traits.error().remedy())};
}

/// Of what this QEMU is not known to do at all qemuCanDoIt() tells.
QList<Finding> qemuHasChannels(const LocalFacts& local)
{
    const auto traits = qemuTraits(local.qemuVersion, local.live.isKvm());
    if (local.channels <= 1 || !traits || traits->multifd)
        return {};
    return {onDomain(
        local, u"qemu-channels"_s, Severity::Error,
        u"%1 is to send its memory over %2 channels, and its QEMU %3 cannot do that with COLO"_s
            .arg(nameOf(local), QString::number(local.channels), local.qemuVersion),
        u"Protect it with --set channels=1 --set compression=none, or install QEMU 11.1 or later on both hosts and start the domain anew."_s)};
}

QList<Finding> isX86(const LocalFacts& local)
{
    if (local.live.arch == u"x86_64")
        return {};
    return {
        onDomain(local, u"architecture"_s, Severity::Error,
                 nameOf(local) + u" is for %1; only x86_64 can be protected"_s.arg(local.live.arch),
                 u"Leave it unprotected."_s)};
}

QList<Finding> hasNoManagedSave(const LocalFacts& local)
{
    if (!local.info.hasManagedSave)
        return {};
    return {onDomain(local, u"managed-save"_s, Severity::Error,
                     nameOf(local) + u" has a managed save image"_s,
                     u"Remove it: virsh managedsave-remove %1."_s.arg(local.info.name))};
}

QList<Finding> hasNoSnapshots(const LocalFacts& local)
{
    if (local.info.snapshots == 0)
        return {};
    return {onDomain(
        local, u"snapshots"_s, Severity::Error,
        nameOf(local)
            + u" has %1 snapshot(s), which the other host would not know after a takeover"_s.arg(
                local.info.snapshots),
        u"List them with virsh snapshot-list %1 and delete each: virsh snapshot-delete %1 SNAPSHOT."_s
            .arg(local.info.name))};
}

/// A shadow that took over was started with "-incoming"; that is ours, not the user's.
QStringList usersArguments(QStringList arguments)
{
    const auto incoming = arguments.indexOf(u"-incoming"_s);
    if (incoming >= 0)
        arguments.remove(incoming, std::min<qsizetype>(2, arguments.size() - incoming));
    return arguments;
}

QList<Finding> hasNoQemuArguments(const LocalFacts& local)
{
    const auto arguments = usersArguments(local.live.qemuArguments);
    if (arguments.isEmpty())
        return {};
    return {onDomain(
        local, u"qemu-arguments"_s, Severity::Error,
        nameOf(local)
            + u" has QEMU arguments that Lockstep does not understand, and that no other host takes: %1"_s
                  .arg(arguments.join(u' ')),
        u"Remove <qemu:commandline> with virsh edit %1 and start the domain anew."_s.arg(
            local.info.name))};
}

QList<Finding> hasNoNvram(const LocalFacts& local)
{
    if (!local.live.pflash)
        return {};
    return {onDomain(
        local, u"uefi-nvram"_s, Severity::Error,
        nameOf(local) + u" boots with UEFI, whose variables in flash memory are not replicated"_s,
        u"Use a domain that boots with SeaBIOS: no <loader>, no <nvram> and no firmware='efi' in <os>."_s)};
}

/// Whether the definition that a next start uses describes another machine than the one that runs.
bool isSameMachine(const DomainModel& live, const DomainModel& inactive)
{
    const auto sameDisk = [](const DomainDisk& left, const DomainDisk& right) {
        return left.target == right.target && left.bus == right.bus && left.source == right.source;
    };
    const auto sameNic = [](const DomainNic& left, const DomainNic& right) {
        return left.mac == right.mac && left.model == right.model && left.driver == right.driver;
    };
    return live.machine == inactive.machine && live.memory == inactive.memory
        && live.vcpus == inactive.vcpus && std::ranges::equal(live.disks, inactive.disks, sameDisk)
        && std::ranges::equal(live.nics, inactive.nics, sameNic);
}

QList<Finding> hasNoPendingChanges(const LocalFacts& local)
{
    if (!local.inactive || local.info.state == DomainState::Off
        || isSameMachine(local.live, *local.inactive))
        return {};
    return {onDomain(
        local, u"pending-changes"_s, Severity::Warning,
        nameOf(local)
            + u" runs with other settings than it is defined with; a takeover keeps those it runs with"_s,
        u"Compare virsh dumpxml %1 with virsh dumpxml --inactive %1, and start the domain anew for the changes to count."_s
            .arg(local.info.name))};
}

QList<Finding> isPersistent(const LocalFacts& local)
{
    if (local.info.persistent)
        return {};
    return {onDomain(
        local, u"transient-domain"_s, Severity::Info,
        nameOf(local) + u" is transient; a takeover makes it persistent on the other host"_s, {})};
}

QList<Finding> ownLinkWorks(const LocalFacts& local)
{
    if (local.linkProblem.isEmpty())
        return {};
    return {onDomain(
        local, u"link"_s, Severity::Error,
        u"%1 does not reach the other host over the dedicated link: %2"_s.arg(local.host.hostName,
                                                                              local.linkProblem),
        u"Check cable, addresses and firewall of the dedicated link; lockstep peer list shows the addresses."_s)};
}

constexpr std::array<LocalCheck, 11> table{
    isRunning,           qemuCanDoIt,    qemuHasChannels,    isX86,
    hasNoManagedSave,    hasNoSnapshots, hasNoQemuArguments, hasNoNvram,
    hasNoPendingChanges, isPersistent,   ownLinkWorks,
};

constexpr std::array<LocalCheck, 4> quickTable{isRunning, hasNoManagedSave, hasNoSnapshots,
                                               isPersistent};

} // namespace

std::span<const LocalCheck> domainChecks() { return table; }

std::span<const LocalCheck> quickChecks() { return quickTable; }

} // namespace lockstep::preflight_checks
