// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "replication/Plan.h"
#include "replication/PrimaryGraph.h"

#include <QObject>

#include <memory>

namespace lockstep {

/// Gives a running domain a shadow on a peer, without a restart of the guest. Any failure, a cancel
/// and a lost peer leave it a plain domain again. Must live until run() has ended.
class ProtectFlow final : public QObject
{
    Q_OBJECT
public:
    ProtectFlow(PairParts parts, JobId job, DomainInfo domain, PeerInfo peer,
                ProtectOptions options);

    [[nodiscard]] Task<Result<void>> run();
    /// The steps that run() would take, for --dry-run. `record` need not be complete.
    [[nodiscard]] static QList<PlannedStep> plannedSteps(PairParts parts, const PairRecord& record);

    /// PreflightFailed, naming each finding that is an error, if there is one.
    [[nodiscard]] static Result<void> verdict(const PreflightReport& report);

    /// After a restart of the daemon in the middle of run(): makes the domain plain again.
    [[nodiscard]] static Task<Result<void>> recover(PairParts parts, PairRecord record);

private:
    [[nodiscard]] Task<Result<void>> check();
    [[nodiscard]] Task<Result<void>> begin();
    [[nodiscard]] Task<Result<void>> perform();
    [[nodiscard]] Task<Result<void>> prepareShadow();
    [[nodiscard]] Task<Result<void>> discardShadow();
    [[nodiscard]] Task<Result<void>> confirm();
    [[nodiscard]] Task<Result<void>> settle(Result<void> outcome);
    void onPeerLost(const PeerId& peer);

    PairParts m_parts;
    JobId m_job;
    DomainInfo m_domain;
    PeerInfo m_peer;
    ProtectOptions m_options;
    std::optional<PairRecord> m_before;
    PairRecord m_record;
    std::unique_ptr<PrimaryGraph> m_graph;
    std::stop_source m_stop;
    bool m_peerLost{false};
};

/// Destroys the connections of QEMU's channels to a peer that does not answer, so that nothing
/// waits for TCP. Logs what it cannot do.
void severChannels(const ReplicationSpec& spec);

} // namespace lockstep
