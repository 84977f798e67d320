// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PairParts.h"
#include "replication/Plan.h"
#include "replication/PrimaryGraph.h"

#include <QObject>

#include <memory>
#include <optional>

namespace lockstep {

/// Gives a running domain a shadow on a peer, without a restart of the guest, up to the moment that
/// COLO runs. The pair's record is there, with the epoch that the shadow is for. A failure, a
/// cancel and a lost peer are undone; what of that failed, DetachFlow tries again. Must live until
/// run() has ended.
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

private:
    [[nodiscard]] Task<Result<void>> begin();
    [[nodiscard]] Task<Result<void>> perform();
    /// As it is set by now.
    [[nodiscard]] MemoryTransfer transfer() const;
    [[nodiscard]] Bytes copyLimit() const;
    [[nodiscard]] Task<Result<void>> prepareShadow();
    [[nodiscard]] Task<Result<void>> discardShadow();
    /// What a trial on this host has shown of a QEMU that nothing else is known of.
    [[nodiscard]] Task<std::optional<bool>> probedReturnPath(QString version, bool kvm) const;
    /// Why not only what has changed can be copied, as far as this host knows: a word of
    /// pair/FullCopy.h; empty if the other host is to be asked.
    [[nodiscard]] Task<QString> obstacle(PairRecord record, QList<DiskSpec> disks) const;
    /// What it has come to, in the job and in the history.
    void tellCopy(const PairRecord& record);
    [[nodiscard]] QString phase(const QString& title) const;
    void onPeerLost(const PeerId& peer);

    PairParts m_parts;
    JobId m_job;
    DomainInfo m_domain;
    PeerInfo m_peer;
    ProtectOptions m_options;
    std::unique_ptr<PrimaryGraph> m_graph;
    std::stop_source m_stop;
    bool m_peerLost{false};
    bool m_prepared{false}; ///< There is a shadow, and the replica that was kept is used up.
    Bytes m_copied; ///< Of the disks.
    QString m_fullCopy; ///< Why disks are copied wholly; empty if only what has changed is.
};

} // namespace lockstep
