// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightFlow.h"

#include "base/PairSettingTable.h"
#include "hypervisor/Capabilities.h"
#include "pair/KeptReplicas.h"
#include "pair/ShadowBuild.h"
#include "pair/ShadowGate.h"
#include "replication/Describe.h"
#include "replication/ImageFiles.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QTcpSocket>

#include <unistd.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// For a new control channel to a host whose heartbeats come.
constexpr auto reconnectTime = 5s;

/// Why `remote` cannot be reached from `local`, or nothing.
Task<QString> linkProblem(QHostAddress local, QHostAddress remote, quint16 port)
{
    const OneShot<QString> outcome;
    QTcpSocket socket;
    QObject::connect(&socket, &QTcpSocket::connected, [outcome] { outcome.complete({}); });
    QObject::connect(&socket, &QTcpSocket::errorOccurred,
                     [outcome, &socket] { outcome.complete(socket.errorString()); });
    if (!socket.bind(local))
        co_return u"address %1 is not on this host any more"_s.arg(local.toString());
    socket.connectToHost(remote, port);
    outcome.expire(3s, u"no answer from %1 within 3 s"_s.arg(remote.toString()));
    const QString problem = co_await outcome;
    QObject::disconnect(&socket, nullptr, nullptr, nullptr);
    co_return problem;
}

QString directoryProblem(const QString& directory, const Config& config)
{
    if (!QDir::isAbsolutePath(directory))
        return u"%1 is not an absolute path"_s.arg(directory);
    if (const auto refusal = imageDirectoryRefusal(config, directory); !refusal.isEmpty())
        return refusal;
    const QFileInfo info{directory};
    if (!info.exists())
        return u"%1 does not exist"_s.arg(directory);
    if (!info.isDir() || ::access(QFile::encodeName(directory).constData(), W_OK | X_OK) != 0)
        return u"%1 is not a folder that can be written to"_s.arg(directory);
    return {};
}

Task<Result<LocalFacts>> localFacts(PairParts parts, DomainInfo domain, PeerInfo peer)
{
    LocalFacts facts;
    facts.info = domain;
    LOCKSTEP_CO_TRY(host, co_await parts.hypervisor.hostFacts());
    facts.host = host;
    facts.host.hostName = parts.peers.ownName();
    if (domain.persistent) {
        LOCKSTEP_CO_TRY(xml, co_await parts.hypervisor.xml(domain.uuid, XmlKind::Inactive));
        const auto model = parseDomain(xml);
        if (!model)
            co_return std::unexpected{model.error()};
        facts.inactive = *model;
        facts.live = *model;
    }
    facts.qemuVersion = facts.host.qemuVersion;
    if (domain.state == DomainState::Off || domain.state == DomainState::Crashed)
        co_return facts;
    LOCKSTEP_CO_TRY(description, co_await describe(&parts.hypervisor, domain.uuid));
    facts.live = std::move(description.model);
    facts.qemuVersion = description.spec.qemuVersion;
    facts.blockJobs = description.blockJobs;
    facts.diskSpecs = description.spec.disks;
    facts.nicSpecs = description.spec.nics;
    for (const auto& disk : std::as_const(description.spec.disks)) {
        DiskFacts fact{disk.target, disk.size, disk.size, {}};
        const auto info = co_await imageInfo(disk.source, disk.format);
        if (info) {
            fact.allocated = info->allocated;
            fact.internalSnapshots = info->snapshots;
        }
        facts.disks.append(fact);
    }
    facts.linkProblem = co_await linkProblem(peer.localAddress, peer.remoteAddress, peer.port);
    co_return facts;
}

/// What depends on the domain's XML, which is a peer's: nothing of it reaches libvirt before this
/// host would let a shadow be like that.
Task<Result<void>> examineXml(PairParts parts, QJsonObject request, RemoteFacts* facts)
{
    const QString xml = request[u"xml"].toString();
    if (xml.isEmpty())
        co_return {};
    // Older versions tell of neither disks nor NICs: then their XML is looked at with the shadow.
    if (request.contains(u"spec")) {
        auto spec = ReplicationSpec::fromJson(request[u"spec"].toObject());
        if (!spec)
            co_return std::unexpected{spec.error().as(Errc::ProtocolError)};
        LOCKSTEP_CO_TRY(refusals,
                        co_await foreseenRefusals(parts, *spec, facts->imageDirectory, xml));
        facts->refusals = refusals;
    }
    const auto cpu = parseDomainCpu(xml);
    // libvirt would run whatever emulator it is told.
    if (cpu && (cpu->emulator.isEmpty() || facts->host.emulators.contains(cpu->emulator))) {
        LOCKSTEP_CO_TRY(problem, co_await parts.hypervisor.cpuProblem(xml));
        facts->cpuProblem = problem;
    }
    co_return {};
}

/// Which of the files a peer asks for are not here. It learns nothing of those that its shadow may
/// not read.
QStringList missingFiles(const QJsonArray& files, const QStringList& folders)
{
    QStringList missing;
    for (const auto& file : files) {
        const QString path = file.toString();
        if (mayRead(path, folders) && !QFileInfo::exists(path))
            missing.append(path);
    }
    return missing;
}

/// Of a host that has just come back the control channel may be that of its last life, or not be
/// there yet, though its heartbeats are.
Task<Result<QJsonObject>> askFacts(PairParts parts, PeerId peer, QJsonObject request)
{
    for (auto waited = 0ms;; waited += 100ms) {
        auto reply = co_await parts.peers.call(peer, u"preflight.facts"_s, request, 30s);
        const auto now = parts.peers.peer(peer);
        const bool again = !reply && reply.error().code() == Errc::PeerUnreachable
            && waited < reconnectTime && now && now->isHeard();
        if (!again)
            co_return reply;
        LOCKSTEP_CO_CHECK(co_await pause(100ms));
    }
}

NameConflict conflictOf(const PairParts& parts, const PeerId& peer, const DomainInfo& theirs,
                        const DomainUuid& uuid)
{
    const auto record = parts.pairs.find(uuid);
    const bool ours = record && record->peer == peer && !record->isEngaged();
    // What still runs here is no left-over, whatever the records say.
    if (ours && theirs.uuid == uuid && theirs.state == DomainState::Off)
        return NameConflict::StaleCopy;
    return NameConflict::Taken;
}

} // namespace

Task<Result<PreflightReport>> runPreflight(PairParts parts, DomainInfo domain, PeerInfo peer,
                                           ProtectOptions options)
{
    LOCKSTEP_CO_TRY(local, co_await localFacts(parts, domain, peer));
    const auto before = parts.pairs.find(domain.uuid);
    local.reuseDisks =
        options.settings[pair_setting::reuseDisks].toBool(before && before->settings.reuseDisks);
    local.channels = options.settings[pair_setting::channels].toInt(
        before ? before->settings.transfer.channels : 1);
    QString xml;
    if (domain.state != DomainState::Off && domain.state != DomainState::Crashed) {
        LOCKSTEP_CO_TRY(migratable,
                        co_await parts.hypervisor.xml(domain.uuid, XmlKind::Migratable));
        xml = migratable;
    }
    ReplicationSpec spec;
    spec.uuid = domain.uuid;
    spec.domain = domain.name;
    spec.disks = local.diskSpecs;
    spec.nics = local.nicSpecs;
    const QJsonObject request{{u"uuid"_s, toString(domain.uuid)},
                              {u"name"_s, domain.name},
                              {u"xml"_s, xml},
                              {u"spec"_s, spec.toJson()},
                              {u"image-directory"_s, options.imageDirectory},
                              {u"files"_s, QJsonArray::fromStringList(filesNeeded(local.live))}};
    LOCKSTEP_CO_TRY(reply, co_await askFacts(parts, peer.id, request));
    const auto remote = RemoteFacts::fromJson(reply);
    if (!remote)
        co_return std::unexpected{remote.error().during(u"the answer of %1"_s.arg(peer.name))};
    co_return PreflightReport{domain.name, peer.name, preflight(local, *remote)};
}

Task<Result<QJsonObject>> answerPreflight(PairParts parts, PeerId peer, QJsonObject request)
{
    const DomainUuid uuid{QUuid::fromString(request[u"uuid"].toString())};
    const QString name = request[u"name"].toString();
    if (uuid.value.isNull() || name.isEmpty() || !request[u"files"].isArray())
        co_return failure(Errc::ProtocolError, u"preflight.facts without uuid, name or files"_s);
    RemoteFacts facts;
    facts.protocolVersion = pairProtocolVersion;
    LOCKSTEP_CO_TRY(host, co_await parts.hypervisor.hostFacts());
    facts.host = host;
    facts.host.hostName = parts.peers.ownName();
    facts.imageDirectory = request[u"image-directory"].toString();
    if (facts.imageDirectory.isEmpty()) {
        // The one of the settings is this daemon's own; one that somebody named is theirs to make.
        facts.imageDirectory = parts.config.replication.imageDirectory;
        QDir{}.mkpath(facts.imageDirectory);
    }
    facts.imageDirectoryProblem = directoryProblem(facts.imageDirectory, parts.config);
    if (facts.imageDirectoryProblem.isEmpty()) {
        LOCKSTEP_CO_TRY(space, co_await freeSpace(facts.imageDirectory));
        // A replica that is kept here is copied onto, or makes room.
        const KeptReplicas kept{parts.config};
        facts.imageSpaceFree = space + co_await kept.spaceTaken(uuid, facts.imageDirectory);
    }
    LOCKSTEP_CO_TRY(domains, co_await parts.hypervisor.domains());
    for (const auto& theirs : std::as_const(domains)) {
        if (theirs.uuid != uuid && theirs.name != name)
            continue;
        facts.conflict = conflictOf(parts, peer, theirs, uuid);
        facts.conflictingDomain = theirs.name;
        if (facts.conflict == NameConflict::Taken)
            break;
    }
    LOCKSTEP_CO_CHECK(co_await examineXml(parts, request, &facts));
    LOCKSTEP_CO_TRY(asker, parts.peers.peer(peer));
    facts.linkProblem = co_await linkProblem(asker.localAddress, asker.remoteAddress, asker.port);
    facts.freePorts = freePorts(asker.localAddress, uuid, parts.pairs.all(), parts.config);
    facts.missingFiles = missingFiles(request[u"files"].toArray(), parts.config.shadows.files);
    facts.staleDisks = co_await staleDisks(parts, uuid);
    co_return facts.toJson();
}

} // namespace lockstep
