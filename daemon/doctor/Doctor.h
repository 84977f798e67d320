// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "doctor/DoctorService.h"
#include "doctor/HostReport.h"
#include "doctor/QemuProbes.h"
#include "hypervisor/Hypervisor.h"
#include "hypervisor/WorkerPool.h"
#include "peer/Peers.h"
#include "store/Store.h"

#include <QSet>

#include <functional>

namespace lockstep {

/// Examines this host, and asks the peers' daemons for theirs. All checks of a host run at once,
/// each with a deadline; one examination of this host serves all who ask meanwhile. Main thread
/// only. stop() must be awaited before it and its parts are destroyed.
class Doctor final : public DoctorService
{
public:
    struct Parts
    {
        Hypervisor& hypervisor;
        Peers& peers;
        Store& store;
        const Config& config;
        std::function<QSet<quint16>()> channelPorts; ///< Those that this host's pairs have taken.
        QString root; ///< Where /proc, /sys and /etc are looked for; tests have their own.
        std::chrono::milliseconds deadline{12'000}; ///< Of each check.
    };
    explicit Doctor(Parts parts)
        : m_parts{std::move(parts)}, m_probes{m_parts.hypervisor, m_parts.store}
    { }

    /// Answers the peers, and remembers trials of QEMU, from now on.
    void answer();
    /// Resumes when nothing runs any more.
    [[nodiscard]] Task<void> stop();

    [[nodiscard]] Task<Result<QList<Finding>>> examine(QStringList hosts) override;
    [[nodiscard]] Task<Result<QList<Finding>>> tryQemu() override;

private:
    using Report = doctor::HostReport;
    using Part = Task<QList<Finding>>;

    [[nodiscard]] Task<Report> examineOwn();
    [[nodiscard]] Task<void> runOwn();
    [[nodiscard]] Task<Result<QJsonObject>> answerPeer(PeerId peer);
    [[nodiscard]] Task<QList<Finding>> examinePeer(PeerInfo peer, Task<Report> own);

    /// Checks of files, on a worker thread; one that hangs holds no other one up, nor more than one
    /// thread. `subject` is what a late one is called.
    [[nodiscard]] Part onWorker(QString subject, std::move_only_function<QList<Finding>()> work);
    /// A check that awaits.
    [[nodiscard]] Part within(QString subject, Part part);
    [[nodiscard]] Part etcd();
    [[nodiscard]] Part firewall();
    [[nodiscard]] std::vector<Part> begin();

    [[nodiscard]] QList<PeerInfo> acceptedPeers() const;

    Parts m_parts;
    doctor::QemuProbes m_probes;
    WorkerPool m_workers{{.threads = 12, .reserved = 4, .idle = std::chrono::seconds{30}}};
    std::vector<OneShot<Report>> m_waiting;
    TaskSet m_tasks;
};

} // namespace lockstep
