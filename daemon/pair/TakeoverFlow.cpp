// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/TakeoverFlow.h"

#include "pair/Channels.h"
#include "pair/LateWrites.h"
#include "replication/ImageFiles.h"
#include "replication/OverlayMerge.h"
#include "replication/ShadowGraph.h"

#include <QFileInfo>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto mergePoll = 10ms;

}

Result<PairRecord> TakeoverFlow::record() const { return m_parts.pairs.get(m_uuid); }

void TakeoverFlow::progress(std::optional<JobId> job, const QString& phase, double done)
{
    if (job)
        m_parts.jobs.progress(*job, phase, done);
}

Task<Result<void>> TakeoverFlow::cutOff()
{
    LOCKSTEP_CO_TRY(pair, record());
    LOCKSTEP_CO_CHECK(severChannels(pair.spec));
    const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(m_uuid)}, pair.spec};
    LOCKSTEP_CO_TRY(inStep, co_await graph.isInStep());
    if (!inStep)
        co_return failure(
            Errc::NotInStep,
            u"the shadow of domain %1 here does not hold its state"_s.arg(pair.domain));
    co_return {};
}

Task<Result<void>> TakeoverFlow::goLive()
{
    LOCKSTEP_CO_TRY(pair, record());
    const auto severed = severChannels(pair.spec);
    if (!severed) // it was cut off before it was granted; what is left only takes longer
        warnAbout(pair, severed.error());
    co_await keepLateWrites(m_parts, pair);
    const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(m_uuid)}, pair.spec};
    co_return co_await graph.goLive(pair.suspended);
}

Task<Result<void>> TakeoverFlow::merge(std::optional<JobId> job, bool again)
{
    const auto domain = co_await m_parts.hypervisor.find(toString(m_uuid));
    if (!domain && domain.error().code() != Errc::UnknownDomain)
        co_return std::unexpected{domain.error()};
    const bool runs =
        domain && domain->state != DomainState::Off && domain->state != DomainState::Crashed;
    if (runs)
        LOCKSTEP_CO_CHECK(co_await mergeLive(job, again));
    else
        LOCKSTEP_CO_CHECK(co_await mergeOffline());
    progress(job, u"make the domain persistent"_s, 0.9);
    co_return co_await keep();
}

Task<Result<void>> TakeoverFlow::mergeLive(std::optional<JobId> job, bool again)
{
    LOCKSTEP_CO_TRY(pair, record());
    progress(job, u"merge the overlays"_s, 0.3);
    const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(m_uuid)}, pair.spec};
    LOCKSTEP_CO_CHECK(co_await graph.disconnect());
    for (;;) {
        LOCKSTEP_CO_TRY(merged, co_await graph.isMerged());
        if (merged)
            break;
        LOCKSTEP_CO_CHECK(co_await pause(mergePoll));
    }
    // From here on the guest writes to the replica itself: what the overlays hold is older.
    LOCKSTEP_CO_CHECK(
        co_await m_parts.pairs.update(m_uuid, [](PairRecord& record) { record.merged = true; }));
    progress(job, u"make the domain plain"_s, 0.8);
    co_return co_await graph.makePlain(again);
}

Task<Result<void>> TakeoverFlow::mergeOffline()
{
    // The host died between the takeover and the end of the merge. The overlays hold writes that
    // clients know of; the replica alone does not.
    LOCKSTEP_CO_TRY(pair, record());
    for (auto& disk : pair.spec.disks) {
        if (pair.merged || disk.active.isEmpty() || !QFileInfo::exists(disk.active))
            continue;
        LOCKSTEP_CO_CHECK(
            co_await commitOverlays({disk.active, disk.hidden, disk.replica, disk.format,
                                     QFileInfo::exists(disk.late) ? disk.late : QString{}}));
    }
    co_return {};
}

Task<Result<void>> TakeoverFlow::keep()
{
    LOCKSTEP_CO_TRY(pair, record());
    // Only now: until the merge was done, a start from the replica alone would have lost writes.
    LOCKSTEP_CO_CHECK(co_await m_parts.hypervisor.define(pair.definition));
    for (const auto& disk : pair.spec.disks) {
        const auto layers = disk.layers();
        for (const auto& path : layers)
            LOCKSTEP_CO_CHECK(co_await removeFile(QFileInfo{path}.absolutePath(), path));
    }
    co_return co_await m_parts.pairs.update(m_uuid, [](PairRecord& record) {
        record.suspended = false;
        record.merged = false;
        for (auto& disk : record.spec.disks) {
            if (!disk.replica.isEmpty())
                disk.source = disk.replica;
            disk.replica.clear();
            disk.reused = false;
            disk.forgetLayers();
        }
    });
}

} // namespace lockstep
