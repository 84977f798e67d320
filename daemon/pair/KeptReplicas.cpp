// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/KeptReplicas.h"

#include "pair/FullCopy.h"
#include "store/DurableFile.h"

#include <spdlog/spdlog.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 longestFile = qint64{256} * 1024; // of a domain with some hundred disks

QJsonObject toJson(const KeptDisk& disk)
{
    // An inode's number may be larger than what JSON's numbers hold.
    return {{u"target"_s, disk.target},      {u"path"_s, disk.path},
            {u"format"_s, disk.format},      {u"size"_s, disk.size.value},
            {u"reused"_s, disk.reused},      {u"inode"_s, QString::number(disk.mark.inode)},
            {u"length"_s, disk.mark.length}, {u"modified"_s, QString::number(disk.mark.modified)}};
}

KeptDisk diskFrom(const QJsonValue& json)
{
    return {.target = json[u"target"].toString(),
            .path = json[u"path"].toString(),
            .format = json[u"format"].toString(),
            .size = {json[u"size"].toInteger()},
            .reused = json[u"reused"].toBool(),
            .mark = {.inode = json[u"inode"].toString().toULongLong(),
                     .length = json[u"length"].toInteger(-1),
                     .modified = json[u"modified"].toString().toLongLong()}};
}

/// A word, or nothing if the image is as it was left and fits.
Task<QString> examine(KeptDisk kept, Bytes size, QString format)
{
    if (kept.format != format || kept.size != size)
        co_return QString{full_copy::otherSize};
    const auto mark = co_await fileMark(kept.path);
    if (!mark)
        co_return QString{full_copy::noReplica};
    if (*mark != kept.mark)
        co_return QString{full_copy::touched};
    const auto info = co_await imageInfo(kept.path, kept.format);
    if (!info)
        co_return QString{full_copy::unreadable};
    const bool plain =
        info->backingChain.isEmpty() && info->snapshots.isEmpty() && !info->encrypted;
    if (info->virtualSize != size || !plain)
        co_return QString{full_copy::otherSize};
    co_return QString{};
}

} // namespace

QJsonObject KeptReplica::toJson() const
{
    QJsonArray list;
    for (const auto& disk : disks)
        list.append(lockstep::toJson(disk));
    return {{u"uuid"_s, toString(uuid)},
            {u"domain"_s, domain},
            {u"peer"_s, peer.value},
            {u"epoch"_s, qint64(epoch.value)},
            {u"copy"_s, copy},
            {u"image-directory"_s, imageDirectory},
            {u"since"_s, since.toString(Qt::ISODateWithMs)},
            {u"disks"_s, list}};
}

Result<KeptReplica> KeptReplica::fromJson(const QJsonObject& json)
{
    KeptReplica kept;
    kept.uuid = {QUuid::fromString(json[u"uuid"].toString())};
    kept.domain = json[u"domain"].toString();
    kept.peer = {json[u"peer"].toString()};
    kept.epoch = {quint64(json[u"epoch"].toInteger())};
    kept.copy = json[u"copy"].toString();
    kept.imageDirectory = json[u"image-directory"].toString();
    kept.since = QDateTime::fromString(json[u"since"].toString(), Qt::ISODateWithMs);
    const QJsonArray list = json[u"disks"].toArray();
    for (const auto& disk : list)
        kept.disks.append(diskFrom(disk));
    if (kept.uuid.value.isNull() || kept.copy.isEmpty() || !kept.since.isValid())
        return failure(Errc::Malformed, u"a kept replica without uuid, copy or since"_s);
    return kept;
}

KeptReplicas::KeptReplicas(const Config& config)
    : m_folder{config.store.directory + u"/kept"_s}, m_longest{config.replication.keepReplica}
{ }

QString KeptReplicas::pathOf(const DomainUuid& uuid) const
{
    return m_folder + u'/' + toString(uuid) + u".json"_s;
}

bool KeptReplicas::isKeepable(const PairRecord& record) const
{
    return m_longest.count() > 0 && !record.isPrimary() && !record.sole && !record.claimed
        && !record.merged && !record.spec.copy.isEmpty()
        && record.lastCopy.identity == record.spec.copy;
}

Task<Result<void>> KeptReplicas::keep(PairRecord record) const
{
    // Said once how they were left, whatever happened to them since must show.
    if (const auto before = find(record.uuid); before && before->copy == record.spec.copy)
        co_return {};
    KeptReplica kept{.uuid = record.uuid,
                     .domain = record.domain,
                     .peer = record.peer,
                     .epoch = record.lastCopy.epoch,
                     .copy = record.spec.copy,
                     .imageDirectory = record.imageDirectory,
                     .since = QDateTime::currentDateTimeUtc(),
                     .disks = {}};
    for (const auto& disk : std::as_const(record.spec.disks)) {
        LOCKSTEP_CO_TRY(mark, co_await fileMark(disk.replica));
        kept.disks.append({.target = disk.target,
                           .path = disk.replica,
                           .format = disk.format,
                           .size = disk.size,
                           .reused = disk.reused,
                           .mark = mark});
    }
    constexpr mode_t folderMode = 0700;
    constexpr mode_t fileMode = 0600;
    LOCKSTEP_CO_CHECK(ensureFolder(m_folder, folderMode));
    const auto content = QJsonDocument{kept.toJson()}.toJson(QJsonDocument::Compact);
    LOCKSTEP_CO_CHECK(replaceFile(pathOf(record.uuid), content, fileMode));
    spdlog::info("pair {}: its replica of epoch {} is kept for {} h", record.domain.toStdString(),
                 kept.epoch.value, m_longest.count());
    co_return {};
}

std::optional<KeptReplica> KeptReplicas::find(const DomainUuid& uuid) const
{
    QFile file{pathOf(uuid)};
    if (!file.open(QIODevice::ReadOnly))
        return std::nullopt;
    const auto kept =
        KeptReplica::fromJson(QJsonDocument::fromJson(file.read(longestFile)).object());
    if (!kept || kept->uuid != uuid) {
        spdlog::warn("{} is damaged, and no replica is taken by it", file.fileName().toStdString());
        return std::nullopt;
    }
    return *kept;
}

Task<QString> KeptReplicas::problem(PairRecord record) const
{
    const auto kept = find(record.uuid);
    if (!kept || kept->imageDirectory != record.imageDirectory)
        co_return QString{full_copy::noReplica};
    if (kept->copy != record.spec.base || kept->peer != record.peer
        || kept->epoch.value >= record.epoch.value)
        co_return QString{full_copy::otherCopy};
    if (kept->disks.size() != record.spec.disks.size())
        co_return QString{full_copy::otherSize};
    for (const auto& disk : std::as_const(record.spec.disks)) {
        const auto found = std::ranges::find(kept->disks, disk.target, &KeptDisk::target);
        if (found == kept->disks.end())
            co_return QString{full_copy::otherSize};
        if (const QString word = co_await examine(*found, disk.size, disk.format); !word.isEmpty())
            co_return QString{word};
    }
    co_return QString{};
}

bool KeptReplicas::fill(PairRecord& record) const
{
    const auto kept = find(record.uuid);
    if (!kept)
        return false;
    for (auto& disk : record.spec.disks) {
        const auto found = std::ranges::find(kept->disks, disk.target, &KeptDisk::target);
        if (found == kept->disks.end())
            return false;
        disk.replica = found->path;
        disk.reused = found->reused;
    }
    return true;
}

Result<void> KeptReplicas::forget(const DomainUuid& uuid) const
{
    if (!find(uuid))
        return failure(Errc::StoreError, u"the replica that was kept was given up just now"_s,
                       u"Protect the domain again: its disks are then copied wholly."_s);
    return removeDurably(pathOf(uuid));
}

Task<Result<void>> KeptReplicas::giveUp(DomainUuid uuid) const
{
    const auto kept = find(uuid);
    // First, so that nobody takes them up meanwhile.
    LOCKSTEP_CO_CHECK(removeDurably(pathOf(uuid)));
    if (!kept)
        co_return {};
    const QString folder = kept->imageDirectory + u'/' + toString(uuid);
    for (const auto& disk : kept->disks) {
        if (!disk.reused)
            LOCKSTEP_CO_CHECK(co_await removeFile(folder, disk.path));
    }
    QDir{}.rmdir(folder); // unless other generations are there
    spdlog::info("pair {}: the replica that was kept is given up", kept->domain.toStdString());
    co_return {};
}

Task<void> KeptReplicas::giveUpOld() const
{
    const auto names = QDir{m_folder}.entryList({u"*.json"_s}, QDir::Files);
    for (const auto& name : names) {
        const DomainUuid uuid{QUuid::fromString(name.chopped(5))};
        const auto kept = find(uuid);
        const auto now = QDateTime::currentDateTimeUtc();
        if (!kept || kept->since.addSecs(std::chrono::seconds{m_longest}.count()) > now)
            continue;
        const auto gone = co_await giveUp(uuid);
        if (!gone)
            spdlog::warn("pair {}: {}", kept->domain.toStdString(),
                         gone.error().message().toStdString());
    }
}

Task<Bytes> KeptReplicas::spaceTaken(DomainUuid uuid, QString imageDirectory) const
{
    Bytes taken;
    const auto kept = find(uuid);
    if (!kept || kept->imageDirectory != imageDirectory)
        co_return taken;
    for (const auto& disk : kept->disks) {
        const auto info = co_await imageInfo(disk.path, disk.format);
        if (info && !disk.reused)
            taken = taken + info->allocated;
    }
    co_return taken;
}

} // namespace lockstep
