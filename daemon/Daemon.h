// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "base/Task.h"

#include <QObject>

#include <memory>
#include <optional>

namespace lockstep {

class Chronicle;
class DBusService;
class Doctor;
class LibvirtHypervisor;
class MetricsServer;
class PairManager;
class SqliteStatistics;
class SqliteStore;
class TlsPeers;

/// lockstepd: makes the parts, joins them, and takes them down in order on SIGTERM and SIGINT.
/// Domains and their protection go on without it.
class Daemon final : public QObject
{
    Q_OBJECT
public:
    explicit Daemon(Config config);
    ~Daemon() override;

    /// Starts everything from the event loop, which ends when the daemon does.
    void run();
    /// Why the daemon ended, if not because it was told to.
    [[nodiscard]] const std::optional<Error>& failure() const { return m_failure; }

private:
    [[nodiscard]] Task<void> startAll();
    [[nodiscard]] Task<Result<void>> start();
    /// If it is set up; nothing else needs it.
    void offerMetrics();
    [[nodiscard]] Task<void> stop();
    void onSignal();
    void end();

    Config m_config;
    std::optional<Error> m_failure;
    bool m_ending{false};
    TaskSet m_tasks;
    // In the order of their dependence: destroyed from the last to the first.
    std::unique_ptr<SqliteStore> m_store;
    std::unique_ptr<SqliteStatistics> m_statistics;
    std::unique_ptr<Chronicle> m_chronicle;
    std::unique_ptr<LibvirtHypervisor> m_hypervisor;
    std::unique_ptr<TlsPeers> m_peers;
    std::unique_ptr<PairManager> m_pairs;
    std::unique_ptr<Doctor> m_doctor;
    std::unique_ptr<MetricsServer> m_metrics;
    std::unique_ptr<DBusService> m_bus;
};

} // namespace lockstep
