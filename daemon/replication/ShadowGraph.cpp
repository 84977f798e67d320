// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ShadowGraph.h"

#include "replication/DriveSwap.h"
#include "replication/ImageFiles.h"
#include "replication/MigrationSetup.h"
#include "replication/Names.h"

#include <QJsonArray>

#include <cerrno>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Filters and their chardevs have the same names on this side.
constexpr QStringView requests{u"requests"};
constexpr QStringView answers{u"answers"};
constexpr QStringView sink{u"sink"}; // Behind `answers`: takes all that this one lets pass.
constexpr QStringView rewriter{u"rewriter"};

QJsonObject overlay(const QString& name, const QString& file, const QString& backing)
{
    return {{u"driver"_s, u"qcow2"_s},
            {u"node-name"_s, name},
            {u"file"_s, QJsonObject{{u"driver"_s, u"file"_s}, {u"filename"_s, file}}},
            {u"backing"_s, backing}};
}

// Reads fail where it holds nothing: if the disk's own layers cannot be read, the quorum asks this
// one next, and zeros would be wrong.
QJsonObject lateWrites(const DiskSpec& disk)
{
    const QJsonObject nothing{{u"driver"_s, u"null-co"_s}, {u"size"_s, disk.size.value}};
    const QJsonObject noRead{{u"event"_s, u"none"_s}, {u"iotype"_s, u"read"_s}, {u"errno"_s, EIO}};
    QJsonObject node = overlay(names::late(disk.target), disk.late, {});
    node.insert(u"backing"_s,
                QJsonObject{{u"driver"_s, u"blkdebug"_s},
                            {u"image"_s, nothing},
                            {u"inject-error"_s, QJsonArray{noRead}}});
    return node;
}

} // namespace

Task<Result<void>> ShadowGraph::loadCredentials(QString folder) const
{
    const QJsonObject object{{u"qom-type"_s, u"tls-creds-x509"_s},
                             {u"id"_s, names::serverTls},
                             {u"endpoint"_s, u"server"_s},
                             {u"dir"_s, folder},
                             {u"verify-peer"_s, true}};
    co_return co_await m_qmp.addObject(object);
}

Task<Result<void>> ShadowGraph::buildDisks() const
{
    for (const auto& disk : m_spec.disks) {
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addNode(overlay(names::hidden(disk.target), disk.hidden, disk.node)));
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode(
            overlay(names::active(disk.target), disk.active, names::hidden(disk.target))));
        const QJsonObject replication{{u"driver"_s, u"replication"_s},
                                      {u"node-name"_s, names::replication(disk.target)},
                                      {u"mode"_s, u"secondary"_s},
                                      {u"top-id"_s, names::quorum(disk.target)},
                                      {u"file"_s, names::active(disk.target)}};
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode(replication));
        const QJsonObject quorum{{u"driver"_s, u"quorum"_s},
                                 {u"node-name"_s, names::quorum(disk.target)},
                                 {u"read-pattern"_s, u"fifo"_s},
                                 {u"vote-threshold"_s, 1},
                                 {u"children"_s, QJsonArray{names::replication(disk.target)}}};
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode(quorum));
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode(lateWrites(disk)));
        LOCKSTEP_CO_CHECK(co_await m_qmp.setDrive(disk.alias, names::quorum(disk.target)));
    }
    co_return {};
}

Task<Result<void>> ShadowGraph::exportDisks() const
{
    LOCKSTEP_CO_CHECK(
        co_await m_qmp.startNbdServer(m_spec.secondaryAddress, m_spec.nbdPort, names::serverTls));
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.exportNode(names::diskExport(disk.target), disk.node));
    co_return {};
}

Task<Result<void>> ShadowGraph::connectNetwork(bool answering) const
{
    const QJsonObject nowhere{{u"type"_s, u"null"_s}, {u"data"_s, QJsonObject{}}};
    for (const auto& nic : m_spec.nics) {
        const auto server = [&](quint16 port) {
            const QJsonObject address{{u"host"_s, m_spec.secondaryAddress.toString()},
                                      {u"port"_s, QString::number(port)}};
            const QJsonObject data{
                {u"addr"_s, QJsonObject{{u"type"_s, u"inet"_s}, {u"data"_s, address}}},
                {u"server"_s, true},
                {u"wait"_s, false},
                {u"nodelay"_s, true},
                {u"tls-creds"_s, names::serverTls}};
            return QJsonObject{{u"type"_s, u"socket"_s}, {u"data"_s, data}};
        };
        const auto filter = [&](const QString& type, QStringView part, const QString& queue) {
            return QJsonObject{{u"qom-type"_s, type},
                               {u"id"_s, names::nic(nic.alias, part)},
                               {u"netdev"_s, names::netdev(nic.alias)},
                               {u"queue"_s, queue},
                               {u"vnet_hdr_support"_s, nic.vnetHeader}};
        };
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addChardev(names::nic(nic.alias, requests), server(nic.requestPort)));
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addChardev(names::nic(nic.alias, answers), server(nic.responsePort)));
        QJsonObject in = filter(u"filter-redirector"_s, requests, u"tx"_s);
        in.insert(u"indev"_s, names::nic(nic.alias, requests));
        LOCKSTEP_CO_CHECK(co_await m_qmp.addObject(in));
        LOCKSTEP_CO_CHECK(co_await m_qmp.addChardev(names::nic(nic.alias, sink), nowhere));
        // Answers pass the chain from the last to the first: `sink` comes before `answers`.
        for (const auto part : {sink, answers}) {
            QJsonObject out = filter(u"filter-redirector"_s, part, u"rx"_s);
            out.insert(u"outdev"_s, names::nic(nic.alias, part));
            out.insert(u"status"_s, part == sink || answering ? u"on"_s : u"off"_s);
            LOCKSTEP_CO_CHECK(co_await m_qmp.addObject(out));
        }
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addObject(filter(u"filter-rewriter"_s, rewriter, u"all"_s)));
    }
    co_return {};
}

Task<Result<void>> ShadowGraph::setAnswering(bool on) const
{
    LOCKSTEP_CO_TRY(present, co_await m_qmp.objects());
    for (const auto& nic : m_spec.nics) {
        if (!on && !present.contains(names::nic(nic.alias, sink)))
            co_return failure(
                Errc::NotSupported,
                u"the shadow of domain %1 was made by an older lockstepd"_s.arg(m_spec.domain),
                u"Unprotect the domain, and protect it again."_s);
        LOCKSTEP_CO_CHECK(co_await m_qmp.setProperty(
            u"/objects/"_s + names::nic(nic.alias, answers), u"status"_s, on ? u"on"_s : u"off"_s));
    }
    co_return {};
}

Task<Result<void>> ShadowGraph::awaitMigration(MemoryTransfer transfer) const
{
    LOCKSTEP_CO_CHECK(co_await setUpMigration(m_qmp, m_spec, transfer, {}));
    LOCKSTEP_CO_CHECK(co_await m_qmp.setMigrationTls(names::serverTls, {}));
    co_return co_await m_qmp.migrateIncoming(m_spec.secondaryAddress, m_spec.migrationPort);
}

Task<Result<bool>> ShadowGraph::isInStep() const
{
    LOCKSTEP_CO_TRY(mode, co_await m_qmp.coloMode());
    co_return mode == u"secondary";
}

Task<Result<void>> ShadowGraph::flushReplicas() const
{
    for (const auto& disk : m_spec.disks) {
        // First what the kernel has: QEMU's monitor and the checkpoints wait for its own flush.
        LOCKSTEP_CO_CHECK(co_await syncFile(disk.replica));
        LOCKSTEP_CO_CHECK(co_await m_qmp.flushNode(disk.node));
    }
    co_return {};
}

Task<Result<void>> ShadowGraph::keepLateWrites() const
{
    for (const auto& disk : m_spec.disks) {
        if (disk.late.isEmpty()) // protected by an older version
            continue;
        LOCKSTEP_CO_TRY(children, co_await m_qmp.children(names::quorum(disk.target)));
        if (!children.values().contains(names::late(disk.target)))
            LOCKSTEP_CO_CHECK(
                co_await m_qmp.addChild(names::quorum(disk.target), names::late(disk.target)));
    }
    co_return {};
}

Task<Result<void>> ShadowGraph::dropLateWrites(QString target) const
{
    LOCKSTEP_CO_TRY(children, co_await m_qmp.children(names::quorum(target)));
    const QString child = children.key(names::late(target));
    if (!child.isEmpty())
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeChild(names::quorum(target), child));
    co_return co_await m_qmp.removeNode(names::late(target));
}

Task<Result<void>> ShadowGraph::goLive(bool suspended) const
{
    LOCKSTEP_CO_CHECK(co_await m_qmp.stopNbdServer());
    LOCKSTEP_CO_TRY(mode, co_await m_qmp.coloMode());
    if (mode == u"secondary")
        LOCKSTEP_CO_CHECK(co_await m_qmp.lostHeartbeat());
    // Answers go to the clients once the redirectors are gone; only one host may send them, and
    // from x-colo-lost-heartbeat on that is this one.
    for (auto waited = 0ms;; waited += 2ms) {
        LOCKSTEP_CO_TRY(now, co_await m_qmp.coloMode());
        LOCKSTEP_CO_TRY(state, co_await m_qmp.runState());
        if (now == u"none" && state == (suspended ? u"paused"_s : u"running"_s))
            break;
        // QEMU lets a shadow run when it leaves COLO.
        if (now == u"none" && suspended)
            LOCKSTEP_CO_CHECK(co_await m_qmp.stop());
        if (waited > 10s)
            co_return failure(Errc::Timeout,
                              u"QEMU does not leave COLO: it is %1, in mode %2"_s.arg(state, now));
        LOCKSTEP_CO_CHECK(co_await pause(2ms));
    }
    for (const auto& nic : m_spec.nics) {
        for (const auto part : {sink, answers, requests})
            LOCKSTEP_CO_CHECK(co_await m_qmp.removeObject(names::nic(nic.alias, part)));
    }
    co_return co_await m_qmp.announceSelf();
}

Task<Result<void>> ShadowGraph::disconnect() const
{
    for (const auto& nic : m_spec.nics) {
        for (const auto part : {sink, answers, requests})
            LOCKSTEP_CO_CHECK(co_await m_qmp.removeChardev(names::nic(nic.alias, part)));
    }
    LOCKSTEP_CO_CHECK(co_await m_qmp.setMigrationTls({}, {}));
    co_return co_await m_qmp.removeObject(names::serverTls);
}

Task<Result<bool>> ShadowGraph::isMerged() const
{
    for (const auto& disk : m_spec.disks) {
        LOCKSTEP_CO_TRY(children, co_await m_qmp.children(names::replication(disk.target)));
        const QString below = children.value(u"file"_s);
        // While it merges, the job's filter is in between.
        if (below == names::active(disk.target))
            co_return failure(
                Errc::NoSpace,
                u"QEMU could not merge the overlays of disk %1 into %2; nothing is lost: see to that file's disk, e.g. make room, shut the guest down, wait until it is shown as off, merged then, and start it"_s
                    .arg(disk.target, disk.replica));
        if (!children.isEmpty() && below != disk.node)
            co_return false;
    }
    co_return true;
}

Task<Result<void>> ShadowGraph::makePlain(bool resume) const
{
    LOCKSTEP_CO_CHECK(co_await DriveSwap(m_qmp, m_spec.disks).removeQuorum(resume));
    co_return co_await resetMigration(m_qmp, m_spec, {});
}

} // namespace lockstep
