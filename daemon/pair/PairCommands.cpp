// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/HandOver.h"
#include "pair/PairManager.h"

namespace lockstep {

// What people can ask of a pair that is there.

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// With the checkpoint that the primary makes first.
constexpr auto handOverDeadline = 10s;
constexpr auto answerPatience = 50ms;

/// It has a shadow that is, or was, in step. Also one that is confirmed anew: a lockstepd that was
/// restarted does not know yet whether it is cut off.
bool canBeLeft(const PairRecord& record)
{
    return record.state == PairState::Protected || record.state == PairState::Interrupted
        || (record.state == PairState::Confirming && !record.sole);
}

} // namespace

Task<Result<JobId>> PairManager::takeOver(QString domain)
{
    LOCKSTEP_CO_TRY(pair, co_await pairFor(domain));
    const auto& record = pair.record;
    // Whoever has gone live and could not finish may try again.
    if (record.isPrimary() && record.state == PairState::Merging) {
        auto job = pair.driver->want(u"takeover"_s, failover::Wish::Nothing);
        if (job)
            pair.driver->hurry();
        co_return job;
    }
    if (record.isPrimary() || record.state == PairState::Stale)
        co_return failure(Errc::WrongRole,
                          u"host %1 has no shadow of domain %2 to go live: it is %3 here"_s.arg(
                              m_peers.ownName(), record.domain, toString(record.state)));
    if (record.state != PairState::Protected && record.state != PairState::Interrupted
        && record.state != PairState::TakingOver)
        co_return failure(Errc::NotInStep,
                          u"the shadow of domain %1 is %2, not in step"_s.arg(
                              record.domain, toString(record.state)));
    const auto& mind = pair.driver->mind();
    const bool primaryIsWell = record.state == PairState::Protected
        && mind.peer == failover::PeerSense::Alive && mind.theirs.qemu == failover::QemuSense::Colo;
    if (primaryIsWell)
        co_return askForHandOver(pair, true);
    co_return pair.driver->want(u"takeover"_s, failover::Wish::TakeOver);
}

Result<JobId> PairManager::askForHandOver(const Pair& pair, bool insists)
{
    const auto& record = pair.record;
    // Whichever it was asked for as, for this host it is a takeover.
    auto job =
        m_jobs.start(insists ? u"takeover"_s : u"switchover"_s, record.uuid, record.domain, false);
    if (!job)
        return job;
    pair.driver->await(*job, u"takeover"_s);
    m_tasks.add(awaitHandOver(record, insists));
    return job;
}

Task<void> PairManager::requestHandOver(PairRecord record, OneShot<Result<void>> answer)
{
    const QJsonObject request{{u"uuid"_s, toString(record.uuid)},
                              {u"epoch"_s, qint64(record.epoch.value)}};
    const auto reply = co_await m_peers.call(record.peer, u"pair.switch-over"_s, request);
    answer.complete(reply ? Result<void>{} : std::unexpected{reply.error()});
}

Task<void> PairManager::awaitHandOver(PairRecord record, bool insists)
{
    const Error late{Errc::Timeout,
                     u"%1 did not hand domain %2 over"_s.arg(record.peerName, record.domain)};
    const OneShot<Result<void>> answer;
    // Whoever wants a takeover has reasons, and a primary that is well answers at once.
    answer.expire(insists ? answerPatience : Peers::usualDeadline, std::unexpected{late});
    m_tasks.add(requestHandOver(record, answer));
    const auto asked = co_await answer;
    const bool refused = !asked && asked.error().code() != Errc::Timeout
        && asked.error().code() != Errc::PeerUnreachable;
    for (auto waited = 0ms; !refused && waited < handOverDeadline; waited += 10ms) {
        auto* const driver = m_drivers.find(record.uuid);
        if (!driver || !driver->isAwaiting())
            co_return; // it has begun
        // Where an arbiter decides, it first has to be seen that the primary does not answer.
        const bool gone = driver->mind().peer == failover::PeerSense::Gone;
        if (insists && (gone || (!asked && record.settings.arbiter == ArbiterKind::Manual))) {
            driver->insist();
            co_return;
        }
        if (gone || (!asked && !insists) || !co_await pause(10ms))
            break;
    }
    if (auto* const driver = m_drivers.find(record.uuid))
        driver->giveUpWaiting(asked ? late : asked.error());
}

Task<Result<JobId>> PairManager::switchOver(QString domain)
{
    LOCKSTEP_CO_TRY(pair, co_await pairFor(domain));
    const auto& record = pair.record;
    if (record.state != PairState::Protected)
        co_return failure(Errc::NotInStep,
                          u"the shadow of domain %1 is not in step: the pair is %2"_s.arg(
                              record.domain, toString(record.state)));
    if (!record.isPrimary())
        co_return askForHandOver(pair, false);
    auto job = m_jobs.start(u"switchover"_s, record.uuid, record.domain, false);
    if (job)
        m_tasks.add(handOver(parts(), m_drivers, *job, record));
    co_return job;
}

Task<Result<JobId>> PairManager::drain()
{
    QList<PairRecord> records;
    const auto all = m_pairs.all();
    for (const auto& record : all) {
        if (!record.isPrimary() || record.state == PairState::Stale
            || record.state == PairState::Off)
            continue;
        if (record.state != PairState::Protected)
            co_return failure(Errc::NotInStep,
                              u"the shadow of domain %1 is not in step: the pair is %2"_s.arg(
                                  record.domain, toString(record.state)));
        records.append(record);
    }
    LOCKSTEP_CO_TRY(job, m_jobs.start(u"drain"_s, {}, m_peers.ownName(), true));
    m_tasks.add(runDrain(job, records));
    co_return job;
}

Task<void> PairManager::runDrain(JobId job, QList<PairRecord> records)
{
    const auto stop = m_jobs.stopToken(job);
    Result<void> outcome;
    qsizetype done = 0;
    for (const auto& record : std::as_const(records)) {
        if (stop.stop_requested()) {
            outcome = failure(Errc::Cancelled, u"cancelled"_s);
            break;
        }
        m_jobs.progress(job, u"switch domain %1 over to %2"_s.arg(record.domain, record.peerName),
                        double(done) / double(records.size()));
        outcome = co_await drainOne(record);
        if (!outcome)
            break;
        ++done;
    }
    m_jobs.setResult(job, u"switched-over"_s, done);
    if (!outcome)
        outcome = std::unexpected{outcome.error().during(
            u"%1 of %2 domains were switched over"_s.arg(done).arg(records.size()))};
    m_jobs.finish(job, outcome);
}

Task<Result<void>> PairManager::drainOne(PairRecord record)
{
    LOCKSTEP_CO_TRY(job, co_await switchOver(toString(record.uuid)));
    for (;;) {
        LOCKSTEP_CO_TRY(view, m_jobs.find(job));
        if (view.state == JobState::Done)
            co_return {};
        if (view.state != JobState::Running)
            co_return std::unexpected{view.error.value_or(Error{Errc::Cancelled, u"cancelled"_s})
                                          .during(u"domain %1"_s.arg(record.domain))};
        LOCKSTEP_CO_CHECK(co_await pause(20ms));
    }
}

Task<Result<JobId>> PairManager::continueAlone(QString domain, bool force)
{
    LOCKSTEP_CO_TRY(pair, co_await pairFor(domain));
    const auto& record = pair.record;
    if (!record.isPrimary()) {
        co_return failure(Errc::WrongRole,
                          u"host %1 holds the shadow of domain %2; the primary is on %3"_s.arg(
                              m_peers.ownName(), record.domain, record.peerName));
    }
    if (record.state == PairState::Undoing) {
        auto job = pair.driver->want(u"continue-alone"_s, failover::Wish::Nothing);
        if (job)
            pair.driver->hurry();
        co_return job;
    }
    const bool undecided = record.state == PairState::Off && !record.sole && force;
    if (!canBeLeft(record) && !undecided)
        co_return failure(Errc::NotProtected,
                          u"domain %1 is %2; there is no shadow to leave"_s.arg(
                              record.domain, toString(record.state)));
    LOCKSTEP_CO_CHECK(co_await stayAlone(record.uuid));
    co_return pair.driver->want(u"continue-alone"_s,
                                force ? failover::Wish::OwnAlone : failover::Wish::GoAlone);
}

Task<Result<void>> PairManager::setSettings(QString domain, SettingsChange change)
{
    LOCKSTEP_CO_TRY(pair, co_await pairFor(domain));
    co_return co_await m_settings.change(pair.record.uuid, change);
}

Task<Result<void>> PairManager::stayAlone(DomainUuid uuid)
{
    LOCKSTEP_CO_CHECK(co_await m_pairs.update(
        uuid, [](PairRecord& record) { record.settings.autoProtect = false; }));
    const auto record = m_pairs.find(uuid);
    if (auto* const driver = m_drivers.find(uuid); driver && record)
        driver->setSettings(record->settings);
    co_return {};
}

Task<Result<void>> PairManager::checkForgettable(PairRecord record)
{
    // Forgotten, the domain could be started from a disk on which a copy has only begun.
    const auto disk = std::ranges::find_if(record.spec.disks, &DiskSpec::reused);
    if (disk == record.spec.disks.end())
        co_return {};
    const auto domain = co_await m_hypervisor.find(toString(record.uuid));
    if (!domain && domain.error().code() == Errc::UnknownDomain)
        co_return {};
    co_return failure(
        Errc::NotInStep,
        u"%1 of domain %2 was to become a replica, and is neither its old self nor one"_s.arg(
            disk->replica, record.domain),
        u"Protect it again on %1, or remove it here: virsh undefine %2, then lockstep unprotect %2."_s
            .arg(record.peerName, record.domain));
}

Task<Result<JobId>> PairManager::unprotect(QString domain)
{
    LOCKSTEP_CO_TRY(pair, co_await pairFor(domain));
    const auto& record = pair.record;
    const bool live = canBeLeft(record) || record.state == PairState::Undoing;
    if (live && !record.isPrimary()) {
        co_return failure(Errc::WrongRole,
                          u"host %1 holds the shadow of domain %2; unprotect it on %3"_s.arg(
                              m_peers.ownName(), record.domain, record.peerName));
    }
    if (!live && record.isEngaged())
        co_return failure(Errc::Busy,
                          u"domain %1 is %2"_s.arg(record.domain, toString(record.state)));
    if (record.state == PairState::Stale && !record.isPrimary())
        LOCKSTEP_CO_CHECK(co_await checkForgettable(record));
    LOCKSTEP_CO_CHECK(co_await stayAlone(record.uuid));
    auto job = pair.driver->want(
        u"unprotect"_s, canBeLeft(record) ? failover::Wish::GoAlone : failover::Wish::Nothing,
        true);
    if (job && record.state == PairState::Undoing)
        pair.driver->hurry();
    co_return job;
}

} // namespace lockstep
