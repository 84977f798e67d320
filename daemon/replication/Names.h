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
/// A second connection to the same replica, for what has changed while it was away.
[[nodiscard]] inline QString nbdChanges(const QString& target)
{
    return prefix + u"nbdc-"_s + target;
}
/// What keeps an error of that connection from the guest, and remembers it.
[[nodiscard]] inline QString latch(const QString& target) { return prefix + u"latch-"_s + target; }
/// The filter by which a mirror sees what is written to the disk's own node.
[[nodiscard]] inline QString follower(const QString& target)
{
    return prefix + u"mtop-"_s + target;
}
/// The filter by which a backup sees what is about to be written.
[[nodiscard]] inline QString saver(const QString& target) { return prefix + u"cbw-"_s + target; }
[[nodiscard]] inline QString changesJob(const QString& target)
{
    return prefix + u"changes-"_s + target;
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

// Dirty bitmaps; their names need to be unique on one node only.
/// What is being copied of the disk, on its quorum.
inline const QString copiedChanges = QStringLiteral("lockstep-copied");
/// What was written since a time, on the disk's own node: see ChangeMaps.
[[nodiscard]] inline QString changes(const QString& copy, int generation)
{
    return prefix + copy + u'-' + QString::number(generation);
}

// Chardevs and filters of the NIC with this alias ("net0").
[[nodiscard]] inline QString nic(const QString& alias, QStringView part)
{
    return prefix + alias + u'-' + part.toString();
}
/// QEMU's netdev of libvirt's NIC alias.
[[nodiscard]] inline QString netdev(const QString& alias) { return u"host"_s + alias; }

} // namespace lockstep::names
