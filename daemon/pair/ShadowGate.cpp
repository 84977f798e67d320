// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ShadowGate.h"

#include "pair/PreflightFacts.h"
#include "pair/ShadowBuild.h"
#include "replication/ShadowXml.h"

#include <QDir>
#include <QFileInfo>
#include <QNetworkInterface>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

ShadowPolicy policyFor(const PairRecord& record, const HostFacts& host, const Config& config)
{
    ShadowPolicy policy;
    policy.uuid = record.uuid;
    policy.domain = record.domain;
    policy.folder = ShadowBuild::folderOf(record);
    for (const auto& disk : record.spec.disks)
        policy.replicas.insert(disk.target, disk.replica);
    const auto& allowed = config.shadows.bridges;
    for (const auto& bridge : host.bridges) {
        if (allowed.contains(u"*"_s) || allowed.contains(bridge))
            policy.bridges.append(bridge);
    }
    const auto interfaces = QNetworkInterface::allInterfaces();
    for (const auto& interface : interfaces)
        policy.interfaces.append(interface.name());
    policy.emulators = host.emulators;
    policy.fileFolders = config.shadows.files;
    for (const auto& address : config.shadows.consoleAddresses)
        policy.consoleAddresses.append(QHostAddress{address});
    return policy;
}

ShadowMapping mappingOf(const PairRecord& record)
{
    ShadowMapping mapping;
    for (const auto& disk : record.spec.disks)
        mapping.disks.append({disk.target, disk.replica, disk.format});
    for (const auto& nic : record.spec.nics)
        mapping.bridges.insert(nic.mac.toLower(), nic.bridge);
    return mapping;
}

bool isAtOrBelow(const QString& path, const QString& folder)
{
    return path == folder || path.startsWith(folder + u'/');
}

} // namespace

Task<Result<QString>> admitShadow(PairParts parts, PairRecord record, QString migratableXml)
{
    auto xml = shadowXml(migratableXml, mappingOf(record));
    if (!xml)
        co_return std::unexpected{xml.error()};
    LOCKSTEP_CO_TRY(host, co_await parts.hypervisor.hostFacts());
    const auto refusals = shadowRefusals(*xml, policyFor(record, host, parts.config));
    LOCKSTEP_CO_CHECK(verdictOf(refusals, record.domain, parts.peers.ownName()));
    const auto model = parseDomain(*xml);
    if (!model)
        co_return std::unexpected{model.error()};
    // A guest of another host must not take this host's own guests their memory.
    if (memoryNeeded(*model) > host.memoryFree)
        co_return failure(
            Errc::NoSpace,
            u"%1 has too little memory free for a shadow of domain %2"_s.arg(parts.peers.ownName(),
                                                                             record.domain),
            u"Free memory there, or give the domain less: virsh setmaxmem %1 SIZE --config."_s.arg(
                record.domain));
    co_return xml;
}

Task<Result<QList<ShadowRefusal>>> foreseenRefusals(PairParts parts, ReplicationSpec spec,
                                                    QString imageDirectory, QString migratableXml)
{
    PairRecord record;
    record.uuid = spec.uuid;
    record.domain = spec.domain;
    record.spec = std::move(spec);
    record.imageDirectory = std::move(imageDirectory);
    ShadowBuild::nameImages(record);
    const auto xml = shadowXml(migratableXml, mappingOf(record));
    if (!xml)
        co_return QList{ShadowRefusal{u"domain"_s, u"cannot be read: "_s + xml.error().message(),
                                      u"Update Lockstep on the domain's host."_s}};
    LOCKSTEP_CO_TRY(host, co_await parts.hypervisor.hostFacts());
    co_return shadowRefusals(*xml, policyFor(record, host, parts.config));
}

QString imageDirectoryRefusal(const Config& config, const QString& directory)
{
    const QString clean = QDir::cleanPath(directory);
    const QString real = QFileInfo{clean}.canonicalFilePath(); // empty if it is not there
    const QStringList folders =
        QStringList{config.replication.imageDirectory} + config.shadows.imageDirectories;
    const bool isAllowed = std::ranges::any_of(folders, [&](const QString& folder) {
        return isAtOrBelow(clean, folder)
            && (real.isEmpty() || isAtOrBelow(real, QFileInfo{folder}.canonicalFilePath()));
    });
    if (isAllowed)
        return {};
    return u"%1 is none that other hosts may choose; image-directories in [shadows] of %2 there allows more"_s
        .arg(directory, Config::usualPath);
}

} // namespace lockstep
