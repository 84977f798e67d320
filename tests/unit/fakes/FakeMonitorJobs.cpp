// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeAnswers.h"
#include "fakes/FakeMonitor.h"

#include <algorithm>

namespace lockstep::test {

using namespace Qt::StringLiterals;

std::optional<FakeMonitor::Answer> FakeMonitor::answerJobs(const QString& command,
                                                           const QJsonObject& arguments)
{
    const QString id = arguments[u"device"].toString();
    if (command == u"query-block-jobs")
        return Answer{listJobs()};
    if (command == u"query-blockstats")
        return Answer{QJsonArray{}};
    if (command == u"blockdev-mirror")
        return startMirror(arguments);
    if (command == u"blockdev-backup")
        return startBackup(arguments);
    if (command == u"block-job-cancel")
        return cancelJob(id, arguments[u"force"].toBool());
    if (command == u"block-job-set-speed") {
        if (!jobs.contains(id))
            return refuse(u"no such job"_s);
        speeds.insert(id, arguments[u"speed"].toInteger());
        return Answer{done};
    }
    if (command == u"job-dismiss") {
        const QString concluded = arguments[u"id"].toString();
        if (m_concluded.remove(concluded) == 0)
            return refuse(u"the job cannot be dismissed"_s);
        m_backups.removeAll(concluded);
        jobs.remove(concluded);
        return Answer{done};
    }
    return std::nullopt;
}

FakeMonitor::Answer FakeMonitor::startMirror(const QJsonObject& arguments)
{
    const QString target = arguments[u"target"].toString();
    const QString device = arguments[u"device"].toString();
    const QString filter = arguments[u"filter-node-name"].toString();
    if (!nodes.contains(target) || !nodes.contains(device) || isUsed(target)
        || nodes.contains(filter))
        return refuse(u"cannot mirror to %1"_s.arg(target));
    if (!filter.isEmpty()) {
        replaceNode(device, filter);
        nodes.insert(filter, {u"mirror_top"_s, {{u"backing"_s, device}}});
        m_filters.insert(arguments[u"job-id"].toString(), filter);
    }
    if (arguments[u"target-is-zero"].toBool())
        zeroTargets.append(target);
    if (arguments.contains(u"speed"))
        speeds.insert(arguments[u"job-id"].toString(), arguments[u"speed"].toInteger());
    jobs.insert(arguments[u"job-id"].toString(), target);
    m_copied = 0;
    return done;
}

FakeMonitor::Answer FakeMonitor::startBackup(const QJsonObject& arguments)
{
    const QString target = arguments[u"target"].toString();
    const QString device = arguments[u"device"].toString();
    if (!nodes.contains(target) || isUsed(target)
        || !bitmaps.value(device).contains(arguments[u"bitmap"].toString()))
        return refuse(u"cannot back %1 up to %2"_s.arg(device, target));
    jobs.insert(arguments[u"job-id"].toString(), target);
    m_backups.append(arguments[u"job-id"].toString());
    speeds.insert(arguments[u"job-id"].toString(), arguments[u"speed"].toInteger());
    m_copied = 0;
    return done;
}

FakeMonitor::Answer FakeMonitor::cancelJob(const QString& id, bool force)
{
    if (!jobs.contains(id))
        return refuse(u"no such job"_s);
    if (m_concluded.contains(id))
        return refuse(u"a job that is concluded cannot be cancelled"_s);
    const bool breaksOff = force || m_backups.contains(id);
    conclude(id, breaksOff ? u"Operation canceled"_s : mirrorEndError);
    return done;
}

void FakeMonitor::conclude(const QString& id, const QString& error)
{
    m_concluded.insert(id, error);
    jobs[id].clear();
    if (const QString filter = m_filters.take(id); !filter.isEmpty()) {
        const QString below = nodes.take(filter).children[u"backing"_s];
        replaceNode(filter, below);
    }
}

std::optional<FakeMonitor::Answer> FakeMonitor::answerReplication(const QString& command)
{
    if (command == u"xen-set-replication") {
        startReplicating();
        return Answer{done};
    }
    if (command != u"query-xen-replication-status")
        return std::nullopt;
    const bool begun = std::ranges::all_of(nodes.keys(), [this](const QString& name) {
        return nodes.value(name).driver != u"replication" || m_replicating.contains(name);
    });
    const QString error = begun ? replicationError : u"Block replication is not running"_s;
    return Answer{QJsonObject{{u"error"_s, !error.isEmpty()}, {u"desc"_s, error}}};
}

void FakeMonitor::startReplicating()
{
    for (const auto& name : nodes.keys()) {
        if (nodes.value(name).driver == u"replication")
            m_replicating.append(name);
    }
}

void FakeMonitor::replaceNode(const QString& node, const QString& by)
{
    for (auto& drive : drives) {
        if (drive == node)
            drive = by;
    }
    for (auto& parent : nodes) {
        for (auto& child : parent.children) {
            if (child == node)
                child = by;
        }
    }
}

std::optional<FakeMonitor::Answer> FakeMonitor::answerBitmaps(const QString& command,
                                                              const QJsonObject& arguments)
{
    const QString node = arguments[u"node"].toString();
    const QString name = arguments[u"name"].toString();
    if (command == u"human-monitor-command") {
        flushed.append(arguments[u"command-line"].toString().section(u' ', 1, 1));
        return Answer{QJsonValue{QString{}}};
    }
    if (command == u"block-dirty-bitmap-add") {
        if (!nodes.contains(node) || bitmaps.value(node).contains(name))
            return refuse(u"bitmap already exists: %1"_s.arg(name));
        bitmaps[node].append(name);
    } else if (command == u"block-dirty-bitmap-remove") {
        if (bitmaps[node].removeAll(name) == 0)
            return refuse(u"dirty bitmap not found: %1"_s.arg(name));
        if (bitmaps[node].isEmpty())
            bitmaps.remove(node);
    } else if (command == u"block-dirty-bitmap-merge") {
        const auto source = arguments[u"bitmaps"][0];
        if (!bitmaps.value(source[u"node"].toString()).contains(source[u"name"].toString())
            || !bitmaps.value(node).contains(arguments[u"target"].toString()))
            return refuse(u"dirty bitmap not found"_s);
    } else {
        return std::nullopt;
    }
    return Answer{done};
}

QJsonArray FakeMonitor::listJobs()
{
    ++m_copied;
    QJsonArray list;
    for (const auto& id : jobs.keys()) {
        const bool isBackup = m_backups.contains(id);
        const bool ends = isBackup ? m_copied >= rounds : !mirrorError.isEmpty();
        if (ends && !m_concluded.contains(id))
            conclude(id, isBackup ? backupError : mirrorError);
        const bool concluded = m_concluded.contains(id);
        QJsonObject job{{u"device"_s, id},
                        {u"len"_s, 100},
                        {u"ready"_s, m_copied >= rounds},
                        {u"status"_s, concluded ? u"concluded"_s : u"running"_s},
                        {u"offset"_s, std::min(100, m_copied * 100 / std::max(1, rounds))}};
        if (const QString error = m_concluded.value(id); !error.isEmpty())
            job.insert(u"error"_s, error);
        list.append(job);
    }
    return list;
}

} // namespace lockstep::test
