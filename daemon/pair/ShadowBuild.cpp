// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ShadowBuild.h"

#include "pair/KeptReplicas.h"
#include "replication/Describe.h"
#include "replication/ImageFiles.h"
#include "replication/ShadowGraph.h"
#include "replication/ShadowXml.h"

#include <spdlog/spdlog.h>

#include <QDir>
#include <QSet>
#include <QTcpServer>

#include <limits>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

bool isFree(const QHostAddress& address, quint16 port)
{
    QTcpServer probe;
    return probe.listen(address, port);
}

QList<quint16> unusedPorts(const QHostAddress& address, const DomainUuid& domain,
                           const QList<PairRecord>& others, const Config& config, qsizetype most)
{
    QSet<quint16> used;
    for (const auto& other : others) {
        if (other.uuid == domain || !other.isEngaged())
            continue;
        used << other.spec.nbdPort << other.spec.migrationPort;
        for (const auto& nic : other.spec.nics)
            used << nic.requestPort << nic.responsePort;
    }
    QList<quint16> result;
    for (int port = config.replication.portMin;
         port <= config.replication.portMax && result.size() < most; ++port) {
        if (!used.contains(quint16(port)) && isFree(address, quint16(port)))
            result.append(quint16(port));
    }
    return result;
}

Task<Result<void>> makeFolder(QString path)
{
    // QEMU's user must be able to pass, but not to list.
    const auto permissions =
        QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner | QFile::ExeGroup | QFile::ExeOther;
    if (!QDir{}.mkpath(path) || !QFile::setPermissions(path, permissions))
        co_return failure(Errc::StoreError, u"cannot make the folder %1"_s.arg(path));
    co_return {};
}

/// Removes the images that `record` names, or all but the replicas. Good to repeat.
Task<Result<void>> removeImagesOf(PairRecord record, bool keepsReplicas = false)
{
    const QString folder = ShadowBuild::folderOf(record);
    for (const auto& disk : record.spec.disks) {
        // What was there before is not ours to remove; its domain may not be started, though.
        QStringList files = disk.layers();
        if (!keepsReplicas && !disk.reused && !disk.replica.isEmpty())
            files.append(disk.replica);
        for (const auto& path : std::as_const(files))
            LOCKSTEP_CO_CHECK(co_await removeFile(folder, path));
    }
    // Other generations may still be there; then the folder stays.
    QDir{}.rmdir(folder);
    co_return {};
}

} // namespace

int freePorts(const QHostAddress& address, const DomainUuid& domain,
              const QList<PairRecord>& others, const Config& config)
{
    return int(
        unusedPorts(address, domain, others, config, std::numeric_limits<qsizetype>::max()).size());
}

Result<void> choosePorts(ReplicationSpec& spec, const QList<PairRecord>& others,
                         const Config& config)
{
    const qsizetype needed = 2 + 2 * spec.nics.size();
    QList<quint16> ports = unusedPorts(spec.secondaryAddress, spec.uuid, others, config, needed);
    if (ports.size() < needed) {
        const auto& range = config.replication;
        return failure(Errc::NoSpace,
                       u"ports %1 to %2 are used up"_s.arg(range.portMin).arg(range.portMax),
                       u"Widen port-min and port-max in %1 on that host."_s.arg(Config::usualPath));
    }
    spec.nbdPort = ports.takeFirst();
    spec.migrationPort = ports.takeFirst();
    for (auto& nic : spec.nics) {
        nic.requestPort = ports.takeFirst();
        nic.responsePort = ports.takeFirst();
    }
    return {};
}

ShadowBuild::ShadowBuild(PairParts parts, PairRecord record, QString xml)
    : m_parts{parts}, m_record{std::move(record)}, m_xml{std::move(xml)}
{ }

QString ShadowBuild::folderOf(const PairRecord& record)
{
    return record.imageDirectory + u'/' + toString(record.uuid);
}

void ShadowBuild::nameImages(PairRecord& record)
{
    for (auto& disk : record.spec.disks) {
        const QString base =
            u"%1/%2.%3"_s.arg(folderOf(record), disk.target).arg(record.epoch.value);
        disk.replica = base + u'.' + disk.format;
        disk.reused = false;
        disk.hidden = base + u".hidden.qcow2"_s;
        disk.active = base + u".active.qcow2"_s;
        disk.late = base + u".late.qcow2"_s;
    }
}

void ShadowBuild::addSteps(Plan& plan, ShadowBuild* build, const QString& host)
{
    const auto add = [&](const QString& title, auto act, const QString& undoTitle = {},
                         std::function<Task<Result<void>>()> undo = {}) {
        plan.add({host, title, undoTitle, std::move(act), std::move(undo), 1});
    };
    add(
        u"create the replicas' images"_s, [build](StepContext) { return build->createReplicas(); },
        u"remove the images"_s, [build] { return build->removeImages(); });
    add(
        u"start the shadow, paused"_s, [build](StepContext) { return build->start(); },
        u"destroy the shadow"_s, [build] { return build->stop(); });
    add(u"create the overlays"_s, [build](StepContext) { return build->createOverlays(); });
    add(u"load the shadow's TLS credentials"_s,
        [build](StepContext) { return build->loadCredentials(); });
    add(u"put overlays and replication over the replicas"_s,
        [build](StepContext) { return build->buildDisks(); });
    add(u"export the replicas"_s, [build](StepContext) { return build->exportDisks(); });
    add(u"open the network channels"_s, [build](StepContext) { return build->connectNetwork(); });
    add(u"wait for the migration"_s, [build](StepContext) { return build->awaitMigration(); });
}

Task<Result<void>> ShadowBuild::run(std::stop_token stop)
{
    Plan plan;
    addSteps(plan, this, m_parts.peers.ownName());
    co_return co_await plan.run(std::move(stop), {});
}

Task<Result<void>> ShadowBuild::createReplicas()
{
    LOCKSTEP_CO_CHECK(co_await makeFolder(folderOf(m_record)));
    for (const auto& disk : m_record.spec.disks) {
        if (disk.reused || !m_record.spec.base.isEmpty())
            continue;
        // libvirt gives it to QEMU's user when it starts the shadow.
        LOCKSTEP_CO_CHECK(co_await createImage({disk.replica, disk.format, disk.size}));
    }
    co_return {};
}

Task<Result<void>> ShadowBuild::createOverlays()
{
    LOCKSTEP_CO_TRY(xml, co_await m_parts.hypervisor.xml(m_record.uuid, XmlKind::Live));
    const auto model = parseDomain(xml);
    if (!model)
        co_return std::unexpected{model.error()};
    m_owner = model->owner().value_or(UserAndGroup{});
    for (const auto& disk : m_record.spec.disks) {
        ImageSpec layer{{}, u"qcow2"_s, disk.size, m_owner.uid, m_owner.gid};
        for (const auto& path : {disk.hidden, disk.active}) {
            layer.path = path;
            LOCKSTEP_CO_CHECK(co_await createImage(layer));
        }
        layer.path = disk.late;
        layer.bySector = true;
        LOCKSTEP_CO_CHECK(co_await createImage(layer));
    }
    co_return {};
}

Task<Result<void>> ShadowBuild::removeImages() { co_return co_await removeImagesOf(m_record); }

Task<Result<void>> ShadowBuild::start()
{
    auto plain = plainXml(m_xml);
    if (!plain)
        co_return std::unexpected{plain.error()};
    m_record.definition = std::move(*plain);
    const auto started = co_await m_parts.hypervisor.createPaused(m_xml);
    if (!started)
        co_return std::unexpected{started.error()};
    LOCKSTEP_CO_TRY(here, co_await describe(&m_parts.hypervisor, m_record.uuid));
    for (auto& disk : m_record.spec.disks) {
        const auto found = std::ranges::find(here.spec.disks, disk.target, &DiskSpec::target);
        if (found == here.spec.disks.end())
            co_return failure(Errc::Malformed, u"the shadow has no disk %1"_s.arg(disk.target));
        disk.alias = found->alias;
        disk.node = found->node;
    }
    co_return co_await save();
}

Task<Result<void>> ShadowBuild::save()
{
    co_return co_await m_parts.pairs.update(m_record.uuid, [this](PairRecord& record) {
        record.spec = m_record.spec;
        record.definition = m_record.definition;
    });
}

Task<Result<void>> ShadowBuild::stop()
{
    co_return co_await m_parts.hypervisor.destroy(m_record.uuid);
}

Task<Result<void>> ShadowBuild::loadCredentials()
{
    LOCKSTEP_CO_TRY(
        folder, co_await m_parts.peers.qemuCredentials(m_record.peer, m_owner.uid, m_owner.gid));
    co_return co_await ShadowGraph(Qmp{m_parts.hypervisor.monitor(m_record.uuid)}, m_record.spec)
        .loadCredentials(folder);
}

Task<Result<void>> ShadowBuild::buildDisks()
{
    co_return co_await ShadowGraph(Qmp{m_parts.hypervisor.monitor(m_record.uuid)}, m_record.spec)
        .buildDisks();
}

Task<Result<void>> ShadowBuild::exportDisks()
{
    co_return co_await ShadowGraph(Qmp{m_parts.hypervisor.monitor(m_record.uuid)}, m_record.spec)
        .exportDisks();
}

Task<Result<void>> ShadowBuild::connectNetwork()
{
    co_return co_await ShadowGraph(Qmp{m_parts.hypervisor.monitor(m_record.uuid)}, m_record.spec)
        .connectNetwork(m_record.settings.protocol.compares());
}

Task<Result<void>> ShadowBuild::awaitMigration()
{
    co_return co_await ShadowGraph(Qmp{m_parts.hypervisor.monitor(m_record.uuid)}, m_record.spec)
        .awaitMigration(m_record.settings.transfer);
}

Task<Result<void>> ShadowBuild::discard(PairParts parts, PairRecord record)
{
    LOCKSTEP_CO_CHECK(co_await parts.hypervisor.destroy(record.uuid));
    const KeptReplicas kept{parts.config};
    bool keeps = kept.isKeepable(record);
    if (keeps) {
        const auto noted = co_await kept.keep(record);
        keeps = noted.has_value();
        if (!noted)
            spdlog::warn("pair {}: its replica is not kept: {}", record.domain.toStdString(),
                         noted.error().message().toStdString());
    }
    co_return co_await removeImagesOf(std::move(record), keeps);
}

Task<Result<void>> ShadowBuild::removeOldImages(PairRecord record)
{
    const QDir folder{folderOf(record)};
    QStringList kept;
    for (const auto& disk : record.spec.disks)
        kept += disk.layers() + QStringList{disk.replica, disk.source};
    const auto files = folder.entryInfoList(QDir::Files);
    for (const auto& file : files) {
        if (kept.contains(file.absoluteFilePath()))
            continue;
        spdlog::info("pair {}: removing {}, out of date", record.domain.toStdString(),
                     file.absoluteFilePath().toStdString());
        LOCKSTEP_CO_CHECK(co_await removeFile(folder.absolutePath(), file.absoluteFilePath()));
    }
    co_return {};
}

} // namespace lockstep
