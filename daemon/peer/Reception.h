// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Dialer.h"

#include <QTcpServer>

#include <list>

namespace lockstep {

/// Decides about those who come; implemented by whoever knows the other hosts.
class Host
{
public:
    virtual ~Host() = default;
    /// What to answer to a greeting. Errors are told to the visitor.
    [[nodiscard]] virtual Result<Hello> greet(const Visitor& visitor) = 0;
    /// It asks to be accepted. Returns whether it is.
    [[nodiscard]] virtual Result<bool> pairingAsked(const Visitor& visitor) = 0;
    /// It uses this connection from now on.
    virtual void arrived(const Visitor& visitor, ChannelPtr channel) = 0;
    /// Why a visitor that proved who it is was turned away.
    virtual void turnedAway(const PeerId& id, const Error& reason) = 0;
};

/// One incoming connection until it is trusted: TLS, proof, greeting; then at most a request to be
/// accepted, or "ready". Says ended() after it handed over or closed the connection.
class Guest final : public QObject
{
    Q_OBJECT
public:
    Guest(std::unique_ptr<QSslSocket> socket, Host& host, std::chrono::milliseconds patience,
          QObject* parent);
    ~Guest() override;

Q_SIGNALS:
    void ended();

private:
    void introduce();
    void request(const QJsonValue& id, const QString& method, const QJsonObject& params);
    void hello(const QJsonValue& id, const QJsonObject& params);
    void notification(const QString& method);
    void refuse(const QString& why);

    Host& m_host;
    QString m_label;
    std::unique_ptr<QSslSocket> m_socket; ///< Until TLS is done.
    ChannelPtr m_channel; ///< After it.
    Visitor m_visitor;
    bool m_greeted{false};
    QTimer m_patience;
};

/// Listens on the control port. Strangers get `patience` from connecting to being trusted; when
/// more than `mostGuests` wait, the oldest has to go, so that idle ones cannot keep others out.
class Reception final : public QTcpServer
{
    Q_OBJECT
public:
    static constexpr size_t mostGuests = 32;

    Reception(const Identity& identity, Host& host, std::chrono::milliseconds patience,
              QObject* parent);
    ~Reception() override;

    /// Errors: NetworkError.
    [[nodiscard]] Result<void> open(const QHostAddress& address, quint16 port);

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    void forget(Guest* guest);

    const Identity& m_identity;
    Host& m_host;
    std::chrono::milliseconds m_patience;
    std::list<Guest*> m_guests; ///< Children of this, oldest first.
};

} // namespace lockstep
