// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Modes.h"

#include "replication/PrimaryMigration.h"
#include "replication/PrimaryNetwork.h"
#include "replication/ShadowGraph.h"

namespace lockstep {

Task<Result<void>> followSettings(PairParts parts, PairRecord record)
{
    const Qmp qmp{parts.hypervisor.monitor(record.uuid)};
    const Protocol& protocol = record.settings.protocol;
    if (record.isPrimary()) {
        LOCKSTEP_CO_CHECK(co_await PrimaryNetwork(qmp, record.spec, protocol).follow());
        // It has nothing to limit now, but what QEMU shows shall be what is set.
        co_return co_await PrimaryMigration(qmp, record.spec)
            .setBandwidth(record.settings.transfer.bandwidth);
    }
    co_return co_await ShadowGraph(qmp, record.spec).setAnswering(protocol.compares());
}

} // namespace lockstep
