// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Recovery.h"

#include "pair/ProtectFlow.h"
#include "pair/TakeoverFlow.h"
#include "replication/ImageFiles.h"
#include "replication/OverlayMerge.h"
#include "replication/PrimaryGraph.h"
#include "replication/PrimaryMigration.h"

#include <spdlog/spdlog.h>

#include <QFileInfo>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QString howToProtect(const PairRecord& record)
{
    return u"'lockstep protect %1' protects it again"_s.arg(record.domain);
}

} // namespace

Task<void> Recovery::recoverAll()
{
    const auto records = m_parts.pairs.all();
    for (const auto& record : records) {
        const auto recovered = co_await recover(record);
        if (recovered)
            continue;
        spdlog::error("pair {}: {}", record.domain.toStdString(),
                      recovered.error().message().toStdString());
        auto now = m_parts.pairs.find(record.uuid);
        if (!now)
            continue;
        now->reason = u"after a restart of lockstepd: %1; %2"_s.arg(recovered.error().message(),
                                                                    recovered.error().remedy());
        const auto shown = co_await m_parts.pairs.put(*now);
        if (!shown)
            spdlog::error("pair {}: {}", record.domain.toStdString(),
                          shown.error().message().toStdString());
    }
}

Task<Result<void>> Recovery::recover(PairRecord record)
{
    const auto domain = co_await m_parts.hypervisor.find(toString(record.uuid));
    if (!domain && domain.error().code() != Errc::UnknownDomain)
        co_return std::unexpected{domain.error()};
    const bool runs =
        domain && domain->state != DomainState::Off && domain->state != DomainState::Crashed;
    if (record.isPrimary())
        co_return co_await recoverPrimary(std::move(record), runs);
    co_return co_await recoverSecondary(std::move(record), runs);
}

Task<Result<void>> Recovery::recoverPrimary(PairRecord record, bool runs)
{
    switch (record.state) {
    case PairState::Preparing:
    case PairState::Copying:
        if (runs)
            LOCKSTEP_CO_CHECK(co_await ProtectFlow::recover(m_parts, record));
        co_return co_await m_parts.pairs.setState(
            record.uuid, runs ? PairState::Alone : PairState::Off,
            u"lockstepd stopped while it was being protected; that was undone, %1"_s.arg(
                howToProtect(record)));
    case PairState::Undoing:
        co_return runs
            ? co_await finishDetach(record)
            : co_await m_parts.pairs.setState(record.uuid, PairState::Off, u"the domain is off"_s);
    case PairState::Confirming:
    case PairState::Protected:
    case PairState::Interrupted:
        co_return co_await check(record, runs);
    case PairState::TakingOver:
    case PairState::Merging:
        co_return runs ? co_await finishTakeover(record) : co_await mergeOffline(record);
    case PairState::Off:
        if (runs)
            co_return co_await m_parts.pairs.setState(
                record.uuid, PairState::Alone,
                u"runs without a shadow; %1"_s.arg(howToProtect(record)));
        co_return {};
    case PairState::Alone:
    case PairState::Stale:
        co_return {};
    }
    co_return {};
}

Task<Result<void>> Recovery::recoverSecondary(PairRecord record, bool runs)
{
    switch (record.state) {
    case PairState::Preparing:
    case PairState::Copying:
    case PairState::Undoing:
        co_return co_await m_keeper.giveUp(record.uuid,
                                           u"lockstepd stopped while the shadow was being made"_s);
    case PairState::TakingOver:
        co_return runs ? co_await finishTakeover(record) : co_await mergeOffline(record);
    case PairState::Protected:
    case PairState::Interrupted:
        co_return co_await check(record, runs);
    default:
        co_return {};
    }
}

Task<Result<void>> Recovery::check(PairRecord record, bool runs)
{
    QString reason;
    if (!runs) {
        reason = record.isPrimary()
            ? u"the domain does not run on this host any more; %1 may have taken it over"_s.arg(
                  record.peerName)
            : u"the shadow on this host has ended; the primary on %1 can go on alone"_s.arg(
                  record.peerName);
    } else {
        const Qmp qmp{m_parts.hypervisor.monitor(record.uuid)};
        LOCKSTEP_CO_TRY(mode, co_await qmp.coloMode());
        if (mode == (record.isPrimary() ? u"primary" : u"secondary")) {
            // It was perhaps shortened for a guest that booted.
            if (record.isPrimary())
                LOCKSTEP_CO_CHECK(co_await qmp.setCheckpointDelay(checkpointDelay));
            co_return {};
        }
        reason = u"QEMU has left COLO while lockstepd was not running"_s;
    }
    co_return co_await m_parts.pairs.setState(record.uuid, PairState::Interrupted, reason);
}

Task<Result<void>> Recovery::finishTakeover(PairRecord record)
{
    LOCKSTEP_CO_TRY(job, m_parts.jobs.start(u"takeover"_s, record.uuid, record.domain, false));
    TakeoverFlow flow{m_parts, job, record};
    const auto outcome = co_await flow.run();
    m_parts.jobs.finish(job, outcome);
    co_return outcome;
}

Task<Result<void>> Recovery::finishDetach(PairRecord record)
{
    severChannels(record.spec);
    PrimaryGraph graph{m_parts.hypervisor, record.spec, m_parts.peers.ownName()};
    graph.setResume(true);
    LOCKSTEP_CO_CHECK(co_await graph.goAlone());
    Plan plan;
    graph.addSteps(plan);
    LOCKSTEP_CO_CHECK(co_await plan.undoAll());
    co_return co_await m_parts.pairs.setState(
        record.uuid, PairState::Alone, u"runs without a shadow; %1"_s.arg(howToProtect(record)));
}

Task<Result<void>> Recovery::mergeOffline(PairRecord record)
{
    // The host died between the takeover and the end of the merge. The overlays hold writes that
    // clients know of; the replica alone does not.
    for (auto& disk : record.spec.disks) {
        if (disk.active.isEmpty() || !QFileInfo::exists(disk.active))
            continue;
        LOCKSTEP_CO_CHECK(
            co_await commitOverlays({disk.active, disk.hidden, disk.replica, disk.format}));
    }
    LOCKSTEP_CO_CHECK(co_await m_parts.hypervisor.define(record.definition));
    for (auto& disk : record.spec.disks) {
        for (const auto& path : {disk.active, disk.hidden}) {
            if (!path.isEmpty())
                LOCKSTEP_CO_CHECK(co_await removeFile(QFileInfo{path}.absolutePath(), path));
        }
        disk.source = disk.replica;
        disk.replica.clear();
        disk.active.clear();
        disk.hidden.clear();
    }
    record.role = Role::Primary;
    record.state = PairState::Off;
    record.reason =
        u"this host stopped after it had taken over; the newest state is here: 'virsh start %1'"_s
            .arg(record.domain);
    co_return co_await m_parts.pairs.put(record);
}

} // namespace lockstep
