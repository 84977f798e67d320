// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

namespace lockstep::names {

using Qt::StringLiterals::operator""_s;

// Everything Lockstep adds to a QEMU begins with "lockstep-", so that it can be found and removed
// whatever happened before. QEMU limits node names to 31 characters (BLOCK_NODE_NAME_SIZE).

inline const QString prefix = QStringLiteral("lockstep-");
inline const QString clientTls = QStringLiteral("lockstep-tls-client");
inline const QString serverTls = QStringLiteral("lockstep-tls-server");

// Block nodes, jobs and exports of the disk with this target ("vda").
/// The same on both hosts: block replication's `top-id` names it.
[[nodiscard]] inline QString quorum(const QString& target)
{
    return prefix + u"quorum-"_s + target;
}
[[nodiscard]] inline QString placeholder(const QString& target)
{
    return prefix + u"null-"_s + target;
}
[[nodiscard]] inline QString nbdClient(const QString& target)
{
    return prefix + u"nbd-"_s + target;
}
[[nodiscard]] inline QString copyJob(const QString& target) { return prefix + u"copy-"_s + target; }
[[nodiscard]] inline QString replication(const QString& target)
{
    return prefix + u"repl-"_s + target;
}
[[nodiscard]] inline QString hidden(const QString& target)
{
    return prefix + u"hidden-"_s + target;
}
[[nodiscard]] inline QString active(const QString& target)
{
    return prefix + u"active-"_s + target;
}
[[nodiscard]] inline QString late(const QString& target) { return prefix + u"late-"_s + target; }
[[nodiscard]] inline QString diskExport(const QString& target)
{
    return prefix + u"export-"_s + target;
}

// Chardevs and filters of the NIC with this alias ("net0").
[[nodiscard]] inline QString nic(const QString& alias, QStringView part)
{
    return prefix + alias + u'-' + part.toString();
}
/// QEMU's netdev of libvirt's NIC alias.
[[nodiscard]] inline QString netdev(const QString& alias) { return u"host"_s + alias; }

} // namespace lockstep::names
