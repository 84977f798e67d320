// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Chronicle.h"
#include "pair/TimeLeft.h"
#include "pair/Views.h"

#include <QObject>

#include <map>
#include <stop_token>

namespace lockstep {

/// The jobs of this daemon's life: running ones and the last hundred ended ones. At most one works
/// on a domain at a time. Begin and end of each are events.
class JobTable final : public QObject
{
    Q_OBJECT
public:
    explicit JobTable(Chronicle& chronicle) : m_chronicle{chronicle} { }

    /// Errors: Busy if another job works on the domain.
    [[nodiscard]] Result<JobId> start(const QString& kind, const DomainUuid& uuid,
                                      const QString& domain, bool cancellable);
    /// Tells who has asked for it, in an event of its own and in that of its end.
    void attribute(const JobId& id, const QString& who);
    [[nodiscard]] std::stop_token stopToken(const JobId& id) const;
    void progress(const JobId& id, const QString& phase, double progress, Bytes done = {},
                  Bytes total = {});
    void setCancellable(const JobId& id, bool cancellable);
    void setResult(const JobId& id, const QString& name, const QJsonValue& value);
    void finish(const JobId& id, const Result<void>& outcome);

    [[nodiscard]] QList<JobView> all() const;
    [[nodiscard]] Result<JobView> find(const JobId& id) const;
    [[nodiscard]] bool isBusy(const DomainUuid& uuid) const;
    /// Errors: UnknownJob; Busy if it cannot be cancelled any more, or has ended.
    [[nodiscard]] Result<void> cancel(const JobId& id);

Q_SIGNALS:
    void changed(const lockstep::JobId& id);
    void removed(const lockstep::JobId& id);

private:
    struct Job
    {
        JobView view;
        std::stop_source stop;
        TimeLeft timeLeft;
    };
    void recordJob(const JobView& view);
    void forgetOld();

    Chronicle& m_chronicle;
    std::map<quint64, Job> m_jobs;
    quint64 m_last{0};
};

} // namespace lockstep
