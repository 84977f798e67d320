// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Daemon.h"

#include "api/DBusService.h"
#include "doctor/Doctor.h"
#include "hypervisor/LibvirtHypervisor.h"
#include "hypervisor/SocketActivity.h"
#include "metrics/MetricsServer.h"
#include "pair/Chronicle.h"
#include "pair/PairManager.h"
#include "peer/TlsPeers.h"
#include "store/SqliteStatistics.h"
#include "store/SqliteStore.h"

#include <spdlog/spdlog.h>

#include <QCoreApplication>
#include <QSocketNotifier>

#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <csignal>

namespace lockstep {

using namespace Qt::StringLiterals;

Daemon::Daemon(Config config) : m_config{std::move(config)}
{
    spdlog::set_level(m_config.log.level);
    // journald and the lab's log files stamp the lines; the level tells grep what matters.
    spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
    spdlog::flush_on(spdlog::level::info);

    // Before the first thread: all inherit the mask, so the signals reach the descriptor only.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const int descriptor = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    auto* const notifier = new QSocketNotifier{descriptor, QSocketNotifier::Read, this};
    connect(notifier, &QSocketNotifier::activated, this, [this, descriptor] {
        signalfd_siginfo info{};
        while (::read(descriptor, &info, sizeof info) == sizeof info)
            onSignal();
    });
}

Daemon::~Daemon() = default;

void Daemon::run()
{
    QMetaObject::invokeMethod(this, [this] { m_tasks.add(startAll()); }, Qt::QueuedConnection);
}

Task<void> Daemon::startAll()
{
    const auto started = co_await start();
    if (started) {
        spdlog::info("lockstepd {} is ready as {}", LOCKSTEP_VERSION,
                     m_peers->ownName().toStdString());
        sd_notify(0, "READY=1");
        co_return;
    }
    m_failure = started.error();
    end();
}

Task<Result<void>> Daemon::start()
{
    LOCKSTEP_CO_TRY(store, co_await SqliteStore::open(m_config.store.directory));
    m_store = std::move(store);
    m_statistics = std::make_unique<SqliteStatistics>(m_config.store.directory);
    m_chronicle = std::make_unique<Chronicle>(*m_store);
    co_await m_chronicle->start();
    m_hypervisor = std::make_unique<LibvirtHypervisor>(m_config.libvirt.uri);
    TlsPeers::Options options;
    if (m_config.control.listen != u"any")
        options.listen = QHostAddress{m_config.control.listen};
    options.port = m_config.control.port;
    options.name = m_config.control.name;
    options.stateDirectory = m_config.store.directory;
    options.tcpActivity = [ports = m_config.replication](const QHostAddress& local,
                                                         const QHostAddress& remote) {
        return lastSignOnSockets(local, remote, ports.portMin, ports.portMax)
            .value_or(std::nullopt); // not to know is no sign either
    };
    m_peers = std::make_unique<TlsPeers>(options, *m_store);
    m_pairs = std::make_unique<PairManager>(*m_hypervisor, *m_peers, *m_store, *m_chronicle,
                                            m_config, m_statistics.get());
    m_doctor = std::make_unique<Doctor>(
        Doctor::Parts{.hypervisor = *m_hypervisor,
                      .peers = *m_peers,
                      .store = *m_store,
                      .config = m_config,
                      .channelPorts = [this] { return m_pairs->channelPorts(); },
                      .root = {}});
    m_doctor->answer();
    // Pairs first: a peer that connects is asked about them at once.
    LOCKSTEP_CO_CHECK(co_await m_pairs->start());
    LOCKSTEP_CO_CHECK(co_await m_peers->start());
    offerMetrics();
    m_bus = std::make_unique<DBusService>(*m_pairs, *m_peers, *m_hypervisor, *m_doctor, QString{},
                                          viewOf(m_config));
    connect(m_bus.get(), &DBusService::lost, this, [this](const QString& why) {
        m_failure =
            Error{Errc::DaemonUnavailable, u"the connection to D-Bus is lost: %1"_s.arg(why)};
        end();
    });
    co_return m_bus->start();
}

void Daemon::offerMetrics()
{
    if (m_config.metrics.listen.isEmpty())
        return;
    m_metrics = std::make_unique<MetricsServer>(*m_pairs, *m_peers);
    const auto listening = m_metrics->listen(m_config.metrics);
    if (listening)
        spdlog::info("metrics are offered on port {}", m_metrics->port());
    else
        spdlog::error("{}; {}", listening.error().message().toStdString(),
                      listening.error().remedy().toStdString());
}

void Daemon::onSignal()
{
    spdlog::info("told to stop; domains and their protection go on");
    end();
}

void Daemon::end()
{
    if (std::exchange(m_ending, true))
        return;
    sd_notify(0, "STOPPING=1");
    m_tasks.add(stop());
}

Task<void> Daemon::stop()
{
    if (m_bus)
        co_await m_bus->stop();
    m_metrics.reset();
    if (m_pairs)
        co_await m_pairs->stop();
    if (m_peers)
        co_await m_peers->stop();
    if (m_doctor)
        co_await m_doctor->stop();
    if (m_chronicle)
        co_await m_chronicle->drained();
    m_bus.reset();
    m_doctor.reset();
    m_pairs.reset();
    m_peers.reset();
    m_hypervisor.reset();
    m_chronicle.reset();
    m_statistics.reset();
    m_store.reset();
    QCoreApplication::exit(m_failure ? 1 : 0);
}

} // namespace lockstep
