// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "pair/ShadowKeeper.h"

namespace lockstep {

/// After a start of the daemon: finds each pair of the store again in libvirt and QEMU, goes on
/// with what is whole, and undoes or finishes what an earlier run left half done.
class Recovery final
{
public:
    Recovery(PairParts parts, ShadowKeeper& keeper) : m_parts{parts}, m_keeper{keeper} { }

    [[nodiscard]] Task<void> recoverAll();

private:
    [[nodiscard]] Task<Result<void>> recover(PairRecord record);
    [[nodiscard]] Task<Result<void>> recoverPrimary(PairRecord record, bool runs);
    [[nodiscard]] Task<Result<void>> recoverSecondary(PairRecord record, bool runs);
    [[nodiscard]] Task<Result<void>> check(PairRecord record, bool runs);
    [[nodiscard]] Task<Result<void>> finishTakeover(PairRecord record);
    [[nodiscard]] Task<Result<void>> finishDetach(PairRecord record);
    [[nodiscard]] Task<Result<void>> mergeOffline(PairRecord record);

    PairParts m_parts;
    ShadowKeeper& m_keeper;
};

} // namespace lockstep
