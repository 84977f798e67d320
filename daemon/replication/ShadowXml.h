// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QList>
#include <QMap>
#include <QString>

namespace lockstep {

/// Of <qemu:commandline>. Source: libvirt src/qemu/qemu_domain.h.
inline constexpr QLatin1StringView qemuNamespace{"http://libvirt.org/schemas/domain/qemu/1.0"};

/// The image file that stands in for one disk on the shadow's host.
struct ReplicaDisk
{
    QString target; ///< The disk's target dev, e.g. "vda".
    QString path;   ///< Absolute, on the shadow's host.
    QString format; ///< "raw" or "qcow2".
    friend bool operator==(const ReplicaDisk&, const ReplicaDisk&) = default;
};

/// What differs between the primary's host and the shadow's.
struct ShadowMapping
{
    QList<ReplicaDisk> disks;       ///< One for every replicated disk; others stay as they are.
    QMap<QString, QString>
        bridges; ///< MAC address (lower case) to host bridge; a NIC without one stays as it is.
    QMap<QString, QString> files;   ///< Kernel, initrd and NVRAM paths that are elsewhere there.
};

/// The XML to start the shadow with, from the primary's migratable XML: same name, UUID, machine
/// type and addresses; disks, bridges and files as mapped; host-made security labels and tap names
/// left out, so that this host makes its own; QEMU told to wait for its state (`-incoming defer`).
/// The result of a result is the same again. Errors: Malformed, InvalidArgument if a mapped disk is
/// not there or a replica's path is not absolute.
[[nodiscard]] Result<QString> shadowXml(const QString& migratableXml, const ShadowMapping& mapping);

/// The definition to keep once the shadow has taken over: without `-incoming`, otherwise as it is,
/// with whatever other QEMU arguments the user had. Errors: Malformed.
[[nodiscard]] Result<QString> plainXml(const QString& xml);

} // namespace lockstep
