// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairJob.h"

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace failover;

Result<JobId> PairJob::start(const QString& kind)
{
    auto id = m_jobs.start(kind, m_uuid, m_domain, kind == u"protect");
    if (id)
        adopt(*id, kind);
    return id;
}

void PairJob::adopt(JobId id, const QString& kind)
{
    m_id = id;
    m_kind = kind;
}

JobId PairJob::ensure(const QString& kind)
{
    if (!m_id)
        (void)start(kind); // nobody else starts jobs for this domain
    return m_id.value_or(JobId{});
}

void PairJob::progress(const QString& phase, double done)
{
    if (m_id)
        m_jobs.progress(*m_id, phase, done);
}

void PairJob::setResult(const QString& name, const QJsonValue& value)
{
    if (m_id)
        m_jobs.setResult(*m_id, name, value);
}

void PairJob::finish(const Result<void>& outcome)
{
    if (const auto id = std::exchange(m_id, std::nullopt))
        m_jobs.finish(*id, outcome);
}

std::optional<bool> PairJob::outcome(const QString& kind, const Mind& mind)
{
    const auto state = mind.state;
    if (mind.wish != Wish::Nothing || mind.work != Work::Nothing)
        return std::nullopt;
    const bool open = state == PairState::Interrupted && mind.claimed;
    const bool ended = state == PairState::Alone || state == PairState::Off;
    if (kind == u"protect") {
        if (state == PairState::Preparing || state == PairState::Copying
            || state == PairState::Confirming || state == PairState::Undoing)
            return std::nullopt;
        return state == PairState::Protected;
    }
    if (kind == u"takeover") {
        if (open || state == PairState::TakingOver || state == PairState::Merging)
            return std::nullopt;
        return mind.isPrimary() && ended;
    }
    if (kind == u"switchover") {
        if (open)
            return std::nullopt;
        if (state != PairState::Stale)
            return false;
        const bool live =
            mind.theirs.heard && mind.theirs.sole && mind.theirs.role == Role::Primary;
        return live ? std::optional{true} : std::nullopt;
    }
    if (open || state == PairState::Undoing)
        return std::nullopt;
    return ended || (kind == u"unprotect" && state == PairState::Stale) || !mind.known;
}

} // namespace lockstep
