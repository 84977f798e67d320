// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "base/Types.h"

#include <QByteArray>

#include <optional>

namespace lockstep {

/// What an arbiter keeps of a pair: who may run the domain.
struct Grant
{
    Epoch epoch;        ///< Grows with each change of who may run the domain.
    PeerId owner;       ///< The host that may run it.
    PeerId shadow;      ///< The host whose shadow may ask for the next epoch; empty if none.
    bool inStep{false}; ///< That shadow is in step under this epoch.

    friend bool operator==(const Grant&, const Grant&) = default;
};

/// Why a host asks. Each is a compare-and-swap of the grant.
enum class ClaimKind : quint8 {
    Begin,   ///< A new protection begins; whatever was recorded before is over.
    InStep,  ///< The shadow reached or left step; the owner stays.
    GoAlone, ///< The owner goes on without its shadow.
    Takeover, ///< The shadow goes live.
    Cede, ///< A secondary whose shadow has died gives up what it may have been granted.
};

/// "begin", "in-step", "go-alone", "takeover", "cede": for peers, logs and events.
[[nodiscard]] QString wordFor(ClaimKind kind);

/// Whether the claim is to go on without the other host.
[[nodiscard]] inline bool decides(ClaimKind kind)
{
    return kind == ClaimKind::GoAlone || kind == ClaimKind::Takeover;
}

/// A wish to change a pair's grant from `expected` to `wanted`.
struct Claim
{
    DomainUuid uuid;
    QString domain; ///< Its name, for people who read the record, logs and errors.
    ClaimKind kind{ClaimKind::InStep};
    std::optional<Grant> expected; ///< Nothing: there must be no record.
    Grant wanted;
    PeerId other; ///< The pair's other host, and its name here.
    QString otherName;
};

/// Refuses a claim that no arbiter may grant, so that a defect elsewhere cannot make a second
/// primary: a takeover by a shadow that `expected` does not have in step, a decision without a
/// larger epoch, a change of owner that is none of these. An `expected` that is missing is not
/// judged. Errors: InvalidArgument.
[[nodiscard]] Result<void> checkClaim(const Claim& claim);

/// A pair's record as JSON text, at most 1 KiB. `domain` is for people, and ignored when read.
[[nodiscard]] QByteArray toRecord(const Grant& grant, const DomainUuid& uuid,
                                  const QString& domain);
/// Takes nothing but what toRecord() writes. Errors: ArbiterMalformed, among others for another
/// domain's record and for one of a newer format.
[[nodiscard]] Result<Grant> grantFromRecord(const QByteArray& text, const DomainUuid& uuid);

} // namespace lockstep
