// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Qmp.h"

#include <QJsonArray>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// The disk may be slow; all that its kernel had was flushed before.
constexpr auto flushDeadline = 15s;

/// A QEMU that its guest has taken over may claim anything: what cannot be is left out.
void count(qint64& sum, const QJsonValue& claimed)
{
    qint64 next = 0;
    if (const qint64 number = claimed.toInteger();
        number >= 0 && !__builtin_add_overflow(sum, number, &next))
        sum = next;
}

} // namespace

Task<Result<void>> Qmp::startBackup(Backup backup) const
{
    co_return co_await run(u"blockdev-backup"_s,
                           {{u"job-id"_s, backup.job},
                            {u"device"_s, backup.from},
                            {u"target"_s, backup.to},
                            {u"filter-node-name"_s, backup.filter},
                            {u"sync"_s, u"bitmap"_s},
                            {u"bitmap"_s, backup.bitmap},
                            {u"bitmap-mode"_s, u"never"_s},
                            {u"speed"_s, backup.speed.value},
                            {u"auto-dismiss"_s, false}});
}

Task<Result<void>> Qmp::setJobSpeed(QString job, Bytes perSecond) const
{
    const auto set =
        co_await run(u"block-job-set-speed"_s, {{u"device"_s, job}, {u"speed"_s, perSecond.value}});
    // Refused: it has just ended.
    if (!set && set.error().code() != Errc::Refused)
        co_return set;
    co_return {};
}

Task<Result<void>> Qmp::dismissJob(QString job) const
{
    co_return co_await run(u"job-dismiss"_s, {{u"id"_s, job}});
}

Task<Result<void>> Qmp::startReplicating() const
{
    // Made for Xen, which does itself what COLO does here.
    co_return co_await run(u"xen-set-replication"_s, {{u"enable"_s, true}, {u"primary"_s, true}});
}

Task<Result<QString>> Qmp::replicationError(std::chrono::milliseconds deadline) const
{
    LOCKSTEP_CO_TRY(reply,
                    co_await m_monitor->execute(u"query-xen-replication-status"_s, {}, deadline));
    co_return reply[u"error"].toBool() ? reply[u"desc"].toString(u"an error"_s) : QString{};
}

Task<Result<QList<Qmp::Bitmap>>> Qmp::bitmaps(QString node) const
{
    LOCKSTEP_CO_TRY(reply,
                    co_await m_monitor->execute(u"query-named-block-nodes"_s, {{u"flat"_s, true}}));
    QList<Bitmap> result;
    const QJsonArray entries = reply.toArray();
    for (const auto& entry : entries) {
        if (entry[u"node-name"].toString() != node)
            continue;
        const QJsonArray list = entry[u"dirty-bitmaps"].toArray();
        for (const auto& bitmap : list)
            result.append({bitmap[u"name"].toString(),
                           bitmap[u"recording"].toBool() && !bitmap[u"inconsistent"].toBool()});
    }
    co_return result;
}

Task<Result<void>> Qmp::addBitmap(QString node, QString name, Bytes granularity,
                                  bool recording) const
{
    co_return co_await run(u"block-dirty-bitmap-add"_s,
                           {{u"node"_s, node},
                            {u"name"_s, name},
                            {u"granularity"_s, granularity.value},
                            {u"persistent"_s, false},
                            {u"disabled"_s, !recording}});
}

Task<Result<void>> Qmp::mergeBitmap(QString node, QString into, QString from, QString name) const
{
    const QJsonArray sources{QJsonObject{{u"node"_s, from}, {u"name"_s, name}}};
    co_return co_await run(u"block-dirty-bitmap-merge"_s,
                           {{u"node"_s, node}, {u"target"_s, into}, {u"bitmaps"_s, sources}});
}

Task<Result<void>> Qmp::removeBitmap(QString node, QString name) const
{
    LOCKSTEP_CO_TRY(present, co_await bitmaps(node));
    if (!std::ranges::contains(present, name, &Bitmap::name))
        co_return {};
    co_return co_await run(u"block-dirty-bitmap-remove"_s, {{u"node"_s, node}, {u"name"_s, name}});
}

Task<Result<Qmp::DiskUse>> Qmp::diskUse(QStringList deviceAliases) const
{
    LOCKSTEP_CO_TRY(reply, co_await m_monitor->execute(u"query-blockstats"_s));
    DiskUse use;
    qint64 waited = 0;
    const QJsonArray entries = reply.toArray();
    for (const auto& entry : entries) {
        // "/machine/peripheral/virtio-disk0/virtio-backend"
        if (!deviceAliases.contains(entry[u"qdev"].toString().section(u'/', 3, 3)))
            continue;
        const QJsonValue stats = entry[u"stats"];
        for (const auto& kind : {u"rd"_s, u"wr"_s, u"flush"_s}) {
            count(use.requests, stats[QString{kind + u"_operations"_s}]);
            count(waited, stats[QString{kind + u"_total_time_ns"_s}]);
        }
    }
    use.waited = std::chrono::nanoseconds{waited};
    co_return use;
}

Task<Result<void>> Qmp::flushNode(QString node) const
{
    // QMP has no command for it. The node is libvirt's or ours, whose names need no quoting.
    const auto reply = co_await m_monitor->execute(
        u"human-monitor-command"_s, {{u"command-line"_s, u"qemu-io %1 flush"_s.arg(node)}},
        flushDeadline);
    if (!reply)
        co_return std::unexpected{reply.error()};
    // It says nothing but what went wrong.
    if (const QString said = reply->toString().trimmed(); !said.isEmpty())
        co_return failure(Errc::Refused, u"flushing %1: %2"_s.arg(node, said));
    co_return {};
}

} // namespace lockstep
