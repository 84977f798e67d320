// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QByteArray>
#include <QStringList>
#include <QUuid>

namespace lockstep {

/// What matters here of libvirt's capabilities document, for x86_64 guests.
/// Source: libvirt formatcaps.
struct Capabilities
{
    QUuid hostUuid;
    QString emulator; ///< Path of the QEMU that new domains get.
    QStringList emulators; ///< Paths of all that it knows, each once.
    QStringList machineTypes; ///< Canonical names and aliases, each once.
    bool kvmOffered{false};
};

/// Errors: Malformed.
[[nodiscard]] Result<Capabilities> parseCapabilities(const QByteArray& xml);

/// What libvirt needs to compare a domain's CPU with a host's.
struct DomainCpu
{
    QString virtType; ///< "kvm", "qemu", ...
    QString arch;
    QString machine;
    QString emulator; ///< Empty if the definition leaves it to libvirt.
    QString mode; ///< The mode attribute of <cpu>, e.g. "custom"; empty if it has none.
    QString cpuXml; ///< The whole <cpu> element; empty if the domain leaves the CPU to QEMU.
};

/// Errors: Malformed.
[[nodiscard]] Result<DomainCpu> parseDomainCpu(const QString& domainXml);

} // namespace lockstep
