// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/DetachFlow.h"

#include "pair/ProtectFlow.h"
#include "replication/Plan.h"
#include "replication/PrimaryGraph.h"

#include <spdlog/spdlog.h>

#include <QElapsedTimer>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// The guest's clients wait meanwhile; a host that is gone never answers.
constexpr auto releaseDeadline = 150ms;

} // namespace

DetachFlow::DetachFlow(PairParts parts, JobId job, PairRecord record, Kind kind)
    : m_parts{parts}, m_job{job}, m_record{std::move(record)}, m_kind{kind}
{ }

Task<Result<void>> DetachFlow::run()
{
    QElapsedTimer clock;
    clock.start();
    LOCKSTEP_CO_CHECK(co_await releaseShadow());
    // An undo that failed before may have left the guest paused.
    const bool again = m_record.state == PairState::Undoing;
    m_record.epoch.value += 1;
    m_record.state = PairState::Undoing;
    m_record.reason = u"going on without the shadow"_s;
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(m_record));

    m_parts.jobs.progress(m_job, u"go on alone"_s, 0.2);
    severChannels(m_record.spec);
    PrimaryGraph graph{m_parts.hypervisor, m_record.spec, m_parts.peers.ownName()};
    graph.setResume(again);
    LOCKSTEP_CO_CHECK(co_await graph.goAlone());
    m_parts.jobs.setResult(m_job, u"live-ms"_s, clock.elapsed());
    spdlog::info("pair {}: live alone {} ms after the command", m_record.domain.toStdString(),
                 clock.elapsed());

    m_parts.jobs.progress(m_job, u"make the domain plain"_s, 0.5);
    Plan plan;
    graph.addSteps(plan);
    LOCKSTEP_CO_CHECK(co_await plan.undoAll());

    m_parts.jobs.progress(m_job, u"discard the shadow"_s, 0.9);
    const auto discarded = co_await discardShadow();
    if (m_kind == Kind::Unprotect) {
        if (!discarded)
            spdlog::warn("pair {}: {}; {} discards its shadow once it is back",
                         m_record.domain.toStdString(), discarded.error().message().toStdString(),
                         m_record.peerName.toStdString());
        co_return co_await m_parts.pairs.remove(m_record.uuid);
    }
    co_return co_await m_parts.pairs.setState(
        m_record.uuid, PairState::Alone,
        u"runs without a shadow; 'lockstep protect %1' protects it again"_s.arg(m_record.domain));
}

Task<Result<void>> DetachFlow::releaseShadow()
{
    const auto peer = m_parts.peers.peer(m_record.peer);
    if (!peer || !peer->connected)
        co_return {};
    const QJsonObject request{{u"uuid"_s, toString(m_record.uuid)},
                              {u"epoch"_s, qint64(m_record.epoch.value)}};
    const auto reply =
        co_await m_parts.peers.call(m_record.peer, u"shadow.release"_s, request, releaseDeadline);
    if (reply)
        co_return {};
    // No answer is what a dead host gives: the command is the administrator's word that it is.
    if (reply.error().code() == Errc::PeerUnreachable || reply.error().code() == Errc::Timeout)
        co_return {};
    co_return std::unexpected{reply.error()};
}

Task<Result<void>> DetachFlow::discardShadow()
{
    const QJsonObject request{{u"uuid"_s, toString(m_record.uuid)},
                              {u"epoch"_s, qint64(m_record.epoch.value)}};
    const auto reply =
        co_await m_parts.peers.call(m_record.peer, u"shadow.discard"_s, request, 30s);
    if (!reply)
        co_return std::unexpected{reply.error()};
    co_return {};
}

} // namespace lockstep
