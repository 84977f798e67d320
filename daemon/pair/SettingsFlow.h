// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Turns.h"
#include "pair/Governor.h"
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
    /// Under the mode auto: another mode or period is to be in force, in the same safe way. `why`
    /// goes into the history of both hosts. Waits for a change that is under way; one that somebody
    /// waits for goes first, and this is not made. Errors: as of change(), and Busy if nothing is
    /// to be picked now.
    [[nodiscard]] Task<Result<void>> applyChoice(DomainUuid uuid, Choice choice, QString why);
    /// Both QEMUs of a protected pair of this host do what is saved, whatever became of a change.
    /// Errors: as of change().
    [[nodiscard]] Task<Result<void>> bringBack(DomainUuid uuid);
    /// That host may not have heard, or not have said that it did, what was changed last.
    [[nodiscard]] Task<void> tellAll(PeerId peer);

private:
    [[nodiscard]] Task<Result<void>> changeNow(DomainUuid uuid, SettingsChange change);
    [[nodiscard]] Result<void> mayChange(const PairRecord& record,
                                         const PairSettings& wanted) const;
    [[nodiscard]] Result<void> mayPick(const PairRecord& record) const;
    [[nodiscard]] Task<Result<void>> pick(PairRecord before, PairSettings wanted, QString why);
    [[nodiscard]] Task<Result<void>> changeTo(PairRecord before, PairSettings wanted);
    [[nodiscard]] Task<Result<void>> changeWhileCopying(PairRecord before, PairSettings wanted);
    /// Both QEMUs do what the record says, from wherever they are. `why`: as of tell().
    [[nodiscard]] Task<Result<void>> bringInLine(PairRecord record, QString why = {});
    /// So many checkpoints that one of them began after this was called.
    [[nodiscard]] Task<Result<void>> catchUp(PairRecord record);
    /// `why`: for the history there, if lockstepd has picked something.
    [[nodiscard]] Task<Result<void>> tell(PairRecord record, QString why = {});

    PairParts m_parts;
    PairDrivers& m_drivers;
    std::set<DomainUuid> m_changing; ///< By somebody who waits for it; never by what auto picks.
    Turns<DomainUuid> m_turns; ///< To bring both hosts in line.
};

/// On the host of the shadow: takes what the host of the primary says. Errors: WrongRole unless
/// there is a shadow in step under this epoch, or one is being made and nothing but how fast memory
/// and disks may be copied differs; NotSupported for another arbiter. `why` lockstepd there has
/// picked another mode or period, if it has.
[[nodiscard]] Task<Result<void>> adoptSettings(PairParts parts, PairDrivers& drivers,
                                               DomainUuid uuid, Epoch epoch, PairSettings settings,
                                               QString why);

} // namespace lockstep
