// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "hypervisor/Hypervisor.h"
#include "pair/Arbiters.h"
#include "pair/Chronicle.h"
#include "pair/JobTable.h"
#include "pair/PairTable.h"
#include "pair/Statistics.h"
#include "peer/Peers.h"

namespace lockstep {

/// What the flows work with; all of it outlives them.
struct PairParts
{
    Hypervisor& hypervisor;
    Peers& peers;
    PairTable& pairs;
    JobTable& jobs;
    Arbiters& arbiters;
    Chronicle& chronicle;
    Statistics& statistics;
    const Config& config;
};

} // namespace lockstep
