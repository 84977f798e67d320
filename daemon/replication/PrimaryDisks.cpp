// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/PrimaryDisks.h"

#include "replication/Names.h"

#include <algorithm>
#include <limits>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto pollPeriod = 50ms;
/// How long a copy may fail to come closer to its end before the guest's writes wait for it.
constexpr auto patience = 10s;

} // namespace

Task<Result<void>> PrimaryDisks::connectReplicas() const
{
    for (const auto& disk : m_spec.disks) {
        // no-flush: an fsync there would be waited for with the guest stopped, at the switchover,
        // and by every flush of the guest later. It would gain nothing: what a takeover needs of
        // the shadow's host to be on disk includes the overlays, and is flushed when they are
        // merged.
        const QJsonObject server{{u"type"_s, u"inet"_s},
                                 {u"host"_s, m_spec.secondaryAddress.toString()},
                                 {u"port"_s, QString::number(m_spec.nbdPort)}};
        const QJsonObject node{{u"driver"_s, u"nbd"_s},
                               {u"node-name"_s, names::nbdClient(disk.target)},
                               {u"server"_s, server},
                               {u"export"_s, names::diskExport(disk.target)},
                               {u"tls-creds"_s, names::clientTls},
                               {u"tls-hostname"_s, m_spec.secondaryAddress.toString()},
                               {u"cache"_s, QJsonObject{{u"no-flush"_s, true}}}};
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode(node));
    }
    co_return {};
}

Task<Result<void>> PrimaryDisks::disconnectReplicas() const
{
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeNode(names::nbdClient(disk.target)));
    co_return {};
}

Task<Result<void>> PrimaryDisks::copy(StepContext context) const
{
    for (const auto& disk : m_spec.disks) {
        LOCKSTEP_CO_CHECK(co_await m_qmp.startMirror(names::copyJob(disk.target),
                                                     names::quorum(disk.target),
                                                     names::nbdClient(disk.target)));
    }
    // The guest does not wait for the copy of its writes: while RAM is copied, the shadow's main
    // loop, which serves the copy as well, has no time for it. Only a guest that writes faster than
    // the copy catches up is made to wait.
    Bytes least{std::numeric_limits<qint64>::max()};
    auto sinceProgress = 0ms;
    for (;; sinceProgress += pollPeriod) {
        LOCKSTEP_CO_TRY(jobs, co_await m_qmp.blockJobs());
        Bytes done;
        Bytes size;
        bool ready = true;
        for (const auto& disk : m_spec.disks) {
            const auto job =
                std::ranges::find(jobs, names::copyJob(disk.target), &Qmp::BlockJob::id);
            if (job == jobs.end())
                co_return failure(
                    Errc::Refused,
                    u"the copy of disk %1 has failed; QEMU's log tells why"_s.arg(disk.target));
            if (!job->error.isEmpty())
                co_return failure(Errc::Refused,
                                  u"the copy of disk %1: %2"_s.arg(disk.target, job->error));
            done = done + job->offset;
            size = size + job->length;
            ready = ready && job->ready;
        }
        context.report(done, size);
        if (ready)
            co_return {};
        const Bytes remaining{size.value - done.value};
        if (remaining < least) {
            least = remaining;
            sinceProgress = 0ms;
        } else if (sinceProgress >= patience) {
            for (const auto& disk : m_spec.disks)
                LOCKSTEP_CO_CHECK(co_await m_qmp.makeMirrorBlocking(names::copyJob(disk.target)));
            sinceProgress = 0ms;
        }
        LOCKSTEP_CO_CHECK(co_await pause(pollPeriod, context.stop));
    }
}

Task<Result<void>> PrimaryDisks::cancelCopy() const
{
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.endJob(names::copyJob(disk.target), true));
    co_return {};
}

Task<Result<void>> PrimaryDisks::startReplication() const
{
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.endJob(names::copyJob(disk.target), false));
    for (const auto& disk : m_spec.disks) {
        // The mirror's connection serves on: opening another would cost a TLS handshake while the
        // guest is stopped.
        const QJsonObject node{{u"driver"_s, u"replication"_s},
                               {u"node-name"_s, names::replication(disk.target)},
                               {u"mode"_s, u"primary"_s},
                               {u"file"_s, names::nbdClient(disk.target)}};
        LOCKSTEP_CO_CHECK(co_await m_qmp.addNode(node));
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addChild(names::quorum(disk.target), names::replication(disk.target)));
    }
    co_return {};
}

Task<Result<void>> PrimaryDisks::stopReplication() const
{
    for (const auto& disk : m_spec.disks) {
        LOCKSTEP_CO_TRY(children, co_await m_qmp.children(names::quorum(disk.target)));
        const QString child = children.key(names::replication(disk.target));
        if (!child.isEmpty())
            LOCKSTEP_CO_CHECK(co_await m_qmp.removeChild(names::quorum(disk.target), child));
    }
    co_return {};
}

} // namespace lockstep
