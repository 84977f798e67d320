// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/HandOver.h"

#include "replication/CheckpointWatch.h"

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto checkpointDeadline = 5s;

Task<Result<void>> makeEqual(PairParts parts, PairRecord record)
{
    if (record.suspended)
        co_return {};
    parts.statistics.asked(record.uuid, CheckpointReason::Request);
    co_return co_await makeCheckpoint(parts.hypervisor, record.uuid, {}, checkpointDeadline);
}

} // namespace

Task<void> handOver(PairParts parts, PairDrivers& drivers, JobId job, PairRecord record)
{
    parts.jobs.progress(job, u"make a checkpoint"_s, 0.1);
    const auto equal = co_await makeEqual(parts, record);
    auto* const driver = drivers.find(record.uuid);
    if (!equal)
        parts.jobs.finish(job, std::unexpected{equal.error().during(u"making a checkpoint"_s)});
    else if (!driver)
        parts.jobs.finish(job, failure(Errc::Cancelled, u"the pair was removed meanwhile"_s));
    else
        driver->want(job, u"switchover"_s, failover::Wish::HandOver);
}

} // namespace lockstep
