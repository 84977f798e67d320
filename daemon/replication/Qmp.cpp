// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Qmp.h"

#include <QJsonArray>
#include <QMap>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QString backendPath(const QString& deviceAlias)
{
    return u"/machine/peripheral/%1/virtio-backend"_s.arg(deviceAlias);
}

QJsonObject inet(const QHostAddress& address, quint16 port)
{
    return {{u"host"_s, address.toString()}, {u"port"_s, QString::number(port)}};
}

QStringList strings(const QJsonValue& array, const QString& member)
{
    QStringList result;
    const QJsonArray entries = array.toArray();
    for (const auto& entry : entries)
        result.append(entry[member].toString());
    return result;
}

} // namespace

Task<Result<void>> Qmp::run(QString command, QJsonObject arguments,
                            std::chrono::milliseconds deadline) const
{
    const auto reply = co_await m_monitor->execute(command, arguments, deadline);
    if (!reply)
        co_return std::unexpected{reply.error()};
    co_return {};
}

Task<Result<QString>> Qmp::version() const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-version"_s));
    const QJsonValue qemu = reply[u"qemu"];
    if (!qemu[u"major"].isDouble())
        co_return failure(Errc::Malformed, u"query-version: no version in QEMU's reply"_s);
    co_return u"%1.%2.%3"_s.arg(qemu[u"major"].toInt())
        .arg(qemu[u"minor"].toInt())
        .arg(qemu[u"micro"].toInt());
}

Task<Result<QString>> Qmp::runState() const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-status"_s));
    const QString status = reply[u"status"].toString();
    if (status.isEmpty())
        co_return failure(Errc::Malformed, u"query-status: no status in QEMU's reply"_s);
    co_return status;
}

Task<Result<void>> Qmp::stop() const { co_return co_await run(u"stop"_s); }
Task<Result<void>> Qmp::cont() const { co_return co_await run(u"cont"_s); }

Task<Result<void>> Qmp::addObject(QJsonObject object) const
{
    co_return co_await run(u"object-add"_s, object);
}

Task<Result<QStringList>> Qmp::objects() const
{
    LOCKSTEP_CO_TRY(reply,
                    co_await m_monitor->execute(u"qom-list"_s, {{u"path"_s, u"/objects"_s}}));
    co_return strings(reply, u"name"_s);
}

Task<Result<void>> Qmp::removeObject(QString id) const
{
    LOCKSTEP_CO_TRY(present, co_await objects());
    if (!present.contains(id))
        co_return {};
    co_return co_await run(u"object-del"_s, {{u"id"_s, id}});
}

Task<Result<void>> Qmp::setProperty(QString path, QString property, QJsonValue value) const
{
    co_return co_await run(u"qom-set"_s,
                           {{u"path"_s, path}, {u"property"_s, property}, {u"value"_s, value}});
}

Task<Result<QJsonValue>> Qmp::property(QString path, QString property) const
{
    co_return co_await m_monitor->execute(u"qom-get"_s,
                                          {{u"path"_s, path}, {u"property"_s, property}});
}

Task<Result<void>> Qmp::addChardev(QString id, QJsonObject backend) const
{
    co_return co_await run(u"chardev-add"_s, {{u"id"_s, id}, {u"backend"_s, backend}});
}

Task<Result<QStringList>> Qmp::chardevs() const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-chardev"_s));
    co_return strings(reply, u"label"_s);
}

Task<Result<void>> Qmp::removeChardev(QString id) const
{
    LOCKSTEP_CO_TRY(present, co_await chardevs());
    if (!present.contains(id))
        co_return {};
    co_return co_await run(u"chardev-remove"_s, {{u"id"_s, id}});
}

Task<Result<void>> Qmp::addNode(QJsonObject node) const
{
    co_return co_await run(u"blockdev-add"_s, node);
}

Task<Result<QStringList>> Qmp::nodes() const
{
    LOCKSTEP_CO_TRY(reply,
                    co_await m_monitor->execute(u"query-named-block-nodes"_s, {{u"flat"_s, true}}));
    co_return strings(reply, u"node-name"_s);
}

Task<Result<void>> Qmp::removeNode(QString name) const
{
    LOCKSTEP_CO_TRY(present, co_await nodes());
    if (!present.contains(name))
        co_return {};
    co_return co_await run(u"blockdev-del"_s, {{u"node-name"_s, name}});
}

Task<Result<Qmp::Drive>> Qmp::drive(QString deviceAlias) const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-block"_s));
    const QString path = backendPath(deviceAlias);
    const QJsonArray entries = reply.toArray();
    for (const auto& entry : entries) {
        if (entry[u"qdev"].toString() == path) {
            const QJsonValue inserted = entry[u"inserted"];
            co_return Drive{inserted[u"node-name"].toString(),
                            {inserted[u"image"][u"virtual-size"].toInteger()}};
        }
    }
    co_return failure(Errc::Malformed,
                      u"query-block: QEMU has no virtio-blk device %1"_s.arg(deviceAlias));
}

Task<Result<void>> Qmp::setDrive(QString deviceAlias, QString node) const
{
    co_return co_await setProperty(backendPath(deviceAlias), u"drive"_s, node);
}

Task<Result<void>> Qmp::addChild(QString parent, QString node) const
{
    co_return co_await run(u"x-blockdev-change"_s, {{u"parent"_s, parent}, {u"node"_s, node}});
}

Task<Result<void>> Qmp::removeChild(QString parent, QString child) const
{
    co_return co_await run(u"x-blockdev-change"_s, {{u"parent"_s, parent}, {u"child"_s, child}});
}

Task<Result<QMap<QString, QString>>> Qmp::children(QString parent) const
{
    LOCKSTEP_CO_TRY(reply,
                    co_await m_monitor->execute(u"query-named-block-nodes"_s, {{u"flat"_s, true}}));
    const QJsonArray entries = reply.toArray();
    for (const auto& entry : entries) {
        if (entry[u"node-name"].toString() != parent)
            continue;
        QMap<QString, QString> result;
        const QJsonArray list = entry[u"children"].toArray();
        for (const auto& child : list)
            result.insert(child[u"child"].toString(), child[u"node-name"].toString());
        co_return result;
    }
    co_return QMap<QString, QString>{};
}

Task<Result<void>> Qmp::startMirror(Mirror mirror) const
{
    QJsonObject arguments{
        {u"job-id"_s, mirror.job},         {u"device"_s, mirror.from},
        {u"target"_s, mirror.to},          {u"sync"_s, mirror.onlyNew ? u"none"_s : u"full"_s},
        {u"copy-mode"_s, u"background"_s}, {u"on-target-error"_s, u"report"_s},
        {u"auto-dismiss"_s, false}};
    if (mirror.speed.value > 0)
        arguments.insert(u"speed"_s, mirror.speed.value);
    if (!mirror.filter.isEmpty())
        arguments.insert(u"filter-node-name"_s, mirror.filter);
    if (mirror.targetIsZero) // older versions do not know it
        arguments.insert(u"target-is-zero"_s, true);
    co_return co_await run(u"blockdev-mirror"_s, arguments);
}

Task<Result<void>> Qmp::makeMirrorBlocking(QString job) const
{
    co_return co_await run(
        u"block-job-change"_s,
        {{u"id"_s, job}, {u"type"_s, u"mirror"_s}, {u"copy-mode"_s, u"write-blocking"_s}});
}

Task<Result<QList<Qmp::BlockJob>>> Qmp::blockJobs() const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-block-jobs"_s));
    QList<BlockJob> result;
    const QJsonArray entries = reply.toArray();
    for (const auto& entry : entries) {
        result.append({entry[u"device"].toString(),
                       {entry[u"offset"].toInteger()},
                       {entry[u"len"].toInteger()},
                       entry[u"ready"].toBool(),
                       entry[u"error"].toString(),
                       entry[u"status"].toString() == u"concluded"});
    }
    co_return result;
}

Task<Result<void>> Qmp::endJob(QString job, bool force) const
{
    bool asked = false;
    // Each round trip lets QEMU's main loop run, so this ends as soon as the job does.
    for (auto waited = 0ms; waited < 10s; waited += 5ms) {
        LOCKSTEP_CO_TRY(jobs, co_await blockJobs());
        const auto found = std::ranges::find(jobs, job, &BlockJob::id);
        if (found == jobs.end() && force)
            co_return {};
        if (found == jobs.end())
            co_return failure(Errc::Refused, u"block job %1 is gone"_s.arg(job));
        if (found->concluded) {
            LOCKSTEP_CO_CHECK(co_await dismissJob(job));
            if (!force && !found->error.isEmpty())
                co_return failure(Errc::Refused, u"block job %1: %2"_s.arg(job, found->error));
            co_return {};
        }
        if (!asked) {
            const auto told =
                co_await run(u"block-job-cancel"_s, {{u"device"_s, job}, {u"force"_s, force}});
            // Refused: it has just ended by itself.
            if (!told && told.error().code() != Errc::Refused)
                co_return told;
            asked = true;
            continue;
        }
        LOCKSTEP_CO_CHECK(co_await pause(5ms));
    }
    co_return failure(Errc::Timeout, u"block job %1 does not end"_s.arg(job));
}

Task<Result<void>> Qmp::startNbdServer(QHostAddress address, quint16 port, QString tls) const
{
    co_return co_await run(
        u"nbd-server-start"_s,
        {{u"addr"_s, QJsonObject{{u"type"_s, u"inet"_s}, {u"data"_s, inet(address, port)}}},
         {u"tls-creds"_s, tls}});
}

Task<Result<void>> Qmp::exportNode(QString id, QString node) const
{
    co_return co_await run(u"block-export-add"_s,
                           {{u"type"_s, u"nbd"_s},
                            {u"id"_s, id},
                            {u"name"_s, id},
                            {u"node-name"_s, node},
                            {u"writable"_s, true}});
}

Task<Result<void>> Qmp::stopNbdServer() const
{
    const auto reply = co_await m_monitor->execute(u"nbd-server-stop"_s);
    if (!reply && reply.error().message().contains(u"not running"))
        co_return {};
    if (!reply)
        co_return std::unexpected{reply.error()};
    co_return {};
}

Task<Result<void>> Qmp::setCapabilities(QStringList on, QStringList off) const
{
    QJsonArray list;
    for (const auto& name : std::as_const(on))
        list.append(QJsonObject{{u"capability"_s, name}, {u"state"_s, true}});
    for (const auto& name : std::as_const(off))
        list.append(QJsonObject{{u"capability"_s, name}, {u"state"_s, false}});
    co_return co_await run(u"migrate-set-capabilities"_s, {{u"capabilities"_s, list}});
}

Task<Result<void>> Qmp::setMigrationTls(QString credentials, QString hostName) const
{
    co_return co_await run(u"migrate-set-parameters"_s,
                           {{u"tls-creds"_s, credentials}, {u"tls-hostname"_s, hostName}});
}

Task<Result<void>> Qmp::setMigrationBandwidth(Bytes perSecond) const
{
    co_return co_await run(u"migrate-set-parameters"_s, {{u"max-bandwidth"_s, perSecond.value}});
}

Task<Result<void>> Qmp::setMultifd(int channels, QString compression) const
{
    co_return co_await run(
        u"migrate-set-parameters"_s,
        {{u"multifd-channels"_s, channels}, {u"multifd-compression"_s, compression}});
}

Task<Result<void>> Qmp::setDowntimeLimit(std::chrono::milliseconds limit) const
{
    co_return co_await run(u"migrate-set-parameters"_s,
                           {{u"downtime-limit"_s, qint64(limit.count())}});
}

Task<Result<void>> Qmp::setCheckpointDelay(std::chrono::milliseconds delay) const
{
    co_return co_await run(u"migrate-set-parameters"_s,
                           {{u"x-checkpoint-delay"_s, qint64(delay.count())}});
}

Task<Result<void>> Qmp::migrate(QHostAddress address, quint16 port) const
{
    co_return co_await run(u"migrate"_s,
                           {{u"uri"_s, u"tcp:%1:%2"_s.arg(address.toString()).arg(port)}});
}

Task<Result<void>> Qmp::migrateIncoming(QHostAddress address, quint16 port) const
{
    co_return co_await run(u"migrate-incoming"_s,
                           {{u"uri"_s, u"tcp:%1:%2"_s.arg(address.toString()).arg(port)}});
}

Task<Result<void>> Qmp::migrateContinue() const
{
    co_return co_await run(u"migrate-continue"_s, {{u"state"_s, u"pre-switchover"_s}});
}

Task<Result<void>> Qmp::migrateCancel() const { co_return co_await run(u"migrate_cancel"_s); }

Task<Result<void>> Qmp::yankMigration() const
{
    const QJsonArray instances{QJsonObject{{u"type"_s, u"migration"_s}}};
    const auto done = co_await run(u"yank"_s, {{u"instances"_s, instances}});
    // Refused: there is none, it has ended by itself.
    if (!done && done.error().code() != Errc::Refused)
        co_return done;
    co_return {};
}

Task<Result<Qmp::Migration>> Qmp::migration() const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-migrate"_s));
    const QJsonValue ram = reply[u"ram"];
    // A QEMU that its guest has taken over may say anything.
    const qint64 total = std::max<qint64>(ram[u"total"].toInteger(), 0);
    const qint64 remaining = std::clamp<qint64>(ram[u"remaining"].toInteger(), 0, total);
    co_return Migration{reply[u"status"].toString(u"none"_s),
                        {total - remaining},
                        {total},
                        ram[u"dirty-sync-count"].toInt(),
                        reply[u"error-desc"].toString()};
}

Task<Result<QString>> Qmp::coloMode() const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-colo-status"_s));
    co_return reply[u"mode"].toString();
}

Task<Result<void>> Qmp::lostHeartbeat() const
{
    co_return co_await run(u"x-colo-lost-heartbeat"_s);
}

Task<Result<void>> Qmp::announceSelf() const
{
    co_return co_await run(
        u"announce-self"_s,
        {{u"initial"_s, 50}, {u"max"_s, 550}, {u"rounds"_s, 5}, {u"step"_s, 100}});
}

} // namespace lockstep
