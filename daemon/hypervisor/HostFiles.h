// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QByteArray>
#include <QStringList>

namespace lockstep {

struct HostMemory
{
    Bytes total;
    Bytes available; ///< What can be had without swapping, caches included.
};

/// From the text of /proc/meminfo. Errors: Malformed. Source: Linux proc_meminfo(5).
[[nodiscard]] Result<HostMemory> parseMeminfo(const QByteArray& text);

/// The interfaces that are bridges, sorted, from a directory like /sys/class/net.
[[nodiscard]] QStringList bridgesIn(const QString& directory);

/// Why libvirt does not run its hook at `path`; empty if it does, as far as the file tells:
/// libvirtd looks for it only when it starts or reloads. Source: https://libvirt.org/hooks.html.
[[nodiscard]] QString hookProblem(const QString& path);

struct QemuVersion
{
    QString version; ///< e.g. "11.1.3"
    QString package; ///< e.g. "Debian 1:11.1.3+ds-1~bpo13+1"; empty for a QEMU built by hand.
};

/// From what `qemu-system-x86_64 -version` prints. Errors: Malformed.
[[nodiscard]] Result<QemuVersion> parseQemuVersion(const QByteArray& text);

} // namespace lockstep
