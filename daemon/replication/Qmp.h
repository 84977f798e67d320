// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "base/Types.h"
#include "hypervisor/Monitor.h"

#include <QHostAddress>
#include <QJsonObject>
#include <QStringList>

#include <memory>

namespace lockstep {

/// The commands of QEMU's monitor that replication needs, typed. "remove", "stop" and "cancel"
/// commands are good when the thing is not there: they serve undo. Errors: those of Monitor.
/// Copyable; copies share the monitor. Source: QEMU QMP reference manual.
class Qmp final
{
public:
    explicit Qmp(std::shared_ptr<Monitor> monitor) : m_monitor{std::move(monitor)} { }

    /// E.g. "11.1.3".
    [[nodiscard]] Task<Result<QString>> version() const;

    // Run state.
    [[nodiscard]] Task<Result<QString>> runState() const;
    [[nodiscard]] Task<Result<void>> stop() const;
    [[nodiscard]] Task<Result<void>> cont() const;

    // Objects and chardevs.
    [[nodiscard]] Task<Result<void>> addObject(QJsonObject object) const;
    [[nodiscard]] Task<Result<void>> removeObject(QString id) const;
    [[nodiscard]] Task<Result<QStringList>> objects() const;
    [[nodiscard]] Task<Result<void>> setProperty(QString path, QString property,
                                                 QJsonValue value) const;
    [[nodiscard]] Task<Result<QJsonValue>> property(QString path, QString property) const;
    [[nodiscard]] Task<Result<void>> addChardev(QString id, QJsonObject backend) const;
    [[nodiscard]] Task<Result<void>> removeChardev(QString id) const;
    [[nodiscard]] Task<Result<QStringList>> chardevs() const;

    // Block graph.
    [[nodiscard]] Task<Result<void>> addNode(QJsonObject node) const;
    [[nodiscard]] Task<Result<void>> removeNode(QString name) const;
    [[nodiscard]] Task<Result<QStringList>> nodes() const;
    struct Drive
    {
        QString node; ///< Top node of what the device uses now.
        Bytes size;   ///< Virtual size.
    };
    /// What the virtio-blk device of this libvirt alias uses now.
    [[nodiscard]] Task<Result<Drive>> drive(QString deviceAlias) const;
    /// Gives a realized virtio-blk device another node; its old one is released.
    [[nodiscard]] Task<Result<void>> setDrive(QString deviceAlias, QString node) const;
    [[nodiscard]] Task<Result<void>> addChild(QString parent, QString node) const;
    [[nodiscard]] Task<Result<void>> removeChild(QString parent, QString child) const;
    /// Children of a node as "child name" -> "node name" ("children.1" -> "lockstep-repl-vda").
    [[nodiscard]] Task<Result<QMap<QString, QString>>> children(QString parent) const;

    // Block jobs.
    struct BlockJob
    {
        QString id;
        Bytes offset;
        Bytes length;
        bool ready{false};
        QString error;
        bool concluded{false}; ///< It has ended, and waits to be dismissed.
    };
    struct Mirror
    {
        QString job;
        QString from;
        QString to;
        QString filter; ///< Node name of what sees the writes; empty: QEMU gives it one.
        bool onlyNew{false}; ///< Nothing is copied but what is written from now on.
        bool targetIsZero{false}; ///< It is known to be; zeros need not be sent then.
        Bytes speed; ///< As setJobSpeed().
    };
    /// It stays, concluded, when it has ended, also by itself.
    [[nodiscard]] Task<Result<void>> startMirror(Mirror mirror) const;
    struct Backup
    {
        QString job;
        QString from;
        QString to;
        QString filter;
        QString bitmap; ///< On `from`: what is copied. It is not changed.
        Bytes speed; ///< As setJobSpeed().
    };
    /// Copies what the bitmap tells, as it is now; has to be dismissed once it is concluded.
    [[nodiscard]] Task<Result<void>> startBackup(Backup backup) const;
    /// At most so much a second; 0: no limit. Good if the job has ended.
    [[nodiscard]] Task<Result<void>> setJobSpeed(QString job, Bytes perSecond) const;
    /// Takes away a job that is concluded.
    [[nodiscard]] Task<Result<void>> dismissJob(QString job) const;
    /// From now on each guest write waits until the target has it, too: the mirror then catches up
    /// with any guest.
    [[nodiscard]] Task<Result<void>> makeMirrorBlocking(QString job) const;
    [[nodiscard]] Task<Result<QList<BlockJob>>> blockJobs() const;
    /// Ends a job and waits until it is gone. Without `force` a ready mirror first brings its
    /// target up to date. Errors then: Refused if that failed, or there was none.
    [[nodiscard]] Task<Result<void>> endJob(QString job, bool force) const;

    /// Starts replication's nodes that were added on a primary; what COLO does by itself.
    [[nodiscard]] Task<Result<void>> startReplicating() const;
    /// What has kept a write from a replica since replication began; empty if nothing has. The
    /// guest is let go on, and no event tells. Also if replication has not begun.
    [[nodiscard]] Task<Result<QString>>
    replicationError(std::chrono::milliseconds deadline = Monitor::usualDeadline) const;

    // Dirty bitmaps: which parts of a node were written. QEMU alone has them, no image does.
    struct Bitmap
    {
        QString name;
        bool usable{false}; ///< It takes note of writes, and has missed none.
    };
    [[nodiscard]] Task<Result<QList<Bitmap>>> bitmaps(QString node) const;
    [[nodiscard]] Task<Result<void>> addBitmap(QString node, QString name, Bytes granularity,
                                               bool recording) const;
    /// Adds to the bitmap `into` of `node` what the bitmap `name` of `from` has.
    [[nodiscard]] Task<Result<void>> mergeBitmap(QString node, QString into, QString from,
                                                 QString name) const;
    [[nodiscard]] Task<Result<void>> removeBitmap(QString node, QString name) const;

    struct DiskUse
    {
        qint64 requests{0};
        std::chrono::nanoseconds waited{0}; ///< Of all of them together.
    };
    /// What the guest has asked of the virtio-blk devices of these aliases since QEMU began.
    [[nodiscard]] Task<Result<DiskUse>> diskUse(QStringList deviceAliases) const;
    /// All that was written to the node before is on its disk when this returns, unless that fails:
    /// QEMU does not tell.
    [[nodiscard]] Task<Result<void>> flushNode(QString node) const;

    // NBD server.
    [[nodiscard]] Task<Result<void>> startNbdServer(QHostAddress address, quint16 port,
                                                    QString tls) const;
    [[nodiscard]] Task<Result<void>> exportNode(QString id, QString node) const;
    [[nodiscard]] Task<Result<void>> stopNbdServer() const;

    // Migration and COLO.
    struct Migration
    {
        QString status; ///< QEMU's MigrationStatus; "none" if there never was one.
        Bytes ramDone;
        Bytes ramTotal;
        int rounds{0}; ///< How often QEMU has looked for what was written meanwhile.
        QString error;
    };
    [[nodiscard]] Task<Result<void>> setCapabilities(QStringList on, QStringList off) const;
    [[nodiscard]] Task<Result<void>> setMigrationTls(QString credentials, QString hostName) const;
    /// Of the copy, until the guest is stopped for its end.
    [[nodiscard]] Task<Result<void>> setMigrationBandwidth(Bytes perSecond) const;
    /// Counts with the capability "multifd". `compression` is QEMU's MultiFDCompression.
    [[nodiscard]] Task<Result<void>> setMultifd(int channels, QString compression) const;
    /// How long the guest may stand still at the end of a migration.
    [[nodiscard]] Task<Result<void>> setDowntimeLimit(std::chrono::milliseconds limit) const;
    /// At most this long between two checkpoints; under COLO one is made at once.
    [[nodiscard]] Task<Result<void>> setCheckpointDelay(std::chrono::milliseconds delay) const;
    [[nodiscard]] Task<Result<void>> migrate(QHostAddress address, quint16 port) const;
    [[nodiscard]] Task<Result<void>> migrateIncoming(QHostAddress address, quint16 port) const;
    [[nodiscard]] Task<Result<void>> migrateContinue() const;
    [[nodiscard]] Task<Result<void>> migrateCancel() const;
    /// Shuts the migration's connections, so that it fails; not an error if there is none.
    [[nodiscard]] Task<Result<void>> yankMigration() const;
    [[nodiscard]] Task<Result<Migration>> migration() const;
    /// "none", "primary" or "secondary".
    [[nodiscard]] Task<Result<QString>> coloMode() const;
    [[nodiscard]] Task<Result<void>> lostHeartbeat() const;
    /// Sends gratuitous ARP/RARP for every NIC: 5 rounds from 50 ms on.
    [[nodiscard]] Task<Result<void>> announceSelf() const;

private:
    [[nodiscard]] Task<Result<void>>
    run(QString command, QJsonObject arguments = {},
        std::chrono::milliseconds deadline = Monitor::usualDeadline) const;

    std::shared_ptr<Monitor> m_monitor;
};

} // namespace lockstep
