// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QLatin1StringView>

#include <optional>

namespace lockstep {

/// Every way in which an operation of Lockstep can fail. One table (Errc.cpp) gives each code its
/// stable D-Bus name, its command line exit status and the remedy that is shown when the place of
/// the failure knows no better one. Codes are never renamed or reused; new ones are appended.
enum class Errc {
    InvalidArgument,       ///< A parameter is malformed or out of range.
    UnknownDomain,         ///< No libvirt domain by that name, UUID or id.
    UnknownPeer,           ///< No peer by that name, address or fingerprint.
    UnknownPair,           ///< The domain is not, and was not, protected.
    UnknownJob,            ///< No such job, or forgotten since.
    DomainNotRunning,      ///< The domain is off; only a running one can be protected.
    AlreadyProtected,      ///< The domain already has a shadow.
    NotProtected,          ///< The domain has no shadow that is in step.
    PeerRefused,           ///< The other host's daemon said no; its reason is the cause.
    PeerUnreachable,       ///< No control channel to the other host.
    PeerNotAccepted,       ///< The other side has not accepted our key yet.
    PeerExists,            ///< A peer with that name or key is there already.
    FingerprintMismatch,   ///< The host shows another key than the one expected.
    PreflightFailed,       ///< At least one finding of severity error.
    NoSpace,               ///< Not enough disk space or memory.
    NameTaken,             ///< The other host has a domain of that name or UUID already.
    ShadowRefused,         ///< The other host does not let a shadow have something of the domain.
    Busy,                  ///< Another job works on this domain.
    NotInStep,             ///< The shadow does not hold the primary's state.
    WrongRole, ///< Asked of the primary what only the secondary can do, or vice versa.
    NotAuthorized, ///< polkit said no.
    Timeout, ///< No answer within the deadline.
    Cancelled, ///< Cancelled on request; what was done is undone.
    MonitorLost, ///< QEMU's monitor is gone: the domain ended or libvirt lost it.
    Refused, ///< QEMU refused a command; its class and text are in the message.
    Malformed, ///< An answer without what its protocol promises.
    HypervisorError, ///< libvirt reported an error.
    HypervisorUnavailable, ///< No connection to libvirt.
    StoreError, ///< The state database cannot be read or written.
    StoreTooNew, ///< The state database was written by a newer version.
    ConfigInvalid, ///< A configuration file has an error; line and key are in the message.
    ProtocolError, ///< A message on the control channel breaks the protocol.
    VersionMismatch, ///< The two daemons speak no common protocol version.
    NetworkError, ///< A socket operation failed.
    NotSupported, ///< This QEMU, libvirt or domain cannot do it.
    DaemonUnavailable, ///< lockstepd does not answer on D-Bus (used by clients).
    ArbiterNotConfigured, ///< The pair's arbiter has no settings on this host.
    ArbiterUnreachable, ///< The arbiter gave no answer; whether it did what was asked is unknown.
    ArbiterRefused, ///< The arbiter does not let this host in.
    ArbiterMalformed, ///< The arbiter's answer or its record of the pair makes no sense.
    ArbiterForeign, ///< It is another arbiter than before, or one that forgot what it knew.
    NotGranted, ///< The arbiter's record says that another decision came first.
    FenceFailed, ///< The other host could not be confirmed to be off.
    NeedsAdministrator, ///< Nobody but an administrator may decide this.
    Internal, ///< A defect of Lockstep.
};

/// What the outside sees of a code.
struct ErrcInfo
{
    Errc code;
    QLatin1StringView
        name; ///< Stable suffix: `org.lockstep.Error.<name>` on D-Bus, `<name>` in JSON.
    int exitStatus; ///< 1 failed, 2 usage, 3 no daemon, 4 denied, 5 timeout or cancelled.
    QLatin1StringView remedy; ///< What to do when nothing more specific is known.
};

[[nodiscard]] const ErrcInfo& info(Errc code);
/// The code of a stable name, with or without the D-Bus prefix; nothing if unknown.
[[nodiscard]] std::optional<Errc> errcFromName(QStringView name);

inline constexpr QLatin1StringView dbusErrorPrefix{"org.lockstep.Error."};

} // namespace lockstep
