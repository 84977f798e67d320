// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Channel.h"

#include "base/RateLimit.h"

#include <spdlog/spdlog.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 largestBacklog = 8LL * 1024 * 1024;
constexpr std::chrono::milliseconds partingTime{1'000};

/// One limit for all channels: what counts is how much strangers can write into the journal.
bool mayLog()
{
    static RateLimit limit{20, 0.2};
    return limit.take();
}

Error lost(const QString& label, const QString& why)
{
    return {Errc::PeerUnreachable, u"the connection to %1 ended: %2"_s.arg(label, why)};
}

} // namespace

QHostAddress plainAddress(const QHostAddress& address)
{
    bool isIpv4 = false;
    const quint32 ipv4 = address.toIPv4Address(&isIpv4);
    return isIpv4 ? QHostAddress{ipv4} : address;
}

Channel::Channel(std::unique_ptr<QSslSocket> socket, QString label, QObject* parent)
    : QObject{parent}, m_socket{std::move(socket)}, m_label{std::move(label)},
      m_local{plainAddress(m_socket->localAddress())},
      m_remote{plainAddress(m_socket->peerAddress())}, m_chain{m_socket->peerCertificateChain()}
{
    m_frames.setLimit(strangersFrames);
    m_socket->setReadBufferSize(2 * static_cast<qint64>(FrameReader::largest));
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    // The kernel gives up unacknowledged data as soon as we would: nothing lingers for 15 minutes.
    const auto patience = static_cast<unsigned>(KeepAlive{}.silence.count());
    ::setsockopt(static_cast<int>(m_socket->socketDescriptor()), IPPROTO_TCP, TCP_USER_TIMEOUT,
                 &patience, sizeof patience);
    connect(m_socket.get(), &QSslSocket::readyRead, this, &Channel::readFrames);
    connect(m_socket.get(), &QSslSocket::disconnected, this,
            [this] { end(lost(m_label, m_socket->errorString())); });
    connect(m_socket.get(), &QSslSocket::errorOccurred, this,
            [this] { end(lost(m_label, m_socket->errorString())); });
    connect(&m_pinger, &QTimer::timeout, this, &Channel::tick);
    m_heard.start();
    // What came along with the handshake's last bytes has been announced already.
    QMetaObject::invokeMethod(this, &Channel::readFrames, Qt::QueuedConnection);
}

Channel::~Channel()
{
    blockSignals(true);
    end(lost(m_label, u"it is not needed any more"_s));
    m_socket->disconnect(this);
    m_socket->abort();
}

Task<Result<QJsonObject>> Channel::call(QString method, QJsonObject params,
                                        std::chrono::milliseconds deadline)
{
    if (!m_open)
        co_return failure(Errc::PeerUnreachable, u"the connection to %1 has ended"_s.arg(m_label));
    const qint64 id = ++m_lastId;
    const QByteArray payload = rpc::request(id, method, params);
    if (payload.size() > FrameReader::largest)
        co_return failure(Errc::InvalidArgument, u"%1: the request is too long"_s.arg(method));
    const OneShot<Result<QJsonObject>> reply;
    m_pending.insert(id, reply);
    reply.expire(
        deadline,
        failure(Errc::Timeout,
                u"%1 did not answer %2 within %3 ms"_s.arg(m_label, method).arg(deadline.count())));
    const QPointer<Channel> self{this};
    send(payload);
    auto result = co_await reply;
    if (self)
        self->m_pending.remove(id);
    co_return result;
}

void Channel::notify(const QString& method, const QJsonObject& params)
{
    send(rpc::notification(method, params));
}

void Channel::answer(const QJsonValue& id, const Result<QJsonObject>& result)
{
    const QByteArray payload = rpc::response(id, result);
    if (payload.size() > FrameReader::largest)
        send(rpc::response(id, failure(Errc::Internal, u"the answer is too long"_s)));
    else
        send(payload);
}

void Channel::answerUnknownMethod(const QJsonValue& id, const QString& method)
{
    handle(rpc::Fault{id, rpc::methodNotFound,
                      printable(method).first(std::min<qsizetype>(method.size(), 100))});
}

void Channel::trust(KeepAlive keepAlive)
{
    m_keepAlive = keepAlive;
    m_frames.setLimit(FrameReader::largest);
    m_heard.start();
    m_ticked.start();
    m_pinger.start(keepAlive.ping);
}

void Channel::tick()
{
    // After a pause of this whole process (frozen, host suspended) the answers wait in the kernel.
    if (std::chrono::milliseconds{m_ticked.restart()} > 2 * m_keepAlive.ping)
        m_heard.start();
    if (std::chrono::milliseconds{m_heard.elapsed()} > m_keepAlive.silence) {
        close(lost(m_label, u"no sign of life for %1 ms"_s.arg(m_heard.elapsed())));
        return;
    }
    notify(u"ping"_s);
}

void Channel::readFrames()
{
    if (!m_open)
        return;
    m_frames.append(m_socket->readAll());
    while (m_open) {
        const auto frame = m_frames.next();
        if (!frame) {
            if (mayLog())
                spdlog::warn("{}: a frame of {} bytes; connection closed", m_label.toStdString(),
                             frame.error().announced);
            close({Errc::ProtocolError, u"%1 sent a frame that is too long"_s.arg(m_label)});
            return;
        }
        const auto& whole = *frame;
        if (!whole)
            return;
        m_heard.start();
        handle(*whole);
    }
}

void Channel::handle(const QByteArray& frame)
{
    const auto message = rpc::parse(frame);
    if (const auto* const response = std::get_if<rpc::Response>(&message)) {
        handle(*response);
    } else if (const auto* const fault = std::get_if<rpc::Fault>(&message)) {
        handle(*fault);
    } else if (const auto& request = std::get<rpc::Request>(message); !request.isNotification()) {
        Q_EMIT requested(request.id, request.method, request.params);
    } else if (request.method != "ping"_L1) {
        Q_EMIT notified(request.method, request.params);
    }
}

void Channel::handle(const rpc::Response& response)
{
    if (const auto pending = m_pending.constFind(response.id); pending != m_pending.constEnd()) {
        pending->complete(response.result);
        return;
    }
    const bool late =
        response.id > 0 && response.id <= m_lastId; // its deadline passed, or a duplicate
    if (late || !mayLog())
        return;
    if (response.id == 0)
        spdlog::warn("{}: {}", m_label.toStdString(),
                     response.result.error().message().toStdString());
    else
        spdlog::warn("{}: answer to request {} that was never sent", m_label.toStdString(),
                     response.id);
}

void Channel::handle(const rpc::Fault& fault)
{
    if (mayLog())
        spdlog::warn("{}: refused a message: {} ({})", m_label.toStdString(),
                     fault.message.toStdString(), fault.code);
    send(rpc::response(fault));
    if (fault.breaksProtocol())
        finish({Errc::ProtocolError, u"%1 sent what is no JSON-RPC 2.0 message"_s.arg(m_label)});
}

void Channel::send(const QByteArray& payload)
{
    if (!m_open)
        return;
    m_socket->write(toFrame(payload));
    if (m_socket->bytesToWrite() + m_socket->encryptedBytesToWrite() > largestBacklog)
        close(lost(m_label, u"it does not read what is sent"_s));
}

void Channel::close(const Error& reason)
{
    if (!m_open)
        return;
    end(reason);
    m_socket->abort();
}

void Channel::finish(const Error& reason)
{
    if (!m_open)
        return;
    // The owner drops the channel when it hears `closed`; the socket says goodbye by itself.
    QSslSocket* const socket = m_socket.get();
    end(reason);
    socket->disconnect(this);
    m_socket.release()->setParent(QCoreApplication::instance());
    m_socket = std::make_unique<QSslSocket>();
    connect(socket, &QSslSocket::disconnected, socket, &QObject::deleteLater);
    QTimer::singleShot(partingTime, socket, [socket] { delete socket; });
    socket->disconnectFromHost();
}

void Channel::end(const Error& reason)
{
    if (!m_open)
        return;
    m_open = false;
    m_pinger.stop();
    for (const auto& reply : std::as_const(m_pending))
        reply.complete(std::unexpected{reason.as(Errc::PeerUnreachable)});
    Q_EMIT closed(reason);
}

} // namespace lockstep
