// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Grant.h"
#include "base/Task.h"

namespace lockstep {

/// What became of a claim. Granted: the record is `wanted` now, by this call or by an earlier one
/// whose answer was lost. Not granted: another decision came first; `now` is the record, nothing if
/// there is none any more.
struct Verdict
{
    bool granted{false};
    std::optional<Grant> now;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Says who may run a domain; of two hosts that ask for the same epoch at most one gets it.
///
/// An error means "unknown": what was asked may have been done, or may still be done later. Only a
/// good Verdict allows anything. Whoever got an error reads, or repeats the same claim until it is
/// answered. Must outlive the tasks it returns; main thread only.
class Arbiter
{
public:
    Arbiter() = default;
    Arbiter(const Arbiter&) = delete;
    Arbiter& operator=(const Arbiter&) = delete;
    virtual ~Arbiter() = default;

    /// "etcd", "fence" or "manual".
    [[nodiscard]] virtual QString name() const = 0;
    /// The newest record; nothing if there is none, and always with arbiters that keep none.
    /// Errors: ArbiterUnreachable, ArbiterRefused, ArbiterMalformed, ArbiterForeign.
    [[nodiscard]] virtual Task<Result<std::optional<Grant>>> read(DomainUuid uuid) = 0;
    /// Changes the record to `wanted` if it is `expected`. A claim whose `wanted` is `expected`
    /// writes it again: requests that were sent before and are still under way then come too late.
    /// Errors: those of read(), InvalidArgument (checkClaim()), ArbiterNotConfigured, FenceFailed,
    /// NeedsAdministrator.
    [[nodiscard]] virtual Task<Result<Verdict>> claim(Claim claim) = 0;
    /// Removes the record: protection is over. Fine if there is none. Errors: those of read(),
    /// NotGranted if it is another one than `expected`.
    [[nodiscard]] virtual Task<Result<void>> forget(DomainUuid uuid, Grant expected) = 0;
    /// Whether it could decide now about a pair with the host `otherName`; changes nothing. Errors:
    /// those of claim().
    [[nodiscard]] virtual Task<Result<void>> check(QString otherName) = 0;
    /// What tells it from another arbiter of its kind, known after its first answer: to be kept,
    /// and given to makeArbiter() after a restart, so that one that was swapped meanwhile is
    /// noticed. Empty with arbiters that keep no record.
    [[nodiscard]] virtual QString identity() const { return {}; }
    /// Answers that were rejected since the start: garbage, foreign, too long, a fence agent's
    /// lies.
    [[nodiscard]] virtual quint64 rejected() const { return 0; }
};

} // namespace lockstep
