// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/DiskCopy.h"

#include "hypervisor/QemuTraits.h"
#include "replication/ChangeMaps.h"
#include "replication/CopyPace.h"
#include "replication/Names.h"
#include "replication/PrimaryDisks.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto pollPeriod = 50ms;
/// How long a copy may fail to come closer to its end before it is not held back any more, and
/// then before the guest's writes wait for it.
constexpr auto patience = 10s;

std::unexpected<Error> copyFailed(const QString& target, const QString& why)
{
    return failure(Errc::Refused,
                   why.isEmpty()
                       ? u"the copy of disk %1 has failed; QEMU's log tells why"_s.arg(target)
                       : u"the copy of disk %1: %2"_s.arg(target, why));
}

std::unexpected<Error> writeFailed(const QString& domain, const QString& why)
{
    return failure(
        Errc::Refused,
        u"what has changed on the disks of domain %1 could not be written to its replica: %2"_s.arg(
            domain, why),
        u"See to the disk of the other host, e.g. make room, and protect the domain again."_s);
}

/// Turns what was counted since QEMU began into what happened since the last call.
class Windows final
{
public:
    [[nodiscard]] CopyPace::Seen since(const Qmp::DiskUse& use, Bytes done)
    {
        const auto before = std::exchange(m_use, use);
        const auto copied = std::exchange(m_done, done);
        if (std::exchange(m_first, false))
            return {};
        return {.requests = use.requests - before.requests,
                .waited = use.waited - before.waited,
                .copied = {std::max<qint64>(0, done.value - copied.value)}};
    }

private:
    Qmp::DiskUse m_use;
    Bytes m_done;
    bool m_first{true};
};

} // namespace

QString DiskCopy::jobOf(const DiskSpec& disk) const
{
    return isPartial() ? names::changesJob(disk.target) : names::copyJob(disk.target);
}

Task<Result<void>> DiskCopy::follow() const
{
    if (!isPartial())
        co_return {};
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.startMirror({.job = names::copyJob(disk.target),
                                                      .from = disk.node,
                                                      .to = names::nbdClient(disk.target),
                                                      .filter = names::follower(disk.target),
                                                      .onlyNew = true,
                                                      .targetIsZero = false,
                                                      .speed = {}}));
    co_return {};
}

Task<Result<void>> DiskCopy::mirrorAll(Bytes speed) const
{
    const auto traits = traitsOf(m_spec);
    const bool canTell = traits && traits->targetIsZero;
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.startMirror({.job = names::copyJob(disk.target),
                                                      .from = names::quorum(disk.target),
                                                      .to = names::nbdClient(disk.target),
                                                      .filter = {},
                                                      .onlyNew = false,
                                                      // An image that was there before is not.
                                                      .targetIsZero = canTell && !disk.reused,
                                                      .speed = share(speed)}));
    co_return {};
}

Task<Result<void>> DiskCopy::backUpChanges(Bytes speed) const
{
    LOCKSTEP_CO_TRY(kept, co_await ChangeMaps(m_qmp, m_spec.disks).generations(m_spec.base));
    if (kept.isEmpty())
        co_return failure(
            Errc::Refused,
            u"QEMU has lost its note of what has changed on the disks of domain %1"_s.arg(
                m_spec.domain),
            u"Protect the domain again: its disks are then copied wholly."_s);
    // A backup has the guest's write fail if it cannot copy first what that goes to, as when the
    // other host is lost. So it gets no error; whoever asks does.
    const PrimaryDisks connections{m_qmp, m_spec};
    for (const auto& disk : m_spec.disks) {
        LOCKSTEP_CO_CHECK(co_await connections.connect(disk, names::nbdChanges(disk.target)));
        LOCKSTEP_CO_CHECK(co_await connections.forward(names::latch(disk.target),
                                                       names::nbdChanges(disk.target)));
    }
    LOCKSTEP_CO_CHECK(co_await m_qmp.startReplicating());
    for (const auto& disk : m_spec.disks) {
        const QString quorum = names::quorum(disk.target);
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.addBitmap(quorum, names::copiedChanges, ChangeMaps::granularity, false));
        LOCKSTEP_CO_CHECK(
            co_await m_qmp.mergeBitmap(quorum, names::copiedChanges, disk.node,
                                       names::changes(m_spec.base, kept.constFirst())));
        LOCKSTEP_CO_CHECK(co_await m_qmp.startBackup({.job = names::changesJob(disk.target),
                                                      .from = quorum,
                                                      .to = names::latch(disk.target),
                                                      .filter = names::saver(disk.target),
                                                      .bitmap = names::copiedChanges,
                                                      .speed = share(speed)}));
    }
    co_return {};
}

Task<Result<DiskCopy::Progress>> DiskCopy::progress() const
{
    LOCKSTEP_CO_TRY(jobs, co_await m_qmp.blockJobs());
    Progress all;
    for (const auto& disk : m_spec.disks) {
        const auto mirror =
            std::ranges::find(jobs, names::copyJob(disk.target), &Qmp::BlockJob::id);
        const auto job = std::ranges::find(jobs, jobOf(disk), &Qmp::BlockJob::id);
        if (mirror == jobs.end() || job == jobs.end())
            co_return copyFailed(disk.target, {});
        // A mirror does not end by itself, whichever of both copies.
        if (mirror->concluded || !mirror->error.isEmpty() || !job->error.isEmpty())
            co_return copyFailed(disk.target, mirror->error.isEmpty() ? job->error : mirror->error);
        all.done = all.done + job->offset;
        all.size = all.size + job->length;
        // One that is not ready would be broken off at the end, not brought up to date.
        all.complete = all.complete && mirror->ready && (!isPartial() || job->concluded);
    }
    if (!isPartial())
        co_return all;
    // After the jobs: of one that is concluded no write is under way any more.
    LOCKSTEP_CO_TRY(lost, co_await m_qmp.replicationError());
    if (!lost.isEmpty())
        co_return writeFailed(m_spec.domain, lost);
    co_return all;
}

Bytes DiskCopy::share(Bytes perSecond) const
{
    const auto disks = std::max<qint64>(1, m_spec.disks.size());
    return perSecond.value == 0 ? Bytes{} : Bytes{std::max<qint64>(1, perSecond.value / disks)};
}

Task<Result<void>> DiskCopy::setSpeed(Bytes perSecond) const
{
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.setJobSpeed(jobOf(disk), share(perSecond)));
    co_return {};
}

Task<Result<void>> DiskCopy::run(StepContext context, Limit limit) const
{
    Bytes speed = limit ? limit() : Bytes{};
    if (isPartial())
        LOCKSTEP_CO_CHECK(co_await backUpChanges(speed));
    else
        LOCKSTEP_CO_CHECK(co_await mirrorAll(speed));
    // The guest does not wait for the copy of its writes: while RAM is copied, the shadow's main
    // loop, which serves the copy as well, has no time for it. Only a guest that writes faster than
    // the copy catches up is made to wait.
    QStringList aliases;
    for (const auto& disk : m_spec.disks)
        aliases += disk.alias;
    CopyPace pace;
    Windows windows;
    Bytes least{std::numeric_limits<qint64>::max()};
    auto sinceProgress = 0ms;
    for (auto waited = 0ms;; waited += pollPeriod, sinceProgress += pollPeriod) {
        LOCKSTEP_CO_TRY(now, co_await progress());
        context.report(now.done, now.size);
        if (now.complete)
            co_return co_await settle();
        if (waited % CopyPace::window == 0ms) {
            LOCKSTEP_CO_TRY(use, co_await m_qmp.diskUse(aliases));
            const Bytes set = limit ? limit() : Bytes{};
            const Bytes adapted = pace.next(windows.since(use, now.done));
            const Bytes wanted = pace.hurries() || set.value == 0 ? adapted : set;
            if (std::exchange(speed, wanted) != wanted)
                LOCKSTEP_CO_CHECK(co_await setSpeed(wanted));
        }
        const Bytes remaining{now.size.value - now.done.value};
        if (remaining < least) {
            least = remaining;
            sinceProgress = 0ms;
        } else if (sinceProgress >= patience) {
            sinceProgress = 0ms;
            if (pace.hurries() && !isPartial()) {
                for (const auto& disk : m_spec.disks)
                    LOCKSTEP_CO_CHECK(
                        co_await m_qmp.makeMirrorBlocking(names::copyJob(disk.target)));
            }
            pace.hurry();
        }
        LOCKSTEP_CO_CHECK(co_await pause(pollPeriod, context.stop));
    }
}

Task<Result<void>> DiskCopy::settle() const
{
    if (isPartial())
        co_return co_await endChanges();
    co_return co_await setSpeed({});
}

Task<Result<void>> DiskCopy::endChanges() const
{
    LOCKSTEP_CO_TRY(nodes, co_await m_qmp.nodes());
    for (const auto& disk : m_spec.disks) {
        LOCKSTEP_CO_CHECK(co_await m_qmp.endJob(names::changesJob(disk.target), true));
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeNode(names::latch(disk.target)));
        LOCKSTEP_CO_CHECK(co_await m_qmp.removeNode(names::nbdChanges(disk.target)));
        if (nodes.contains(names::quorum(disk.target)))
            LOCKSTEP_CO_CHECK(
                co_await m_qmp.removeBitmap(names::quorum(disk.target), names::copiedChanges));
    }
    co_return {};
}

Task<Result<void>> DiskCopy::cancel() const
{
    // Whatever the plan was: a daemon that was restarted, or another spec, may have begun it.
    LOCKSTEP_CO_CHECK(co_await endChanges());
    for (const auto& disk : m_spec.disks)
        LOCKSTEP_CO_CHECK(co_await m_qmp.endJob(names::copyJob(disk.target), true));
    co_return {};
}

Task<Result<void>> DiskCopy::finish() const
{
    // One that has ended since, for whatever reason, has left a replica that is not equal any more.
    LOCKSTEP_CO_TRY(jobs, co_await m_qmp.blockJobs());
    for (const auto& disk : m_spec.disks) {
        const auto job = std::ranges::find(jobs, names::copyJob(disk.target), &Qmp::BlockJob::id);
        if (job == jobs.end() || job->concluded || !job->error.isEmpty())
            co_return copyFailed(disk.target, job == jobs.end() ? QString{} : job->error);
    }
    for (const auto& disk : m_spec.disks) {
        // It may fail with the last of what it has to copy, too.
        const auto ended = co_await m_qmp.endJob(names::copyJob(disk.target), false);
        if (!ended)
            co_return std::unexpected{
                ended.error().during(u"the copy of disk %1"_s.arg(disk.target))};
    }
    co_return {};
}

} // namespace lockstep
