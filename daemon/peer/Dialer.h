// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Channel.h"
#include "peer/Hello.h"
#include "peer/Identity.h"

#include <functional>

namespace lockstep {

/// The other end of a new connection, as TLS and its greeting show it.
struct Visitor
{
    PeerId id; ///< Proven by TLS.
    Hello hello;
    QByteArray authority; ///< Its CA certificate, PEM.
    QHostAddress localAddress;
    QHostAddress remoteAddress;
};

/// Opens outgoing connections: TCP, TLS, proof of who answers, greeting. Decides nothing.
class Dialer final
{
public:
    static constexpr std::chrono::milliseconds connectTime{3'000};
    static constexpr std::chrono::milliseconds greetingTime{5'000};

    enum class Purpose { Use, Probe };
    /// What to say to the host with this id.
    using Greeting = std::function<Hello(const PeerId&)>;
    struct Connection
    {
        ChannelPtr channel;
        Visitor visitor;
    };

    /// `source` is the local address to dial from, null for whatever the routes say. Channels
    /// become children of `owner`.
    Dialer(const Identity& identity, QHostAddress source, Greeting greeting, QObject* owner)
        : m_identity{identity}, m_source{std::move(source)}, m_greeting{std::move(greeting)},
          m_owner{owner}
    { }

    /// Errors: PeerUnreachable, FingerprintMismatch (another key than `expected`; not greeted
    /// then), VersionMismatch, ProtocolError, Busy (the other side has a connection to us already).
    [[nodiscard]] Task<Result<Connection>> open(QString host, quint16 port, Purpose purpose,
                                                std::optional<PeerId> expected);

private:
    [[nodiscard]] Task<Result<ChannelPtr>> connectTo(QString host, quint16 port);

    const Identity& m_identity;
    QHostAddress m_source;
    Greeting m_greeting;
    QObject* m_owner;
};

} // namespace lockstep
