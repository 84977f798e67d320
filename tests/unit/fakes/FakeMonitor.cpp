// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeMonitor.h"

#include "fakes/FakeAnswers.h"

#include <algorithm>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QStringList chardevsOf(const QJsonObject& object)
{
    QStringList used;
    for (const auto* const member : {"indev", "outdev", "primary_in", "secondary_in"}) {
        if (object.contains(QLatin1StringView{member}))
            used.append(object[QLatin1StringView{member}].toString());
    }
    return used;
}

} // namespace

void FakeMonitor::addDisk(const QString& alias, const QString& node, Bytes size)
{
    nodes.insert(node, {u"qcow2"_s, {}});
    drives.insert(alias, node);
    m_sizes.insert(alias, size);
}

Task<Result<QJsonValue>> FakeMonitor::execute(QString command, QJsonObject arguments,
                                              std::chrono::milliseconds)
{
    // As a worker thread's answer would come.
    (void)co_await pause(0ms);
    if (const auto held = std::exchange(hold, std::nullopt))
        (void)co_await *held;
    const int number = commands++;
    if (seen)
        seen(number);
    if (off || (deafFrom && number >= *deafFrom))
        co_return failure(Errc::MonitorLost, u"the domain has ended"_s);
    if (m_journal && !command.startsWith(u"query-") && command != u"qom-list"
        && command != u"qom-get")
        m_journal->append(u"qmp "_s + command);
    const bool fails = failAt == number || command == refused;
    if (fails && fault == Fault::Refused)
        co_return refuse(u"injected"_s);
    auto reply = answer(command, arguments);
    if (fails)
        co_return failure(Errc::Timeout, u"no answer"_s);
    co_return reply;
}

FakeMonitor::Answer FakeMonitor::answer(const QString& command, const QJsonObject& arguments)
{
    if (command == u"query-status")
        return QJsonObject{{u"status"_s, status}};
    if (command == u"query-cpus-fast" && cpuThread != 0)
        return QJsonArray{QJsonObject{{u"thread-id"_s, cpuThread}}};
    if (command == u"query-version")
        return QJsonObject{
            {u"qemu"_s, QJsonObject{{u"major"_s, 11}, {u"minor"_s, 1}, {u"micro"_s, 3}}}};
    if (command == u"stop") {
        if (status == u"running")
            status = u"paused"_s;
        return done;
    }
    if (command == u"cont") {
        setRunning();
        return done;
    }
    if (command == u"announce-self")
        return done;
    for (const auto part : {&FakeMonitor::answerBlock, &FakeMonitor::answerJobs,
                            &FakeMonitor::answerBitmaps, &FakeMonitor::answerObjects,
                            &FakeMonitor::answerMigrationSettings, &FakeMonitor::answerMigration}) {
        if (auto reply = (this->*part)(command, arguments))
            return *reply;
    }
    if (auto reply = answerReplication(command))
        return *reply;
    return failure(Errc::Refused, u"CommandNotFound: "_s + command);
}

std::optional<FakeMonitor::Answer> FakeMonitor::answerBlock(const QString& command,
                                                            const QJsonObject& arguments)
{
    if (command == u"query-named-block-nodes")
        return Answer{listNodes()};
    if (command == u"query-block")
        return Answer{listDrives()};
    if (command == u"blockdev-add")
        return addNode(arguments);
    if (command == u"x-blockdev-change")
        return changeChildren(arguments);
    if (command == u"blockdev-del") {
        const QString name = arguments[u"node-name"].toString();
        if (!nodes.contains(name) || isUsed(name))
            return refuse(u"node %1 is in use or not there"_s.arg(name));
        nodes.remove(name);
        bitmaps.remove(name);
        m_replicating.removeAll(name);
    } else if (command == u"nbd-server-start") {
        if (std::exchange(nbdServer, true))
            return refuse(u"NBD server already running"_s);
    } else if (command == u"nbd-server-stop") {
        if (!std::exchange(nbdServer, false))
            return refuse(u"NBD server not running"_s);
        exports.clear();
    } else if (command == u"block-export-add") {
        exports.insert(arguments[u"id"].toString(), arguments[u"node-name"].toString());
    } else {
        return std::nullopt;
    }
    return Answer{done};
}

std::optional<FakeMonitor::Answer> FakeMonitor::answerObjects(const QString& command,
                                                              const QJsonObject& arguments)
{
    const QString id = arguments[u"id"].toString();
    if (command == u"qom-list") {
        QJsonArray list;
        for (const auto& name : objects.keys())
            list.append(QJsonObject{{u"name"_s, name}});
        return Answer{list};
    }
    if (command == u"query-chardev") {
        QJsonArray list;
        for (const auto& name : std::as_const(chardevs))
            list.append(QJsonObject{{u"label"_s, name}});
        return Answer{list};
    }
    if (command == u"qom-set")
        return setProperty(arguments);
    if (command == u"qom-get") {
        const QString name = arguments[u"path"].toString().section(u'/', -1);
        if (!objects.contains(name))
            return refuse(u"no object %1"_s.arg(name));
        return Answer{objects[name][arguments[u"property"].toString()]};
    }
    if (command == u"object-add") {
        const auto needed = chardevsOf(arguments);
        const bool complete =
            std::ranges::all_of(needed,
                                [this](const auto& name) { return chardevs.contains(name); })
            && (!arguments.contains(u"iothread")
                || objects.contains(arguments[u"iothread"].toString()));
        if (objects.contains(id) || !complete)
            return refuse(u"object %1 exists or needs what is not there"_s.arg(id));
        objects.insert(id, arguments);
    } else if (command == u"object-del") {
        if (objects.remove(id) == 0)
            return refuse(u"object %1 not found"_s.arg(id));
    } else if (command == u"chardev-add") {
        if (chardevs.contains(id))
            return refuse(u"chardev %1 exists"_s.arg(id));
        chardevs.append(id);
    } else if (command == u"chardev-remove") {
        const bool busy = std::ranges::any_of(
            objects, [&](const auto& object) { return chardevsOf(object).contains(id); });
        if (busy || !chardevs.removeOne(id))
            return refuse(u"chardev %1 is busy or not there"_s.arg(id));
    } else {
        return std::nullopt;
    }
    return Answer{done};
}

std::optional<FakeMonitor::Answer> FakeMonitor::answerMigration(const QString& command,
                                                                const QJsonObject& /*arguments*/)
{
    if (command == u"query-colo-status")
        return Answer{QJsonObject{{u"mode"_s, coloMode}}};
    if (command == u"query-migrate") {
        if (migration == u"active" && ++m_copied >= rounds) {
            migration = migrationEnd.isEmpty() ? u"pre-switchover"_s : migrationEnd;
            if (migration == u"pre-switchover")
                status = u"finish-migrate"_s;
        }
        if (migration == u"device" && ++m_switching > 2)
            enterColo();
        const QJsonObject ram{{u"total"_s, 100},
                              {u"remaining"_s, std::max(0, 100 - m_copied * 10)}};
        return Answer{QJsonObject{
            {u"status"_s, migration}, {u"ram"_s, ram}, {u"error-desc"_s, migrationEnd}}};
    }
    if (command == u"migrate") {
        ranAtLogStart = status == u"running";
        migration = u"active"_s;
        m_yanked = false;
        m_copied = 0;
    } else if (command == u"migrate-continue") {
        if (migration != u"pre-switchover")
            return refuse(u"migration is not in pre-switchover"_s);
        migration = u"device"_s;
        m_switching = 0;
    } else if (command == u"migrate_cancel") {
        // QEMU gives a guest that it stopped itself its run back, unless it is on its way into
        // COLO.
        const bool hangs = migration == u"device" || migration == u"colo";
        migration = hangs ? u"cancelling"_s : u"cancelled"_s;
        if (!hangs && status == u"finish-migrate")
            setRunning();
    } else if (command == u"yank") {
        m_yanked = true;
        if (migration == u"device") {
            migration = u"failed"_s;
            setRunning();
        }
    } else if (command == u"x-colo-lost-heartbeat") {
        if (coloMode == u"none")
            return refuse(u"not in COLO"_s);
        if (coloMode == u"secondary") {
            beginMerge();
            incoming.reset();
        }
        coloMode = u"none"_s;
        migration = u"completed"_s;
        setRunning();
        if (left)
            left();
    } else {
        return std::nullopt;
    }
    return Answer{done};
}

std::optional<FakeMonitor::Answer>
FakeMonitor::answerMigrationSettings(const QString& command, const QJsonObject& arguments)
{
    if (command == u"migrate-set-capabilities") {
        const QJsonArray list = arguments[u"capabilities"].toArray();
        for (const auto& entry : list) {
            const QString name = entry[u"capability"].toString();
            if (!entry[u"state"].toBool())
                capabilities.remove(name);
            else if (name == u"multifd" && incoming)
                return refuse(u"Multifd must be set before incoming starts"_s);
            else
                capabilities.insert(name);
        }
    } else if (command == u"migrate-set-parameters") {
        const QString word = arguments[u"multifd-compression"].toString(u"none"_s);
        if (!compressions.contains(word))
            return refuse(
                u"Parameter 'multifd-compression' does not accept value '%1'"_s.arg(word));
        for (const QString& name : arguments.keys())
            parameters.insert(name, arguments[name]);
        // Under COLO this makes a checkpoint.
        if (arguments.contains(u"x-checkpoint-delay") && coloMode == u"primary" && event) {
            event(u"STOP"_s);
            event(u"RESUME"_s);
        }
    } else if (command == u"migrate-incoming") {
        incoming = capabilities;
    } else {
        return std::nullopt;
    }
    return Answer{done};
}

void FakeMonitor::enterColo()
{
    migration = m_yanked ? u"failed"_s : coloEnd.isEmpty() ? u"colo"_s : coloEnd;
    if (migration == u"colo") {
        coloMode = u"primary"_s;
        startReplicating();
        if (entered)
            entered();
    } else if (migration == u"completed") {
        status = u"postmigrate"_s;
    }
    if (migration != u"completed")
        setRunning();
}

FakeMonitor::Answer FakeMonitor::addNode(const QJsonObject& node)
{
    const QString name = node[u"node-name"].toString();
    Node added{node[u"driver"].toString(), {}};
    if (node[u"backing"].isString())
        added.children.insert(u"backing"_s, node[u"backing"].toString());
    if (node[u"file"].isString())
        added.children.insert(u"file"_s, node[u"file"].toString());
    const auto list = node[u"children"].toArray();
    for (const auto& child : list)
        added.children.insert(u"children.%1"_s.arg(added.children.size()), child.toString());
    if (nodes.contains(name))
        return refuse(u"Duplicate nodes with node-name='%1'"_s.arg(name));
    for (const auto& child : std::as_const(added.children)) {
        if (!nodes.contains(child))
            return refuse(u"Cannot find device %1"_s.arg(child));
        // Overlays may share what an export writes to; a quorum shares nothing.
        if (added.driver == u"quorum" && isUsed(child))
            return refuse(u"Permission conflict on node '%1'"_s.arg(child));
    }
    nodes.insert(name, added);
    return done;
}

FakeMonitor::Answer FakeMonitor::changeChildren(const QJsonObject& change)
{
    const auto parent = nodes.find(change[u"parent"].toString());
    if (parent == nodes.end() || parent->driver != u"quorum")
        return refuse(u"no such quorum"_s);
    if (change.contains(u"node")) {
        const QString node = change[u"node"].toString();
        if (!nodes.contains(node) || isUsed(node))
            return refuse(u"cannot add %1"_s.arg(node));
        parent->children.insert(u"children.%1"_s.arg(parent->children.size()), node);
        return done;
    }
    if (parent->children.remove(change[u"child"].toString()) == 0)
        return refuse(u"no such child"_s);
    return done;
}

FakeMonitor::Answer FakeMonitor::setProperty(const QJsonObject& arguments)
{
    const QString path = arguments[u"path"].toString();
    if (arguments[u"property"].toString() != u"drive") {
        const auto object = objects.find(path.section(u'/', -1));
        if (object == objects.end())
            return refuse(u"no object %1"_s.arg(path));
        object->insert(arguments[u"property"].toString(), arguments[u"value"]);
        return done;
    }
    const QString alias = path.section(u'/', -2, -2);
    const QString node = arguments[u"value"].toString();
    aborted = aborted || drives.value(alias) == node;
    if (!drives.contains(alias) || !nodes.contains(node) || isUsed(node))
        return refuse(u"drive %1 cannot use %2"_s.arg(alias, node));
    drives.insert(alias, node);
    if (status == u"running")
        setRunning();
    return done;
}

QJsonArray FakeMonitor::listNodes()
{
    if (m_merging && ++m_copied >= rounds)
        endMerge();
    QJsonArray list;
    for (auto node = nodes.cbegin(); node != nodes.cend(); ++node) {
        QJsonArray children;
        for (auto child = node->children.cbegin(); child != node->children.cend(); ++child)
            children.append(
                QJsonObject{{u"child"_s, child.key()}, {u"node-name"_s, child.value()}});
        QJsonArray maps;
        for (const auto& name : bitmaps.value(node.key()))
            maps.append(QJsonObject{{u"name"_s, name}, {u"recording"_s, true}});
        list.append(QJsonObject{
            {u"node-name"_s, node.key()}, {u"children"_s, children}, {u"dirty-bitmaps"_s, maps}});
    }
    return list;
}

QJsonArray FakeMonitor::listDrives() const
{
    QJsonArray list;
    for (auto drive = drives.cbegin(); drive != drives.cend(); ++drive) {
        const QJsonObject image{{u"virtual-size"_s, m_sizes.value(drive.key()).value}};
        list.append(QJsonObject{
            {u"qdev"_s, u"/machine/peripheral/%1/virtio-backend"_s.arg(drive.key())},
            {u"inserted"_s, QJsonObject{{u"node-name"_s, drive.value()}, {u"image"_s, image}}}});
    }
    return list;
}

bool FakeMonitor::isUsed(const QString& node) const
{
    return drives.values().contains(node) || jobs.values().contains(node)
        || std::ranges::any_of(
               nodes, [&](const Node& other) { return other.children.values().contains(node); });
}

void FakeMonitor::setRunning()
{
    status = u"running"_s;
    ranParked = ranParked || std::ranges::any_of(drives, [this](const QString& node) {
                    return nodes.value(node).driver == u"null-co";
                });
}

/// What replication's failover does: a job of its own commits the active overlay down to the
/// replica. Its filter is there from the start.
void FakeMonitor::beginMerge()
{
    m_merging = true;
    m_copied = 0;
    const auto names = nodes.keys();
    for (const auto& name : names) {
        if (nodes[name].driver != u"replication")
            continue;
        const QString filter = u"#merge-"_s + name;
        nodes.insert(filter, {u"mirror_top"_s, {{u"backing"_s, nodes[name].children[u"file"_s]}}});
        nodes[name].children.insert(u"file"_s, filter);
    }
}

void FakeMonitor::endMerge()
{
    m_merging = false;
    const auto names = nodes.keys();
    for (const auto& name : names) {
        if (nodes[name].driver != u"replication")
            continue;
        QString below = nodes.take(nodes[name].children[u"file"_s]).children[u"backing"_s];
        while (!mergeFails && nodes.value(below).children.contains(u"backing"_s))
            below = nodes.value(below).children.value(u"backing"_s);
        nodes[name].children.insert(u"file"_s, below);
    }
}

} // namespace lockstep::test
