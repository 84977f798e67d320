// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Dialer.h"

namespace lockstep {

using namespace Qt::StringLiterals;

Task<Result<ChannelPtr>> Dialer::connectTo(QString host, quint16 port)
{
    const QString label =
        host.contains(u':') ? u"[%1]:%2"_s.arg(host).arg(port) : u"%1:%2"_s.arg(host).arg(port);
    auto socket = std::make_unique<QSslSocket>();
    QSslSocket* const raw = socket.get();
    const OneShot<Result<void>> ready;
    QObject::connect(raw, &QSslSocket::encrypted, raw, [ready] { ready.complete({}); });
    QObject::connect(raw, &QSslSocket::errorOccurred, raw, [ready, raw, label] {
        ready.complete(failure(Errc::PeerUnreachable, u"%1: %2"_s.arg(label, raw->errorString())));
    });
    ready.expire(connectTime,
                 failure(Errc::PeerUnreachable,
                         u"%1: no connection within %2 ms"_s.arg(label).arg(connectTime.count())));
    raw->setSslConfiguration(m_identity.tls());
    if (!m_source.isNull())
        raw->bind(m_source);
    raw->connectToHostEncrypted(host, port);
    const auto connected = co_await ready;
    raw->disconnect();
    LOCKSTEP_CO_CHECK(connected);
    if (raw->state() != QAbstractSocket::ConnectedState)
        co_return failure(Errc::PeerUnreachable, u"%1 closed the connection"_s.arg(label));
    co_return ChannelPtr{new Channel{std::move(socket), label, m_owner}};
}

Task<Result<Dialer::Connection>> Dialer::open(QString host, quint16 port, Purpose purpose,
                                              std::optional<PeerId> expected)
{
    LOCKSTEP_CO_TRY(channel, co_await connectTo(host, port));
    const auto id = provenId(channel->chain());
    if (!id) {
        co_return failure(Errc::ProtocolError,
                          u"%1 port %2 shows no certificate of a lockstepd"_s.arg(host).arg(port),
                          u"Check address and port: something else answers there."_s);
    }
    if (expected && *id != *expected) {
        co_return failure(
            Errc::FingerprintMismatch,
            u"%1 shows the fingerprint %2, not %3"_s.arg(host, id->value, expected->value));
    }
    Hello greeting = m_greeting(*id);
    greeting.probe = purpose == Purpose::Probe;
    LOCKSTEP_CO_TRY(answer, co_await channel->call(u"hello"_s, toJson(greeting), greetingTime));
    LOCKSTEP_CO_TRY(hello, helloFromJson(answer));
    if (hello.id != *id)
        co_return failure(Errc::ProtocolError,
                          u"%1 claims to be another host than its key says"_s.arg(host));
    Visitor visitor{.id = *id,
                    .hello = hello,
                    .authority = channel->chain().at(1).toPem(),
                    .localAddress = channel->localAddress(),
                    .remoteAddress = channel->remoteAddress()};
    co_return Connection{std::move(channel), std::move(visitor)};
}

} // namespace lockstep
