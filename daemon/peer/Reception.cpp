// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Reception.h"

#include "base/RateLimit.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

bool mayLog()
{
    static RateLimit limit{20, 0.2};
    return limit.take();
}

} // namespace

Guest::Guest(std::unique_ptr<QSslSocket> socket, Host& host, std::chrono::milliseconds patience,
             QObject* parent)
    : QObject{parent}, m_host{host}, m_socket{std::move(socket)}
{
    m_label = u"[%1]:%2"_s.arg(plainAddress(m_socket->peerAddress()).toString())
                  .arg(m_socket->peerPort());
    connect(m_socket.get(), &QSslSocket::encrypted, this, &Guest::introduce);
    connect(m_socket.get(), &QSslSocket::errorOccurred, this,
            [this] { refuse(m_socket->errorString()); });
    connect(&m_patience, &QTimer::timeout, this,
            [this] { refuse(u"it took too long to introduce itself"_s); });
    m_patience.setSingleShot(true);
    m_patience.start(patience);
    m_socket->startServerEncryption();
}

Guest::~Guest() = default;

void Guest::introduce()
{
    const auto id = provenId(m_socket->peerCertificateChain());
    if (!id) {
        refuse(u"it shows no certificate of a lockstepd"_s);
        return;
    }
    m_socket->disconnect(this);
    m_channel.reset(new Channel{std::move(m_socket), m_label, this});
    m_visitor = {.id = *id,
                 .hello = {},
                 .authority = m_channel->chain().at(1).toPem(),
                 .localAddress = m_channel->localAddress(),
                 .remoteAddress = m_channel->remoteAddress()};
    connect(m_channel.get(), &Channel::requested, this, &Guest::request);
    connect(m_channel.get(), &Channel::notified, this, &Guest::notification);
    connect(m_channel.get(), &Channel::closed, this, &Guest::ended);
}

void Guest::request(const QJsonValue& id, const QString& method, const QJsonObject& params)
{
    if (method == "hello"_L1) {
        hello(id, params);
        return;
    }
    if (m_greeted && method == "pair.request"_L1) {
        const auto accepted = m_host.pairingAsked(m_visitor);
        m_channel->answer(
            id, accepted.transform([](bool yes) { return QJsonObject{{u"accepted"_s, yes}}; }));
        return;
    }
    if (mayLog())
        spdlog::warn("{}: {} before it is trusted", m_label.toStdString(),
                     printable(method).toStdString());
    const Error refusal{Errc::PeerNotAccepted,
                        u"this host has not accepted the key of the one that asks"_s};
    m_channel->answer(id, std::unexpected{refusal});
    m_channel->finish(refusal);
}

void Guest::hello(const QJsonValue& id, const QJsonObject& params)
{
    const auto theirs = helloFromJson(params);
    Result<Hello> ours = theirs;
    if (m_greeted) {
        ours = failure(Errc::ProtocolError, u"it greets twice"_s);
    } else if (theirs && theirs->id != m_visitor.id) {
        ours = failure(Errc::ProtocolError, u"it claims to be another host than its key says"_s);
    } else if (theirs) {
        m_visitor.hello = *theirs;
        ours = m_host.greet(m_visitor);
    }
    if (ours) {
        m_greeted = true;
        m_channel->answer(id, toJson(*ours));
        return;
    }
    if (mayLog())
        spdlog::warn("{}: {}", m_label.toStdString(), ours.error().message().toStdString());
    m_host.turnedAway(m_visitor.id, ours.error());
    m_channel->answer(id, std::unexpected{ours.error()});
    m_channel->finish(ours.error());
}

void Guest::notification(const QString& method)
{
    if (!m_greeted || method != "ready"_L1) {
        if (mayLog())
            spdlog::warn("{}: {} ignored before it is trusted", m_label.toStdString(),
                         printable(method).toStdString());
        return;
    }
    m_channel->disconnect(this);
    m_host.arrived(m_visitor, std::move(m_channel));
    Q_EMIT ended();
}

void Guest::refuse(const QString& why)
{
    if (mayLog())
        spdlog::warn("connection from {} closed: {}", m_label.toStdString(), why.toStdString());
    if (m_channel) {
        m_channel->close({Errc::ProtocolError, why}); // says ended()
        return;
    }
    m_socket->disconnect(this);
    m_socket->abort();
    Q_EMIT ended();
}

Reception::Reception(const Identity& identity, Host& host, std::chrono::milliseconds patience,
                     QObject* parent)
    : QTcpServer{parent}, m_identity{identity}, m_host{host}, m_patience{patience}
{ }

Reception::~Reception() = default;

Result<void> Reception::open(const QHostAddress& address, quint16 port)
{
    if (!listen(address, port)) {
        return failure(Errc::NetworkError,
                       u"cannot listen on %1 port %2: %3"_s.arg(address.toString())
                           .arg(port)
                           .arg(errorString()),
                       u"Check [control] listen and port in the configuration."_s);
    }
    return {};
}

void Reception::incomingConnection(qintptr descriptor)
{
    auto socket = std::make_unique<QSslSocket>();
    if (!socket->setSocketDescriptor(descriptor))
        return;
    socket->setSslConfiguration(m_identity.tls());
    if (m_guests.size() >= mostGuests)
        forget(m_guests.front());
    auto* const guest = new Guest{std::move(socket), m_host, m_patience, this};
    m_guests.push_back(guest);
    connect(guest, &Guest::ended, this, [this, guest] { forget(guest); });
}

void Reception::forget(Guest* guest)
{
    m_guests.remove(guest);
    guest->deleteLater();
}

} // namespace lockstep
