// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "doctor/Findings.h"

#include <QSet>

namespace lockstep::doctor {

/// A TCP port that is being listened on, and by which user.
struct Listener
{
    quint16 port{0};
    uint user{0};
    friend bool operator==(const Listener&, const Listener&) = default;
};

/// From the text of /proc/net/tcp or tcp6; lines that cannot be read are left out.
/// Source: Linux Documentation/networking/proc_net_tcp.rst.
[[nodiscard]] QList<Listener> listenersIn(const QByteArray& text);

/// Whether lockstepd's port listens, strangers use ports of QEMU's range, or the kernel may give
/// them to programs that ask for any. `root` is where /proc is looked for, "" for this host's;
/// `ours` are the ports that pairs have taken. Blocks.
[[nodiscard]] QList<Finding> examinePorts(const QString& root, const Config& config,
                                          const QSet<quint16>& ours);

} // namespace lockstep::doctor
