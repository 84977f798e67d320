// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/TakeoverFlow.h"

#include "pair/ProtectFlow.h"
#include "pair/ShadowBuild.h"
#include "replication/ImageFiles.h"
#include "replication/ShadowGraph.h"

#include <spdlog/spdlog.h>

#include <QElapsedTimer>
#include <QFileInfo>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A primary that is alive answers within this; clients of a dead one wait meanwhile. If it lives
// and does not answer, it still cannot send output: it has lost its shadow and waits to be told.
constexpr auto stopDeadline = 50ms;

} // namespace

TakeoverFlow::TakeoverFlow(PairParts parts, JobId job, PairRecord record)
    : m_parts{parts}, m_job{job}, m_record{std::move(record)},
      m_again{m_record.state == PairState::Merging}
{ }

Task<Result<void>> TakeoverFlow::run()
{
    if (!m_again)
        LOCKSTEP_CO_CHECK(co_await goLive());
    const auto settled = co_await settle();
    if (!settled) {
        m_record.reason =
            u"live here, but not plain yet: %1; 'lockstep takeover %2' tries again"_s.arg(
                settled.error().message(), m_record.domain);
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(m_record));
    }
    co_return settled;
}

Task<Result<void>> TakeoverFlow::settle()
{
    LOCKSTEP_CO_CHECK(co_await merge());
    co_return co_await keep();
}

Task<Result<void>> TakeoverFlow::stopPrimary()
{
    const auto peer = m_parts.peers.peer(m_record.peer);
    if (!peer || !peer->connected)
        co_return {};
    const QJsonObject request{{u"uuid"_s, toString(m_record.uuid)},
                              {u"epoch"_s, qint64(m_record.epoch.value)}};
    const auto reply =
        co_await m_parts.peers.call(m_record.peer, u"primary.yield"_s, request, stopDeadline);
    if (reply || reply.error().code() == Errc::PeerUnreachable
        || reply.error().code() == Errc::Timeout)
        co_return {};
    co_return std::unexpected{reply.error()};
}

Task<Result<void>> TakeoverFlow::goLive()
{
    QElapsedTimer clock;
    clock.start();
    const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(m_record.uuid)}, m_record.spec};
    if (m_record.state != PairState::TakingOver) {
        LOCKSTEP_CO_TRY(inStep, co_await graph.isInStep());
        if (!inStep) {
            co_return failure(
                Errc::NotInStep,
                u"the shadow of domain %1 here does not hold its state"_s.arg(m_record.domain));
        }
        LOCKSTEP_CO_CHECK(co_await stopPrimary());
        m_record.epoch.value += 1;
        m_record.state = PairState::TakingOver;
        m_record.reason = u"the shadow goes live"_s;
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(m_record));
    }
    m_parts.jobs.progress(m_job, u"go live"_s, 0.1);
    severChannels(m_record.spec);
    LOCKSTEP_CO_CHECK(co_await graph.goLive());
    m_parts.jobs.setResult(m_job, u"live-ms"_s, clock.elapsed());
    spdlog::info("pair {}: live {} ms after the command", m_record.domain.toStdString(),
                 clock.elapsed());
    m_record.role = Role::Primary;
    m_record.state = PairState::Merging;
    m_record.reason = u"live here; the disks' overlays are being merged"_s;
    co_return co_await m_parts.pairs.put(m_record);
}

Task<Result<void>> TakeoverFlow::merge()
{
    m_parts.jobs.progress(m_job, u"merge the overlays"_s, 0.3);
    const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(m_record.uuid)}, m_record.spec};
    LOCKSTEP_CO_CHECK(co_await graph.disconnect());
    for (;;) {
        LOCKSTEP_CO_TRY(merged, co_await graph.isMerged());
        if (merged)
            break;
        LOCKSTEP_CO_CHECK(co_await pause(100ms));
    }
    m_parts.jobs.progress(m_job, u"make the domain plain"_s, 0.8);
    co_return co_await graph.makePlain(m_again);
}

Task<Result<void>> TakeoverFlow::keep()
{
    m_parts.jobs.progress(m_job, u"make the domain persistent"_s, 0.9);
    // Only now: until the merge was done, a start from the replica alone would have lost writes.
    LOCKSTEP_CO_CHECK(co_await m_parts.hypervisor.define(m_record.definition));
    for (auto& disk : m_record.spec.disks) {
        for (const auto& path : {disk.active, disk.hidden})
            LOCKSTEP_CO_CHECK(co_await removeFile(QFileInfo{path}.absolutePath(), path));
        disk.source = disk.replica;
        disk.replica.clear();
        disk.active.clear();
        disk.hidden.clear();
    }
    m_record.state = PairState::Alone;
    m_record.reason =
        u"taken over; 'lockstep protect %1' gives it a shadow again"_s.arg(m_record.domain);
    co_return co_await m_parts.pairs.put(m_record);
}

} // namespace lockstep
