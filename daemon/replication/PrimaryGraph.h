// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "replication/DiskCopy.h"
#include "replication/MemoryTransfer.h"
#include "replication/Plan.h"
#include "replication/Protocol.h"
#include "replication/Qmp.h"
#include "replication/Spec.h"

#include <functional>

namespace lockstep {

/// All that protection changes in the QEMU of a primary, as steps of a plan. The spec may be
/// completed (ports, addresses) until the step that needs it runs. Must outlive the plan's tasks.
class PrimaryGraph final
{
public:
    PrimaryGraph(Hypervisor& hypervisor, ReplicationSpec spec, QString host);

    /// Title of the step that copies disks.
    static inline const QString copyTitle = QStringLiteral("copy disks");

    void setSpec(ReplicationSpec spec) { m_spec = std::move(spec); }
    [[nodiscard]] const ReplicationSpec& spec() const { return m_spec; }
    /// Folder with QEMU's TLS credentials for the peer; needed before "load TLS credentials".
    void setCredentials(QString folder) { m_credentials = std::move(folder); }
    /// How fast disks may be copied, asked again and again while they are.
    void setCopyLimit(DiskCopy::Limit limit) { m_copyLimit = std::move(limit); }
    void setProtocol(const Protocol& protocol) { m_protocol = protocol; }
    /// Asked for when the migration is configured: its bandwidth may be changed until then.
    void setTransfer(std::function<MemoryTransfer()> transfer) { m_transfer = std::move(transfer); }
    /// While set, taking the quorum out lets a guest run that was found paused.
    void setResume(bool resume) { m_resume = resume; }

    void addSteps(Plan& plan);
    /// The hot part of going on without the shadow: when goAlone() returns, the guest answers
    /// clients alone. Take the rest apart with the plan's undoAll(). With a dead peer, destroy its
    /// sockets first, those of the replicas only after stopHolding(): a guest whose writes wait for
    /// them answers as soon as they need not any more, and what compare holds is lost with it.
    [[nodiscard]] Task<Result<void>> stopHolding();
    [[nodiscard]] Task<Result<void>> goAlone();

    /// What of ours is still in QEMU, rewriters left out: nothing, once the plan is undone.
    [[nodiscard]] Task<Result<QStringList>> leftovers();

private:
    [[nodiscard]] Task<Result<void>> loadCredentials();
    [[nodiscard]] Task<Result<void>> insertQuorum();
    [[nodiscard]] Task<Result<void>> removeQuorum();
    [[nodiscard]] Task<Result<void>> connectReplicas();
    [[nodiscard]] Task<Result<void>> disconnectReplicas();
    [[nodiscard]] Task<Result<void>> copyDisks(StepContext context);
    [[nodiscard]] Task<Result<void>> cancelCopy();
    [[nodiscard]] Task<Result<void>> connectNetwork();
    [[nodiscard]] Task<Result<void>> disconnectNetwork();
    [[nodiscard]] Task<Result<void>> addFilters();
    [[nodiscard]] Task<Result<void>> removeFilters();
    [[nodiscard]] Task<Result<void>> addIoThread();
    [[nodiscard]] Task<Result<void>> removeIoThread();
    [[nodiscard]] Task<Result<void>> configureMigration();
    [[nodiscard]] Task<Result<void>> unconfigureMigration();
    [[nodiscard]] Task<Result<void>> copyMemory(StepContext context);
    [[nodiscard]] Task<Result<void>> cancelMigration();
    [[nodiscard]] Task<Result<void>> startReplication();
    [[nodiscard]] Task<Result<void>> stopReplication();
    [[nodiscard]] Task<Result<void>> setFiltering(bool on);
    [[nodiscard]] Task<Result<void>> enterColo(StepContext context);
    [[nodiscard]] Task<Result<void>> leaveColo();
    [[nodiscard]] Task<Result<void>> makeFirstCheckpoints(StepContext context);

    Hypervisor& m_hypervisor;
    ReplicationSpec m_spec;
    QString m_host;
    QString m_credentials;
    Protocol m_protocol;
    DiskCopy::Limit m_copyLimit;
    std::function<MemoryTransfer()> m_transfer{[] { return MemoryTransfer{}; }};
    bool m_resume{false};
    Qmp m_qmp;
};

} // namespace lockstep
