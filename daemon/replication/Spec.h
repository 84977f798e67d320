// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"
#include "hypervisor/QemuTraits.h"

#include <QHostAddress>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace lockstep {

/// One replicated disk. Paths of the replica and its overlays are on the secondary's host.
struct DiskSpec
{
    QString target;   ///< "vda".
    QString alias;    ///< libvirt's device alias, "virtio-disk0"; the same on both hosts.
    QString node;     ///< libvirt's top block node of it in this host's QEMU.
    QString source;   ///< Image that this host's QEMU uses.
    QString format;   ///< "raw" or "qcow2".
    Bytes size;       ///< Virtual size; equal on both sides.
    QString replica;  ///< Image on the secondary that receives the copy.
    bool reused{false}; ///< The replica is an out of date image that was there before, and is kept.
    QString hidden; ///< Overlay that keeps what a checkpoint may still need of the replica.
    QString active; ///< Overlay that takes the shadow's own writes between checkpoints.
    QString
        late; ///< Takes what the guest writes from a takeover to the end of the merge once more.

    /// Files that a shadow's disk needs beside its replica. Empty where there is no shadow.
    [[nodiscard]] QStringList layers() const;
    void forgetLayers();
};

/// One NIC whose output is compared.
struct NicSpec
{
    QString alias; ///< libvirt's, "net0".
    QString mac;
    QString bridge;
    bool vnetHeader{true}; ///< virtio on a tap carries vnet headers: trap 1 of docs/qemu.md.
    quint16 requestPort{0}; ///< On the secondary: copies of what clients send.
    quint16 responsePort{0}; ///< On the secondary: what the shadow answers.
};

/// Everything that the replication of one domain depends on. Stored with the pair, so that it can
/// be taken apart by a daemon that did not build it.
struct ReplicationSpec
{
    DomainUuid uuid;
    QString domain;
    QList<DiskSpec> disks;
    QList<NicSpec> nics;
    QHostAddress primaryAddress; ///< On the dedicated link.
    QHostAddress secondaryAddress; ///< On the dedicated link.
    quint16 nbdPort{0}; ///< On the secondary.
    quint16 migrationPort{0}; ///< On the secondary.
    /// Random identity of the copy that the replicas are; both hosts keep it. Empty: no note is
    /// taken of what changes, as by older versions.
    QString copy;
    /// Identity of the copy that the replicas were before and that lacks nothing but what has
    /// changed since; empty if everything has to be copied.
    QString base;
    unsigned ioThread{0}; ///< libvirt's id of the iothread that compares; 0 before it exists.
    QString qemuVersion;
    bool kvm{false};
    /// Whether "return-path" is on, as a trial has shown, where nothing is known of the version.
    std::optional<bool> probedReturnPath;

    [[nodiscard]] QJsonObject toJson() const;
    /// Errors: Malformed, naming the member.
    [[nodiscard]] static Result<ReplicationSpec> fromJson(const QJsonObject& json);
};

/// What the QEMUs of that domain need. Errors: those of qemuTraits().
[[nodiscard]] Result<QemuTraits> traitsOf(const ReplicationSpec& spec);

} // namespace lockstep
