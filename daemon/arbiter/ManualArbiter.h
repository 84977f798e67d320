// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "arbiter/Arbiter.h"

namespace lockstep {

/// Leaves the decision to an administrator, whose command asks no arbiter. Keeps no record.
class ManualArbiter final : public Arbiter
{
public:
    [[nodiscard]] QString name() const override;
    [[nodiscard]] Task<Result<std::optional<Grant>>> read(DomainUuid uuid) override;
    /// Errors: NeedsAdministrator for GoAlone and Takeover.
    [[nodiscard]] Task<Result<Verdict>> claim(Claim claim) override;
    [[nodiscard]] Task<Result<void>> forget(DomainUuid uuid, Grant expected) override;
    [[nodiscard]] Task<Result<void>> check(QString otherName) override;
};

} // namespace lockstep
