// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/DetachFlow.h"

#include "pair/Channels.h"
#include "replication/Plan.h"
#include "replication/PrimaryGraph.h"

#include <QTimer>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// A main loop that waits for a replica itself (docs/qemu.md, trap 22) does not turn filters off
/// before that connection is cut; one that does not wait needs a few milliseconds.
constexpr auto filterPatience = 50ms;

} // namespace

Task<Result<void>> DetachFlow::run(std::optional<JobId> job, bool resume,
                                   std::function<void()> live)
{
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_uuid));
    if (job)
        m_parts.jobs.progress(*job, u"go on alone"_s, 0.2);
    PrimaryGraph graph{m_parts.hypervisor, record.spec, m_parts.peers.ownName()};
    graph.setResume(resume);
    LOCKSTEP_CO_CHECK(co_await letOut(record, graph));
    LOCKSTEP_CO_CHECK(co_await graph.goAlone());
    live();
    if (job)
        m_parts.jobs.progress(*job, u"make the domain plain"_s, 0.5);
    Plan plan;
    graph.addSteps(plan);
    co_return co_await plan.undoAll();
}

Task<Result<void>> DetachFlow::letOut(const PairRecord& record, PrimaryGraph& graph)
{
    const auto warn = [&](const Result<void>& severed) {
        if (!severed)
            warnAbout(record, severed.error());
    };
    warn(severAllButReplicas(record.spec));
    QTimer patience;
    patience.setSingleShot(true);
    QObject::connect(&patience, &QTimer::timeout, &patience,
                     [&] { warn(severChannels(record.spec)); });
    patience.start(filterPatience);
    const auto stopped = co_await graph.stopHolding();
    patience.stop();
    warn(severChannels(record.spec));
    co_return stopped;
}

} // namespace lockstep
