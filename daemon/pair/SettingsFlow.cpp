// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/SettingsFlow.h"

#include "pair/ChangeText.h"
#include "pair/Modes.h"
#include "replication/CheckpointWatch.h"
#include "replication/PrimaryMigration.h"
#include "replication/PrimaryNetwork.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A peer that lives answers at once; somebody waits for this.
constexpr auto answerDeadline = 5s;
constexpr auto checkpointDeadline = 10s;

/// It has a shadow, and what this host says of it counts.
bool isLed(const PairRecord& record)
{
    return record.isPrimary() && record.state == PairState::Protected;
}

/// Whether nothing but how fast memory and disks may be copied differs.
bool areEqualButForLimits(PairSettings left, const PairSettings& right)
{
    left.transfer.bandwidth = right.transfer.bandwidth;
    left.copySpeed = right.copySpeed;
    return left == right;
}

std::unexpected<Error> suspended(const PairRecord& record)
{
    return failure(
        Errc::Busy,
        u"domain %1 is suspended: its mode is changed while it runs"_s.arg(record.domain),
        u"Run 'virsh resume %1' first."_s.arg(record.domain));
}

Task<Result<void>> saveAndUse(PairParts parts, PairDrivers& drivers, PairRecord before,
                              PairSettings settings, QString why = {})
{
    const auto uuid = before.uuid;
    LOCKSTEP_CO_CHECK(co_await parts.pairs.update(uuid, [before, settings](PairRecord& now) {
        // A failover in between has its own view of who may say this.
        if (now.role == before.role && now.settings.arbiter == settings.arbiter)
            now.settings = settings;
    }));
    LOCKSTEP_CO_TRY(now, parts.pairs.get(uuid));
    if (now.settings != settings)
        co_return failure(Errc::Busy, u"domain %1 failed over meanwhile"_s.arg(now.domain),
                          u"Look at it with 'lockstep show %1', then try again."_s.arg(now.domain));
    if (auto* const driver = drivers.find(uuid)) {
        driver->setSettings(now.settings);
        // While a shadow is being made nothing is decided by what may be set then.
        if (now.state != PairState::Copying)
            driver->reconsider();
    }
    parts.chronicle.record(changeEvent(now, before.settings, why));
    co_return {};
}

} // namespace

Task<Result<void>> SettingsFlow::change(DomainUuid uuid, SettingsChange change)
{
    if (!m_changing.insert(uuid).second)
        co_return failure(Errc::Busy, u"somebody else changes settings of that domain just now"_s,
                          u"Try again in some seconds."_s);
    const auto changed = co_await changeNow(uuid, change);
    m_changing.erase(uuid);
    co_return changed;
}

Task<Result<void>> SettingsFlow::changeNow(DomainUuid uuid, SettingsChange change)
{
    const auto turn = co_await m_turns.take(uuid);
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(uuid));
    LOCKSTEP_CO_TRY(wanted, withChange(record.settings, change, m_parts.arbiters));
    LOCKSTEP_CO_CHECK(mayChange(record, wanted));
    const auto changed = co_await changeTo(record, wanted);
    if (const auto now = m_parts.pairs.find(uuid); !changed && now && isLed(*now))
        (void)co_await bringInLine(*now);
    co_return changed;
}

Task<Result<void>> SettingsFlow::applyChoice(DomainUuid uuid, Choice choice, QString why)
{
    const auto turn = co_await m_turns.take(uuid);
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(uuid));
    LOCKSTEP_CO_CHECK(mayPick(record));
    PairSettings wanted = record.settings;
    wanted.protocol.mode = choice.mode;
    wanted.protocol.period = choice.period;
    wanted.obeyLimits(); // they may have changed since it was picked
    if (wanted == record.settings)
        co_return {};
    const auto picked = co_await pick(record, wanted, why);
    if (const auto now = m_parts.pairs.find(uuid); !picked && now && isLed(*now))
        (void)co_await bringInLine(*now);
    co_return picked;
}

/// As changeTo(), but what somebody else has saved meanwhile stays, e.g. that it goes on alone.
Task<Result<void>> SettingsFlow::pick(PairRecord before, PairSettings wanted, QString why)
{
    PairRecord after = before;
    after.settings = wanted;
    LOCKSTEP_CO_CHECK(co_await bringInLine(after, why));
    bool isSaved = false;
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.update(before.uuid, [&](PairRecord& now) {
        isSaved = isLed(now) && now.settings.governing == wanted.governing;
        if (isSaved)
            now.settings.protocol = wanted.protocol;
    }));
    if (!isSaved)
        co_return failure(Errc::Busy, u"domain %1 failed over meanwhile"_s.arg(before.domain));
    LOCKSTEP_CO_TRY(now, m_parts.pairs.get(before.uuid));
    if (auto* const driver = m_drivers.find(before.uuid))
        driver->setSettings(now.settings);
    PairSettings old = now.settings;
    old.protocol = before.settings.protocol;
    m_parts.chronicle.record(changeEvent(now, old, why));
    co_return {};
}

Task<Result<void>> SettingsFlow::bringBack(DomainUuid uuid)
{
    const auto turn = co_await m_turns.take(uuid);
    // As it is by now: nothing older may be said after a change.
    const auto record = m_parts.pairs.find(uuid);
    if (!record || !isLed(*record))
        co_return {};
    co_return co_await bringInLine(*record);
}

/// Saves last: whatever ends this on the way, what is saved is come back to.
Task<Result<void>> SettingsFlow::changeTo(PairRecord before, PairSettings wanted)
{
    PairRecord after = before;
    after.settings = wanted;
    if (before.state == PairState::Copying)
        co_return co_await changeWhileCopying(before, wanted);
    if (isLed(before)) {
        const bool isForQemu = wanted.protocol != before.settings.protocol
            || wanted.transfer.bandwidth != before.settings.transfer.bandwidth;
        // Also if all is the same: a QEMU may not have followed the last time.
        if (wanted == before.settings || isForQemu)
            LOCKSTEP_CO_CHECK(co_await bringInLine(after));
        else
            LOCKSTEP_CO_CHECK(co_await tell(after));
    }
    if (wanted == before.settings)
        co_return {};
    co_return co_await saveAndUse(m_parts, m_drivers, before, wanted);
}

/// Saves before QEMU is told: whoever configures the migration meanwhile goes by what is saved.
Task<Result<void>> SettingsFlow::changeWhileCopying(PairRecord before, PairSettings wanted)
{
    if (wanted != before.settings) {
        PairRecord after = before;
        after.settings = wanted;
        LOCKSTEP_CO_CHECK(co_await tell(after));
        LOCKSTEP_CO_CHECK(co_await saveAndUse(m_parts, m_drivers, before, wanted));
    }
    // The copy of disks asks for what is saved.
    if (wanted.copySpeed != before.settings.copySpeed
        && wanted.transfer == before.settings.transfer)
        co_return {};
    LOCKSTEP_CO_TRY(now, m_parts.pairs.get(before.uuid));
    if (now.state != PairState::Copying && !isLed(now))
        co_return {}; // it is being taken back, and what QEMU was told with it
    const PrimaryMigration migration{Qmp{m_parts.hypervisor.monitor(now.uuid)}, now.spec};
    co_return co_await migration.setBandwidth(wanted.transfer.bandwidth);
}

Task<Result<void>> SettingsFlow::bringInLine(PairRecord record, QString why)
{
    const PrimaryNetwork network{Qmp{m_parts.hypervisor.monitor(record.uuid)}, record.spec,
                                 record.settings.protocol};
    LOCKSTEP_CO_TRY(mirrors, co_await network.isMirroring());
    if (record.settings.protocol.compares()) {
        LOCKSTEP_CO_CHECK(co_await followSettings(m_parts, record));
        // For the requests that were not mirrored.
        if (!mirrors)
            LOCKSTEP_CO_CHECK(co_await catchUp(record));
        co_return co_await tell(record, why);
    }
    LOCKSTEP_CO_CHECK(co_await tell(record, why));
    // For the answers that the shadow has still given: as long as one of them is left, what only
    // acknowledges a request would leave.
    if (mirrors)
        LOCKSTEP_CO_CHECK(co_await catchUp(record));
    co_return co_await followSettings(m_parts, record);
}

Task<Result<void>> SettingsFlow::catchUp(PairRecord record)
{
    const Qmp qmp{m_parts.hypervisor.monitor(record.uuid)};
    // The news of one that was under way may come late.
    for (int left = 2; left > 0; --left) {
        // Somebody may have suspended it just now, and a checkpoint would let it run.
        LOCKSTEP_CO_TRY(state, co_await qmp.runState());
        if (state == u"paused")
            co_return suspended(record);
        m_parts.statistics.asked(record.uuid, CheckpointReason::Request);
        const auto made =
            co_await makeCheckpoint(m_parts.hypervisor, record.uuid, {}, checkpointDeadline);
        if (!made)
            co_return std::unexpected{
                made.error().during(u"domain %1 cannot change its mode now"_s.arg(record.domain))};
    }
    co_return {};
}

Result<void> SettingsFlow::mayChange(const PairRecord& record, const PairSettings& wanted) const
{
    const QString& domain = record.domain;
    if (!record.isPrimary() || record.state == PairState::Stale)
        return failure(
            Errc::WrongRole,
            u"domain %1 runs on %2; its settings are changed there"_s.arg(domain, record.peerName),
            u"Run 'lockstep set %1' on %2."_s.arg(domain, record.peerName));
    const bool settled = record.state == PairState::Protected || record.state == PairState::Alone
        || record.state == PairState::Off;
    // Whoever sees that a copy takes too much of the link or of a disk cannot wait for its end.
    const bool isLimit =
        record.state == PairState::Copying && areEqualButForLimits(record.settings, wanted);
    if (!isLimit && (!settled || m_parts.jobs.isBusy(record.uuid)))
        return failure(Errc::Busy,
                       u"domain %1 is %2: settings are changed while nothing is under way"_s.arg(
                           domain, toString(record.state)),
                       u"See 'lockstep show %1', and try again once that is over."_s.arg(domain));
    // A checkpoint would let it run.
    if (record.suspended && wanted.protocol.mode != record.settings.protocol.mode)
        return suspended(record);
    if (wanted.arbiter == record.settings.arbiter)
        return {};
    const QString protect = u"'lockstep protect %1 %2 --arbiter %3'"_s.arg(domain, record.peerName,
                                                                           nameOf(wanted.arbiter));
    const bool hasShadow = record.state == PairState::Protected;
    return failure(
        Errc::NotSupported,
        u"domain %1: its arbiter cannot be changed %2"_s.arg(
            domain,
            hasShadow
                ? u"while it has a shadow: two hosts that ask different ones could both go on"_s
                : u"by itself: both hosts have to be able to ask it"_s),
        hasShadow ? u"Run 'lockstep unprotect %1', then %2."_s.arg(domain, protect)
                  : u"Run %1."_s.arg(protect));
}

Result<void> SettingsFlow::mayPick(const PairRecord& record) const
{
    const bool isAsked = m_changing.contains(record.uuid) || m_parts.jobs.isBusy(record.uuid);
    if (!isLed(record) || !record.settings.governing.automatic || isAsked)
        return failure(
            Errc::Busy,
            u"domain %1: nothing is picked while something else is under way"_s.arg(record.domain));
    if (record.suspended)
        return suspended(record);
    return {};
}

Task<Result<void>> SettingsFlow::tell(PairRecord record, QString why)
{
    const QJsonObject request{{u"uuid"_s, toString(record.uuid)},
                              {u"epoch"_s, qint64(record.epoch.value)},
                              {u"settings"_s, record.settings.toJson()},
                              {u"why"_s, why}};
    const auto reply =
        co_await m_parts.peers.call(record.peer, u"pair.settings"_s, request, answerDeadline);
    // A version that does not know a word among them takes none of them.
    const bool isUnknown = !reply && reply.error().code() == Errc::ProtocolError
        && record.settings.governing.automatic;
    if (!reply && !isUnknown)
        co_return std::unexpected{
            reply.error().during(u"%1, which has the shadow of domain %2, has to agree"_s.arg(
                record.peerName, record.domain))};
    const auto answer = reply.value_or(QJsonObject{});
    const auto taken = PairSettings::fromJson(answer[u"settings"].toObject());
    if (!taken || taken->governing != record.settings.governing
        || taken->protocol != record.settings.protocol
        || taken->transfer != record.settings.transfer
        || taken->copySpeed != record.settings.copySpeed)
        co_return failure(
            Errc::NotSupported,
            u"lockstepd on %1 does not know all settings that domain %2 is to have"_s.arg(
                record.peerName, record.domain),
            u"Update it first."_s);
    co_return {};
}

Task<void> SettingsFlow::tellAll(PeerId peer)
{
    const auto records = m_parts.pairs.all();
    for (const auto& known : records) {
        if (known.peer != peer)
            continue;
        const auto told = co_await bringBack(known.uuid);
        if (!told)
            spdlog::debug("domain {}: {}", known.domain.toStdString(),
                          told.error().message().toStdString());
    }
}

Task<Result<void>> adoptSettings(PairParts parts, PairDrivers& drivers, DomainUuid uuid,
                                 Epoch epoch, PairSettings settings, QString why)
{
    LOCKSTEP_CO_TRY(record, parts.pairs.get(uuid));
    const bool isBeingMade =
        record.state == PairState::Copying && areEqualButForLimits(record.settings, settings);
    const bool isThere = record.state == PairState::Protected || isBeingMade;
    if (record.isPrimary() || !isThere || record.epoch != epoch)
        co_return failure(Errc::WrongRole,
                          u"%1 has no shadow of domain %2 in step: it is %3 here"_s.arg(
                              parts.peers.ownName(), record.domain, toString(record.state)),
                          u"See 'lockstep show %1' on both hosts."_s.arg(record.domain));
    if (settings.arbiter != record.settings.arbiter)
        co_return failure(Errc::NotSupported,
                          u"the shadow of domain %1 has another arbiter"_s.arg(record.domain),
                          u"Unprotect the domain, and protect it again."_s);
    PairRecord after = record;
    after.settings = settings;
    // What is not finished yet is finished as it was begun.
    if (!isBeingMade)
        LOCKSTEP_CO_CHECK(co_await followSettings(parts, after));
    if (settings == record.settings)
        co_return {};
    co_return co_await saveAndUse(parts, drivers, record, settings, why);
}

} // namespace lockstep
