// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Turns.h"
#include "pair/PairDrivers.h"

#include <set>

namespace lockstep {

/// `before` with what somebody wants changed. Errors: InvalidArgument, ArbiterNotConfigured.
[[nodiscard]] Result<PairSettings> withChange(const PairSettings& before,
                                              const SettingsChange& change, Arbiters& arbiters);

/// Changes the settings of pairs that are there, from the host of the primary. The shadow's host is
/// told first; what the primary's host has is what both have in the end. How fast memory and
/// disks may be copied can be changed also while a shadow is being made. Must outlive its tasks.
class SettingsFlow final
{
public:
    SettingsFlow(PairParts parts, PairDrivers& drivers) : m_parts{parts}, m_drivers{drivers} { }

    /// Errors: UnknownPair, InvalidArgument, ArbiterNotConfigured, WrongRole, Busy, NotSupported
    /// for another arbiter: two hosts that asked different ones could both go on;
    /// PeerUnreachable, Timeout, those of QMP: then both hosts keep what they had, or come back to
    /// it when they meet again.
    [[nodiscard]] Task<Result<void>> change(DomainUuid uuid, SettingsChange change);
    /// That host may not have heard, or not have said that it did, what was changed last.
    [[nodiscard]] Task<void> tellAll(PeerId peer);

private:
    [[nodiscard]] Task<Result<void>> changeNow(DomainUuid uuid, SettingsChange change);
    [[nodiscard]] Result<void> mayChange(const PairRecord& record,
                                         const PairSettings& wanted) const;
    [[nodiscard]] Task<Result<void>> changeTo(PairRecord before, PairSettings wanted);
    [[nodiscard]] Task<Result<void>> changeWhileCopying(PairRecord before, PairSettings wanted);
    /// Both QEMUs do what the record says, from wherever they are.
    [[nodiscard]] Task<Result<void>> bringInLine(PairRecord record);
    /// So many checkpoints that one of them began after this was called.
    [[nodiscard]] Task<Result<void>> catchUp(PairRecord record);
    [[nodiscard]] Task<Result<void>> tell(PairRecord record);

    PairParts m_parts;
    PairDrivers& m_drivers;
    std::set<DomainUuid> m_changing; ///< By somebody who waits for it.
    Turns<DomainUuid> m_turns; ///< To bring both hosts in line.
};

/// On the host of the shadow: takes what the host of the primary says. Errors: WrongRole unless
/// there is a shadow in step under this epoch, or one is being made and nothing but how fast memory
/// and disks may be copied differs; NotSupported for another arbiter.
[[nodiscard]] Task<Result<void>> adoptSettings(PairParts parts, PairDrivers& drivers,
                                               DomainUuid uuid, Epoch epoch, PairSettings settings);

} // namespace lockstep
