// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "peer/Frames.h"
#include "peer/JsonRpc.h"

#include <QElapsedTimer>
#include <QHash>
#include <QHostAddress>
#include <QObject>
#include <QPointer>
#include <QSslSocket>
#include <QTimer>

#include <memory>

namespace lockstep {

/// One TLS connection whose handshake is done, as a stream of JSON-RPC messages both ways. Knows
/// nothing of whom it serves: requests come out as signals. Whatever breaks the protocol is
/// answered as JSON-RPC says, logged within limits, and ends the connection if it cannot be read
/// on.
class Channel final : public QObject
{
    Q_OBJECT
public:
    struct KeepAlive
    {
        std::chrono::milliseconds ping{1'000};
        std::chrono::milliseconds silence{4'000}; ///< Without any frame for so long it is closed.
    };
    /// Frames from strangers are short: there is nothing long that they may say.
    static constexpr quint32 strangersFrames = 16 * 1024;

    /// `label` names the other side in the log.
    Channel(std::unique_ptr<QSslSocket> socket, QString label, QObject* parent);
    ~Channel() override;

    /// Errors: PeerUnreachable (connection lost or closed), Timeout, InvalidArgument (too long),
    /// and the other side's. The channel may be destroyed meanwhile.
    [[nodiscard]] Task<Result<QJsonObject>> call(QString method, QJsonObject params,
                                                 std::chrono::milliseconds deadline);
    void notify(const QString& method, const QJsonObject& params = {});
    void answer(const QJsonValue& id, const Result<QJsonObject>& result);
    void answerUnknownMethod(const QJsonValue& id, const QString& method);

    /// Ends the connection at once; pending calls fail with PeerUnreachable and this reason.
    void close(const Error& reason);
    /// Sends what is queued, then ends the connection.
    void finish(const Error& reason);
    [[nodiscard]] bool isOpen() const { return m_open; }

    /// From now on long frames are allowed and silence ends the connection.
    void trust(KeepAlive keepAlive);

    [[nodiscard]] QHostAddress localAddress() const { return m_local; }
    [[nodiscard]] QHostAddress remoteAddress() const { return m_remote; }
    [[nodiscard]] QList<QSslCertificate> chain() const { return m_chain; }

Q_SIGNALS:
    void requested(const QJsonValue& id, const QString& method, const QJsonObject& params);
    void notified(const QString& method, const QJsonObject& params);
    /// Once, when the connection has ended for whatever reason.
    void closed(const lockstep::Error& reason);

private:
    void readFrames();
    void handle(const QByteArray& frame);
    void handle(const rpc::Response& response);
    void handle(const rpc::Fault& fault);
    void send(const QByteArray& payload);
    void tick();
    void end(const Error& reason);

    std::unique_ptr<QSslSocket> m_socket;
    QString m_label;
    QHostAddress m_local;
    QHostAddress m_remote;
    QList<QSslCertificate> m_chain;
    FrameReader m_frames;
    QHash<qint64, OneShot<Result<QJsonObject>>> m_pending;
    qint64 m_lastId{0};
    bool m_open{true};
    KeepAlive m_keepAlive;
    QTimer m_pinger;
    QElapsedTimer m_heard;
    QElapsedTimer m_ticked;
};

/// Deleted from the event loop, because channels end inside their own signals.
struct DeleteLater
{
    void operator()(QObject* object) const { object->deleteLater(); }
};
using ChannelPtr = std::unique_ptr<Channel, DeleteLater>;

/// An IPv4 address as such, also where it came through an IPv6 socket.
[[nodiscard]] QHostAddress plainAddress(const QHostAddress& address);

} // namespace lockstep
