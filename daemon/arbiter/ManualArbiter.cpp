// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/ManualArbiter.h"

namespace lockstep {

using namespace Qt::StringLiterals;

QString ManualArbiter::name() const { return u"manual"_s; }

Task<Result<std::optional<Grant>>> ManualArbiter::read(DomainUuid /*uuid*/)
{
    co_return std::nullopt;
}

Task<Result<Verdict>> ManualArbiter::claim(Claim claim)
{
    LOCKSTEP_CO_CHECK(checkClaim(claim));
    if (!decides(claim.kind))
        co_return Verdict{.granted = true, .now = claim.wanted};
    const QString command = claim.kind == ClaimKind::Takeover ? u"takeover"_s : u"continue-alone"_s;
    co_return failure(
        Errc::NeedsAdministrator,
        u"%1: its arbiter is manual: an administrator decides who goes on"_s.arg(claim.domain),
        u"Make sure that %1 is off, then run 'lockstep %2 %3' here."_s.arg(claim.otherName, command,
                                                                           claim.domain));
}

Task<Result<void>> ManualArbiter::forget(DomainUuid /*uuid*/, Grant /*expected*/) { co_return {}; }

Task<Result<void>> ManualArbiter::check(QString /*otherName*/) { co_return {}; }

} // namespace lockstep
