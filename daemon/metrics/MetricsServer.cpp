// SPDX-License-Identifier: LGPL-2.1-or-later
#include "metrics/MetricsServer.h"

#include "metrics/Exposition.h"
#include "metrics/OpenMetrics.h"

#include <QTcpServer>

#include <fcntl.h>
#include <microhttpd.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

QHostAddress addressOf(const QString& listen)
{
    if (listen == "any"_L1)
        return QHostAddress{QHostAddress::Any};
    return listen == "local"_L1 ? QHostAddress{QHostAddress::LocalHost} : QHostAddress{listen};
}

/// Who is connected.
unsigned readers(MHD_Daemon* server)
{
    return MHD_get_daemon_info(server, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

int send(MHD_Connection* connection, unsigned status, const char* type, const QByteArray& text)
{
    MHD_Response* response =
        MHD_create_response_from_buffer_copy(static_cast<size_t>(text.size()), text.constData());
    if (response == nullptr)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    const int queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

} // namespace

void MetricsServer::Stop::operator()(MHD_Daemon* server) const { MHD_stop_daemon(server); }

MetricsServer::MetricsServer(const PairService& pairs, const Peers& peers)
    : m_pairs{pairs}, m_peers{peers}
{
    m_due.setSingleShot(true);
    connect(&m_due, &QTimer::timeout, this, &MetricsServer::run);
    connect(&m_ready, &QSocketNotifier::activated, this, &MetricsServer::run);
}

Result<void> MetricsServer::listen(const Config::Metrics& where)
{
    const QHostAddress address = addressOf(where.listen);
    QTcpServer listener; // binds, and knows why if it cannot; never accepts
    if (!listener.listen(address, where.port))
        return failure(
            Errc::NetworkError,
            u"metrics cannot be offered on %1, port %2: %3"_s.arg(address.toString())
                .arg(where.port)
                .arg(listener.errorString()),
            u"See to [metrics] in lockstepd.conf, and what 'ss -ltnp' tells of that port."_s);
    listener.pauseAccepting();
    return serve(listener);
}

Result<void> MetricsServer::serve(const QTcpServer& listener)
{
    const auto refused =
        failure(Errc::NetworkError, u"metrics cannot be offered: the HTTP server does not start"_s,
                u"See whether lockstepd has file descriptors left ('ls /proc/PID/fd')."_s);
    const int socket = fcntl(static_cast<int>(listener.socketDescriptor()), F_DUPFD_CLOEXEC, 0);
    if (socket < 0)
        return refused; // given none, it would open one by itself, for everybody
    const auto handler = [](void* self, MHD_Connection* connection, const char* path,
                            const char* method, const char* /*version*/, const char* /*data*/,
                            size_t* /*size*/, void** /*state*/) -> MHD_Result {
        return static_cast<MHD_Result>(
            static_cast<MetricsServer*>(self)->answer(connection, path, method));
    };
    m_server.reset(MHD_start_daemon(
        MHD_USE_EPOLL, 0, nullptr, nullptr, +handler, this, MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_CONNECTION_LIMIT, maxConnections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, maxRequest,
        MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(patience.count()), MHD_OPTION_END));
    // How far it came decides whether it has closed the socket: to close it here might hit another.
    if (!m_server)
        return refused;
    m_port = listener.serverPort();
    m_ready.setSocket(MHD_get_daemon_info(m_server.get(), MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
    m_ready.setEnabled(true);
    return {};
}

void MetricsServer::run()
{
    const unsigned before = readers(m_server.get());
    MHD_run(m_server.get());
    MHD_UNSIGNED_LONG_LONG wait = 0;
    // It listens again only at the beginning of the run after the one in which there was room, and
    // nothing else would call for that. But not before others have had their turn: there may
    // always be somebody who comes or goes.
    if (readers(m_server.get()) != before)
        m_due.start(std::chrono::milliseconds{0});
    else if (MHD_get_timeout(m_server.get(), &wait) == MHD_YES)
        m_due.start(std::chrono::milliseconds{wait});
    else
        m_due.stop();
}

int MetricsServer::answer(MHD_Connection* connection, QByteArrayView path, QByteArrayView method)
{
    constexpr const char* plain = "text/plain; charset=utf-8";
    if (path != "/metrics")
        return send(connection, MHD_HTTP_NOT_FOUND, plain, "Only /metrics is here.\n");
    if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD)
        return send(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, "/metrics is only read.\n");
    return send(connection, MHD_HTTP_OK, OpenMetrics::contentType, text());
}

QByteArray MetricsServer::text()
{
    const auto now = std::chrono::steady_clock::now();
    if (!m_made || now - *m_made >= freshness) {
        m_text = exposition(m_pairs, m_peers);
        m_made = now;
    }
    return m_text;
}

} // namespace lockstep
