// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/JobTable.h"
#include "pair/Mind.h"

namespace lockstep {

/// The job that shows what is being done with a pair, whether somebody asked for it or the pair did
/// it by itself.
class PairJob final
{
public:
    PairJob(JobTable& jobs, DomainUuid uuid, QString domain)
        : m_jobs{jobs}, m_uuid{uuid}, m_domain{std::move(domain)}
    { }

    /// Errors: Busy.
    [[nodiscard]] Result<JobId> start(const QString& kind);
    /// Takes up a job that is there already.
    void adopt(JobId id, const QString& kind);
    /// The one that runs, or a new one.
    [[nodiscard]] JobId ensure(const QString& kind);
    [[nodiscard]] std::optional<JobId> id() const { return m_id; }
    [[nodiscard]] const QString& kind() const { return m_kind; }
    void progress(const QString& phase, double done);
    void setResult(const QString& name, const QJsonValue& value);
    void finish(const Result<void>& outcome);

    /// Whether the job has come to its end with the pair like this: it has done what it is for, or
    /// it has not. Nothing while it goes on.
    [[nodiscard]] static std::optional<bool> outcome(const QString& kind,
                                                     const failover::Mind& mind);

private:
    JobTable& m_jobs;
    DomainUuid m_uuid;
    QString m_domain;
    std::optional<JobId> m_id;
    QString m_kind;
};

} // namespace lockstep
