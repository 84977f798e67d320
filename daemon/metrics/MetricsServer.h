// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Config.h"
#include "pair/PairService.h"
#include "peer/Peers.h"

#include <QObject>
#include <QSocketNotifier>
#include <QTimer>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

class QTcpServer;
struct MHD_Connection;
struct MHD_Daemon;

namespace lockstep {

/// Answers GET /metrics with this host's figures. Whoever reaches the port can read them: there is
/// no password, and no encryption. The parts must outlive it. libmicrohttpd speaks HTTP; it runs in
/// the event loop of the thread that called listen().
class MetricsServer final : public QObject
{
    Q_OBJECT
public:
    /// The same text is given for so long, however often it is asked for.
    static constexpr std::chrono::milliseconds freshness{1'000};
    /// Readers at the same time; more wait until one is gone.
    static constexpr unsigned maxConnections = 16;
    /// Memory for the request of each, in bytes: it is refused if it needs more.
    static constexpr std::size_t maxRequest = 32'768;
    /// A reader that neither asks nor reads anything is hung up on after this long.
    static constexpr std::chrono::seconds patience{5};

    MetricsServer(const PairService& pairs, const Peers& peers);

    /// Once. Errors: NetworkError, e.g. if the address is not there or the port is taken.
    [[nodiscard]] Result<void> listen(const Config::Metrics& where);
    /// The one that it listens on; 0 if it does not.
    [[nodiscard]] quint16 port() const { return m_port; }

private:
    struct Stop
    {
        void operator()(MHD_Daemon* server) const;
    };

    /// With its socket.
    [[nodiscard]] Result<void> serve(const QTcpServer& listener);
    void run();
    [[nodiscard]] QByteArray text();
    [[nodiscard]] int answer(MHD_Connection* connection, QByteArrayView path,
                             QByteArrayView method);

    const PairService& m_pairs;
    const Peers& m_peers;
    QByteArray m_text;
    std::optional<std::chrono::steady_clock::time_point> m_made;
    quint16 m_port{0};
    QSocketNotifier m_ready{QSocketNotifier::Read};
    QTimer m_due;
    std::unique_ptr<MHD_Daemon, Stop> m_server;
};

} // namespace lockstep
