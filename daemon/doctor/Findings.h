// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Views.h"

#include <span>

namespace lockstep::doctor {

/// What the doctor looks at. The words for them (`wordOf()`) are stable; docs/doctor.md explains
/// each.
enum class Id {
    Libvirt,
    Qemu,
    QemuProbe,
    Kvm,
    StartHook,
    DaemonVersions,
    QemuVersions,
    ControlPort,
    QemuPorts,
    EphemeralPorts,
    Firewall,
    Peer,
    Heartbeats,
    Clock,
    ClockOffset,
    Certificates,
    Link,
    LinkMtu,
    LinkRoute,
    Etcd,
    Fence,
    SecurityModule,
    ImageDirectory,
    StateDirectory,
    SecretFiles,
    ConfigFile,
    Late,
};

/// All of them, in the order in which they are shown.
[[nodiscard]] std::span<const Id> allIds();
/// E.g. "clock-offset".
[[nodiscard]] QString wordOf(Id id);

// Findings of the host that is being looked at; who asked for them fills in its name.
[[nodiscard]] Finding fine(Id id, const QString& message);
[[nodiscard]] Finding note(Id id, const QString& message);
[[nodiscard]] Finding warning(Id id, const QString& message, const QString& remedy);
[[nodiscard]] Finding wrong(Id id, const QString& message, const QString& remedy);

/// In the order of the ids; those of one id as they were.
void sortById(QList<Finding>& findings);

} // namespace lockstep::doctor
