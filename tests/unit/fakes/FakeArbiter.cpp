// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeArbiter.h"

namespace lockstep::test {

using namespace Qt::StringLiterals;

Task<Result<void>> FakeArbiter::travel(QString what)
{
    if (m_way.journal && !what.isEmpty())
        m_way.journal->append(u"arbiter "_s + what);
    (void)co_await pause(m_way.delay);
    if (m_way.unreachable)
        co_return failure(Errc::ArbiterUnreachable, u"no way to the arbiter"_s);
    co_return {};
}

Task<Result<std::optional<Grant>>> FakeArbiter::read(DomainUuid uuid)
{
    LOCKSTEP_CO_CHECK(co_await travel(u"read"_s));
    const auto found = m_way.records->grants.find(uuid);
    if (found == m_way.records->grants.end())
        co_return std::optional<Grant>{};
    co_return std::optional<Grant>{*found};
}

Task<Result<Verdict>> FakeArbiter::claim(Claim claim)
{
    ++m_way.claims;
    LOCKSTEP_CO_CHECK(
        co_await travel(u"%1 %2"_s.arg(wordFor(claim.kind)).arg(claim.wanted.epoch.value)));
    LOCKSTEP_CO_CHECK(checkClaim(claim));
    auto& records = *m_way.records;
    if (records.before)
        records.before(claim);
    Verdict verdict{true, claim.wanted};
    if (m_kind == ArbiterKind::Etcd) {
        const auto found = records.grants.find(claim.uuid);
        const auto now =
            found == records.grants.end() ? std::optional<Grant>{} : std::optional<Grant>{*found};
        if (now == claim.expected)
            records.grants.insert(claim.uuid, claim.wanted);
        else if (now != claim.wanted)
            verdict = {false, now};
    }
    if (m_way.losesAnswers)
        co_return failure(Errc::ArbiterUnreachable, u"the arbiter's answer was lost"_s);
    co_return verdict;
}

Task<Result<void>> FakeArbiter::forget(DomainUuid uuid, Grant expected)
{
    LOCKSTEP_CO_CHECK(co_await travel(u"forget"_s));
    const auto found = m_way.records->grants.find(uuid);
    if (found == m_way.records->grants.end())
        co_return {};
    if (*found != expected)
        co_return failure(Errc::NotGranted, u"it is another record"_s);
    m_way.records->grants.erase(found);
    co_return {};
}

Task<Result<void>> FakeArbiter::check(QString) { co_return co_await travel({}); }

} // namespace lockstep::test
