// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PairDriver.h"

#include "pair/Thought.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace failover;

namespace {

// A peer that lives answers at once; one that does not is asked again.
constexpr auto answerDeadline = 1500ms;
// For a primary that is cut off to see it and to ask; costs the same at the death of a primary.
constexpr auto headStart = 40ms;

} // namespace

Arbiters::Use PairDriver::use() const { return {m_draft.settings.arbiter, m_draft.peerName}; }

GrantSeen PairDriver::seenFrom(const std::optional<Grant>& grant) const
{
    if (!grant)
        return {};
    const bool own = grant->owner == m_parts.peers.ownId();
    // Who is in step counts only if it is one of these two hosts.
    const bool inStep =
        grant->inStep && grant->shadow == (own ? m_draft.peer : m_parts.peers.ownId());
    return {grant->epoch.value, own ? Side::Own : Side::Other, inStep};
}

std::optional<Grant> PairDriver::grantFrom(const GrantSeen& seen) const
{
    if (seen == seenFrom(m_grant))
        return m_grant;
    if (seen.owner == Side::Nobody)
        return std::nullopt;
    const auto own = m_parts.peers.ownId();
    const bool isOurs = seen.owner == Side::Own;
    return Grant{.epoch = {seen.epoch},
                 .owner = isOurs ? own : m_draft.peer,
                 .shadow = isOurs ? m_draft.peer : own,
                 .inStep = seen.inStep};
}

/// Whether the primary, for all that is known here, may only be cut off, and asks for itself.
bool PairDriver::mayGoOnThere() const
{
    return m_mind.arbitration == Arbitration::Record && m_mind.wish != Wish::TakeOver
        && !m_mind.theirs.handingOver && !isUseless(m_mind.theirs.qemu);
}

Task<void> PairDriver::readRecord()
{
    ++m_working;
    const auto arbiter = m_parts.arbiters.of(m_draft.settings.arbiter);
    Result<std::optional<Grant>> read;
    if (arbiter)
        read = co_await (*arbiter)->read(m_uuid);
    else
        read = std::unexpected{arbiter.error()};
    --m_working;
    if (!read) {
        answered(read.error(), false);
        co_return;
    }
    m_parts.arbiters.note(use(), {});
    m_grant = *read;
    happen(ArbiterRead{seenFrom(m_grant)});
}

Task<void> PairDriver::swap(Swap action)
{
    ++m_working;
    Claim claim{.uuid = m_uuid,
                .domain = m_draft.domain,
                .kind = action.kind,
                .expected = grantFrom(action.seen),
                .wanted = grantFrom(action.wanted).value_or(Grant{}),
                .other = m_draft.peer,
                .otherName = m_draft.peerName};
    if (action.kind == ClaimKind::Takeover && mayGoOnThere())
        (void)co_await pause(headStart);
    const auto arbiter = m_parts.arbiters.of(m_draft.settings.arbiter);
    Result<Verdict> verdict;
    if (arbiter)
        verdict = co_await (*arbiter)->claim(claim);
    else
        verdict = std::unexpected{arbiter.error()};
    --m_working;
    if (!verdict) {
        answered(verdict.error(), arbiter.has_value());
        co_return;
    }
    m_parts.arbiters.note(use(), {});
    m_grant = verdict->now;
    tell(EventKind::Decision, verdict->granted ? Severity::Info : Severity::Warning,
         u"%1: %2 by arbiter %3 (epoch %4)"_s.arg(
             wordFor(action.kind), verdict->granted ? u"granted"_s : u"denied"_s,
             nameOf(m_draft.settings.arbiter), QString::number(action.wanted.epoch)));
    m_error.reset(); // what kept it from answering before is over
    happen(ArbiterAnswered{verdict->granted, seenFrom(m_grant)});
}

void PairDriver::answered(const Error& error, bool sent)
{
    if (!m_error || m_error->message() != error.message())
        tell(EventKind::Fault, Severity::Warning, error.message());
    m_parts.arbiters.note(use(), error);
    m_error = error;
    happen(ArbiterSilent{sent});
}

Task<void> PairDriver::askPromise(quint64 epoch, AskPromise word)
{
    ++m_working;
    const QJsonObject request{{u"uuid"_s, toString(m_uuid)},
                              {u"epoch"_s, qint64(epoch)},
                              {u"number"_s, qint64(word.number)},
                              {u"promise"_s, word.promise}};
    const auto reply =
        co_await m_parts.peers.call(m_draft.peer, u"pair.promise"_s, request, answerDeadline);
    --m_working;
    if (reply && (*reply)[u"agreed"].toBool() && word.promise)
        happen(Promised{epoch, word.number});
}

Task<void> PairDriver::askToLetGo(quint64 epoch, ClaimKind kind)
{
    ++m_working;
    const QJsonObject request{
        {u"uuid"_s, toString(m_uuid)}, {u"epoch"_s, qint64(epoch)}, {u"for"_s, wordFor(kind)}};
    const auto reply =
        co_await m_parts.peers.call(m_draft.peer, u"pair.let-go"_s, request, answerDeadline);
    --m_working;
    if (reply && (*reply)[u"agreed"].toBool()) {
        tell(EventKind::Decision, Severity::Info,
             u"%1: agreed with %2"_s.arg(wordFor(kind), m_draft.peerName));
        happen(LetGo{epoch});
        co_return;
    }
    m_error = reply
        ? Error{Errc::Busy,
                u"%1 does not let go of domain %2 now"_s.arg(m_draft.peerName, m_draft.domain)}
        : reply.error();
    happen(WorkEnded{false});
}

} // namespace lockstep
