// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Channels.h"
#include "pair/PairDriver.h"
#include "pair/Reasons.h"
#include "pair/RecordMind.h"
#include "store/StartGuard.h"

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace failover;

namespace {

constexpr auto retryDelay = 1s;

} // namespace

bool PairDriver::mayStart(const Mind& mind, const std::optional<PairRecord>& record)
{
    return mind.known ? mind.sole : !(record && record->definedHere);
}

void PairDriver::guard()
{
    const auto record = m_parts.pairs.find(m_uuid);
    const auto guarded = mayStart(m_mind, record)
        ? m_guard.allow(m_uuid)
        : m_guard.refuse(m_uuid, startRefusal(m_mind, m_draft));
    if (!guarded)
        warnAbout(m_draft, guarded.error());
}

Task<void> PairDriver::save(Mind mind, QString reason)
{
    // What follows may only be done once this is on disk, however long that takes.
    for (bool failed = false; !m_stopped; failed = true) {
        const auto written = co_await write(mind, reason);
        if (written) {
            m_saved = mind;
            m_shown = reason;
            break;
        }
        if (!failed)
            tell(
                EventKind::Fault, Severity::Error,
                u"cannot save, and does nothing until it can: %1"_s.arg(written.error().message()));
        (void)co_await pause(retryDelay);
    }
    if (!m_mind.known) {
        for (const auto& waiter : std::exchange(m_onDiscarded, {}))
            waiter.complete(true);
    }
}

Task<Result<void>> PairDriver::write(Mind mind, QString reason)
{
    const auto before = m_parts.pairs.find(m_uuid);
    const bool starts = mayStart(mind, before);
    // Refused before it is saved, allowed after: in between nobody can start it.
    if (!starts) {
        const auto guarded = m_guard.refuse(m_uuid, startRefusal(mind, m_draft));
        if (!guarded)
            co_return guarded;
    }
    if (mind.known && (!before || m_isFresh)) {
        // A new pair, or a new shadow here.
        auto record = m_draft;
        if (before)
            record.definedHere = before->definedHere || record.definedHere;
        apply(mind, record);
        record.reason = reason;
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(record));
        m_isFresh = false;
    } else if (mind.known) {
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.update(m_uuid, [&](PairRecord& record) {
            const bool copying =
                record.state == PairState::Copying && mind.state == PairState::Preparing;
            apply(mind, record);
            if (copying)
                record.state = PairState::Copying;
            record.reason = reason;
        }));
    } else if (before && before->definedHere) {
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.update(m_uuid, [&](PairRecord& record) {
            apply(mind, record);
            record.role = Role::Secondary;
            record.state = PairState::Stale;
            record.sole = false;
            record.reason =
                u"the domain is %1's; what is defined here is out of date"_s.arg(record.peerName);
        }));
    } else if (before) {
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.remove(m_uuid));
    }
    if (!starts)
        co_return {};
    co_return mind.known ? m_guard.allow(m_uuid) : m_guard.forget(m_uuid);
}

} // namespace lockstep
