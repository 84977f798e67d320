// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QCoroTask>

namespace lockstep::test {

Stage::Stage(BusClient::User user, bool interactive, const QString& configFile)
    : service{pairs, peers, hypervisor, doctor, bus.address(), sampleConfiguration(configFile)}
{
    pairs.put(samplePair());
    pairs.put(sampleJob());
    pairs.nextJob = sampleJob();
    pairs.nextJob.id = JobId{2};
    peers.put(samplePeer());
    started = service.start();
    client = std::make_unique<BusClient>(bus.address(), user, interactive);
}

Stage::~Stage() { QCoro::waitFor(service.stop()); }

} // namespace lockstep::test
