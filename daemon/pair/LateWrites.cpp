// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/LateWrites.h"

#include "pair/Channels.h"
#include "pair/Chronicle.h"
#include "pair/RecordEvent.h"
#include "replication/ImageFiles.h"
#include "replication/ShadowGraph.h"

#include <QFileInfo>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

void tell(const PairParts& parts, const PairRecord& record, Severity severity, const QString& text)
{
    PairEvent event = eventOf(record, EventKind::Fault);
    event.severity = severity;
    event.text = text;
    parts.chronicle.record(std::move(event));
}

} // namespace

Task<void> keepLateWrites(PairParts parts, PairRecord record)
{
    const ShadowGraph graph{Qmp{parts.hypervisor.monitor(record.uuid)}, record.spec};
    const auto kept = co_await graph.keepLateWrites();
    if (kept)
        co_return;
    warnAbout(record, kept.error().during(u"keeping what the guest writes twice"_s));
    for (const auto& disk : record.spec.disks)
        co_await dropLateWrites(parts, record, disk.target);
}

Task<void> dropLateWrites(PairParts parts, PairRecord record, QString target)
{
    const auto disk = std::ranges::find(record.spec.disks, target, &DiskSpec::target);
    if (disk == record.spec.disks.end() || disk->late.isEmpty())
        co_return;
    tell(
        parts, record, Severity::Warning,
        u"what the guest writes to %1 is not kept twice; until its disks are merged, see that this host does not lose power"_s
            .arg(target));
    // The file first: whatever becomes of QEMU, it must not be merged.
    const auto removed = co_await removeFile(QFileInfo{disk->late}.absolutePath(), disk->late);
    if (!removed)
        warnAbout(record, removed.error());
    const ShadowGraph graph{Qmp{parts.hypervisor.monitor(record.uuid)}, record.spec};
    const auto dropped = co_await graph.dropLateWrites(target);
    if (!dropped)
        warnAbout(record, dropped.error());
}

Task<void> stopForLateWrites(PairParts parts, PairRecord record, QString node)
{
    const auto stopped = co_await Qmp{parts.hypervisor.monitor(record.uuid)}.stop();
    tell(
        parts, record, Severity::Error,
        u"%1 could not be written, so the guest %2; nothing is lost: see to the disk, e.g. make room, then run 'virsh destroy %3', wait until 'lockstep list' shows that it is off, and start it"_s
            .arg(node, stopped ? u"was stopped"_s : u"had to be stopped, which failed"_s,
                 record.domain));
}

} // namespace lockstep
