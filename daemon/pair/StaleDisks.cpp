// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/StaleDisks.h"

#include "replication/DomainModel.h"
#include "replication/ImageFiles.h"

#include <spdlog/spdlog.h>

#include <QFileInfo>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

Task<std::optional<StaleDisk>> look(DomainDisk disk)
{
    const QFileInfo file{disk.source};
    if (!disk.isReplicated() || disk.type != u"file" || !file.isFile() || file.isSymLink())
        co_return std::nullopt;
    const auto info = co_await imageInfo(disk.source, disk.format);
    if (!info || info->encrypted || !info->backingChain.isEmpty() || !info->snapshots.isEmpty()) {
        spdlog::info("{} is out of date, and no replica can be copied onto it: {}",
                     disk.source.toStdString(),
                     info ? "it has a backing file or snapshots, or is encrypted"
                          : info.error().message().toStdString());
        co_return std::nullopt;
    }
    co_return StaleDisk{disk.target, disk.source, disk.format, info->virtualSize};
}

} // namespace

bool StaleDisk::fits(const DiskSpec& disk) const
{
    return target == disk.target && format == disk.format && size.value == disk.size.value
        && path != disk.source;
}

Task<QList<StaleDisk>> staleDisks(PairParts parts, DomainUuid uuid)
{
    QList<StaleDisk> found;
    const auto record = parts.pairs.find(uuid);
    if (!record || record->state != PairState::Stale)
        co_return found;
    const auto domain = co_await parts.hypervisor.find(toString(uuid));
    if (!domain || !domain->persistent || domain->state != DomainState::Off)
        co_return found;
    const auto xml = co_await parts.hypervisor.xml(uuid, XmlKind::Inactive);
    const auto model = xml ? parseDomain(*xml) : std::unexpected{xml.error()};
    if (!model) {
        spdlog::warn("pair {}: its out of date definition cannot be read: {}",
                     record->domain.toStdString(), model.error().message().toStdString());
        co_return found;
    }
    for (const auto& disk : model->disks) {
        if (const auto stale = co_await look(disk))
            found.append(*stale);
    }
    co_return found;
}

void reuse(PairRecord& record, const QList<StaleDisk>& stale)
{
    for (auto& disk : record.spec.disks) {
        const auto found = std::ranges::find_if(
            stale, [&disk](const StaleDisk& candidate) { return candidate.fits(disk); });
        if (found == stale.end())
            continue;
        spdlog::info("pair {}: the replica of {} goes onto {}, which is out of date",
                     record.domain.toStdString(), disk.target.toStdString(),
                     found->path.toStdString());
        disk.replica = found->path;
        disk.reused = true;
    }
}

} // namespace lockstep
