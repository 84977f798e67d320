// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/DetachFlow.h"

#include "pair/Channels.h"
#include "replication/Plan.h"
#include "replication/PrimaryGraph.h"

namespace lockstep {

using namespace Qt::StringLiterals;

Task<Result<void>> DetachFlow::run(std::optional<JobId> job, bool resume,
                                   std::function<void()> live)
{
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_uuid));
    if (job)
        m_parts.jobs.progress(*job, u"go on alone"_s, 0.2);
    const auto severed = severChannels(record.spec);
    if (!severed)
        warnAbout(record, severed.error());
    PrimaryGraph graph{m_parts.hypervisor, record.spec, m_parts.peers.ownName()};
    graph.setResume(resume);
    LOCKSTEP_CO_CHECK(co_await graph.goAlone());
    live();
    if (job)
        m_parts.jobs.progress(*job, u"make the domain plain"_s, 0.5);
    Plan plan;
    graph.addSteps(plan);
    co_return co_await plan.undoAll();
}

} // namespace lockstep
