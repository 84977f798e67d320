// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Errc.h"

#include <QString>

#include <algorithm>
#include <array>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr int failed = 1;
constexpr int usage = 2;
constexpr int noDaemon = 3;
constexpr int denied = 4;
constexpr int timeoutOrCancelled = 5;

constexpr std::array table{
    ErrcInfo{Errc::InvalidArgument, "InvalidArgument"_L1, usage,
             "Correct the argument; see the command's --help."_L1},
    ErrcInfo{Errc::UnknownDomain, "UnknownDomain"_L1, failed,
             "Run 'virsh list --all' on this host to see its domains."_L1},
    ErrcInfo{Errc::UnknownPeer, "UnknownPeer"_L1, failed,
             "Run 'lockstep peer list'; add a host with 'lockstep peer add ADDRESS'."_L1},
    ErrcInfo{Errc::UnknownPair, "UnknownPair"_L1, failed,
             "Run 'lockstep list'; protect a domain with 'lockstep protect DOMAIN PEER'."_L1},
    ErrcInfo{Errc::UnknownJob, "UnknownJob"_L1, failed,
             "Run 'lockstep job list' to see the jobs."_L1},
    ErrcInfo{Errc::DomainNotRunning, "DomainNotRunning"_L1, failed,
             "Start the domain with 'virsh start' and try again."_L1},
    ErrcInfo{Errc::AlreadyProtected, "AlreadyProtected"_L1, failed,
             "Nothing to do; 'lockstep show DOMAIN' tells its state."_L1},
    ErrcInfo{Errc::NotProtected, "NotProtected"_L1, failed,
             "Protect it first: 'lockstep protect DOMAIN PEER'."_L1},
    ErrcInfo{Errc::PeerRefused, "PeerRefused"_L1, failed,
             "Mend what the other host names, then try again."_L1},
    ErrcInfo{Errc::PeerUnreachable, "PeerUnreachable"_L1, failed,
             "Check that lockstepd runs on the other host and that the dedicated link is up."_L1},
    ErrcInfo{Errc::PeerNotAccepted, "PeerNotAccepted"_L1, failed,
             "Run 'lockstep peer accept' on the other host."_L1},
    ErrcInfo{
        Errc::PeerExists, "PeerExists"_L1, failed,
        "Run 'lockstep peer list'; remove the old entry first if the host was reinstalled."_L1},
    ErrcInfo{
        Errc::FingerprintMismatch, "FingerprintMismatch"_L1, failed,
        "Compare with 'lockstep peer list --own' typed at the other host's console; do not accept until they agree."_L1},
    ErrcInfo{Errc::PreflightFailed, "PreflightFailed"_L1, failed,
             "Run 'lockstep preflight DOMAIN PEER' and follow the remedies."_L1},
    ErrcInfo{Errc::NoSpace, "NoSpace"_L1, failed,
             "Free space, or configure another image-directory on that host."_L1},
    ErrcInfo{Errc::NameTaken, "NameTaken"_L1, failed,
             "Rename or undefine the other domain on that host."_L1},
    ErrcInfo{Errc::ShadowRefused, "ShadowRefused"_L1, failed,
             "Run 'lockstep preflight DOMAIN PEER', which names everything that is refused."_L1},
    ErrcInfo{Errc::Busy, "Busy"_L1, failed,
             "Wait for the job ('lockstep job list') or cancel it."_L1},
    ErrcInfo{Errc::NotInStep, "NotInStep"_L1, failed,
             "The shadow cannot be used; run the domain where its newest state is."_L1},
    ErrcInfo{Errc::WrongRole, "WrongRole"_L1, failed,
             "Run the command on the pair's other host."_L1},
    ErrcInfo{Errc::NotAuthorized, "NotAuthorized"_L1, denied,
             "Run it as root or as a user whom polkit allows it."_L1},
    ErrcInfo{Errc::Timeout, "Timeout"_L1, timeoutOrCancelled,
             "Check the other host and the link, then try again."_L1},
    ErrcInfo{Errc::Cancelled, "Cancelled"_L1, timeoutOrCancelled,
             "Nothing; what was done has been undone."_L1},
    ErrcInfo{Errc::MonitorLost, "MonitorLost"_L1, failed,
             "See 'virsh domstate DOMAIN --reason' and QEMU's log of the domain."_L1},
    ErrcInfo{Errc::Refused, "Refused"_L1, failed,
             "See QEMU's text, and lockstepd's journal for the step."_L1},
    ErrcInfo{Errc::Malformed, "Malformed"_L1, failed,
             "Update both hosts to the same version of Lockstep and QEMU."_L1},
    ErrcInfo{Errc::HypervisorError, "HypervisorError"_L1, failed,
             "See libvirt's text and libvirtd's journal."_L1},
    ErrcInfo{Errc::HypervisorUnavailable, "HypervisorUnavailable"_L1, failed,
             "Start libvirtd; lockstepd connects again by itself."_L1},
    ErrcInfo{Errc::StoreError, "StoreError"_L1, failed,
             "Check the disk under /var/lib/lockstep: space, permissions, health."_L1},
    ErrcInfo{Errc::StoreTooNew, "StoreTooNew"_L1, failed,
             "Install the newer lockstepd that wrote it; do not delete the file."_L1},
    ErrcInfo{Errc::ConfigInvalid, "ConfigInvalid"_L1, usage,
             "Correct the named line, then restart lockstepd."_L1},
    ErrcInfo{Errc::ProtocolError, "ProtocolError"_L1, failed,
             "Update both hosts to the same version of Lockstep."_L1},
    ErrcInfo{Errc::VersionMismatch, "VersionMismatch"_L1, failed,
             "Update both hosts to the same version of Lockstep."_L1},
    ErrcInfo{Errc::NetworkError, "NetworkError"_L1, failed, "Check the address and the link."_L1},
    ErrcInfo{Errc::NotSupported, "NotSupported"_L1, failed,
             "See the documentation for what can be protected."_L1},
    ErrcInfo{Errc::DaemonUnavailable, "DaemonUnavailable"_L1, noDaemon,
             "Start it: 'systemctl start lockstepd'."_L1},
    ErrcInfo{Errc::ArbiterNotConfigured, "ArbiterNotConfigured"_L1, failed,
             "Set it up in lockstepd.conf on both hosts, then restart lockstepd."_L1},
    ErrcInfo{Errc::ArbiterUnreachable, "ArbiterUnreachable"_L1, failed,
             "Check the arbiter and this host's way to it; lockstepd tries again."_L1},
    ErrcInfo{Errc::ArbiterRefused, "ArbiterRefused"_L1, failed,
             "Check the arbiter's user, password and certificates in lockstepd.conf."_L1},
    ErrcInfo{Errc::ArbiterMalformed, "ArbiterMalformed"_L1, failed,
             "Check what answers at the arbiter's address, and who else writes its keys."_L1},
    ErrcInfo{Errc::ArbiterForeign, "ArbiterForeign"_L1, failed,
             "Check the arbiter's address; if it was set up anew, protect the domains anew."_L1},
    ErrcInfo{Errc::NotGranted, "NotGranted"_L1, failed,
             "Run 'lockstep show DOMAIN' on the other host: the domain belongs there."_L1},
    ErrcInfo{Errc::FenceFailed, "FenceFailed"_L1, failed,
             "Check the fence agent's settings and device; make sure that the host is off."_L1},
    ErrcInfo{Errc::NeedsAdministrator, "NeedsAdministrator"_L1, failed,
             "Make sure that the other host is off, then 'lockstep takeover DOMAIN' or "
             "'lockstep continue-alone DOMAIN'."_L1},
    ErrcInfo{Errc::Internal, "Internal"_L1, failed, "Report it with lockstepd's journal."_L1},
};

} // namespace

const ErrcInfo& info(Errc code)
{
    const auto* const found = std::ranges::find(table, code, &ErrcInfo::code);
    return found == table.end() ? table.back() : *found;
}

std::optional<Errc> errcFromName(QStringView name)
{
    if (name.startsWith(dbusErrorPrefix))
        name = name.sliced(dbusErrorPrefix.size());
    const auto* const found =
        std::ranges::find_if(table, [name](const ErrcInfo& entry) { return name == entry.name; });
    if (found == table.end())
        return std::nullopt;
    return found->code;
}

} // namespace lockstep
