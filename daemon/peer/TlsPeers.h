// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/RateLimit.h"
#include "base/SerialThread.h"
#include "peer/Heartbeats.h"
#include "peer/Link.h"
#include "peer/Reception.h"

namespace lockstep {

/// Peers over TLS as Peers.h and design.md describe. Main thread only. After start() it listens and
/// keeps a connection to every accepted host; stop() must be awaited before it is destroyed.
/// Methods on the wire: hello, pair.request, ready, pair.removed, ping, heartbeat.agree, and those
/// of handle().
class TlsPeers final : public Peers, private Host
{
    Q_OBJECT
public:
    static constexpr quint16 usualPort = 49500;
    static constexpr int mostCallsAtOnce = 64; ///< Of one peer; more are answered Busy.

    struct Options
    {
        QHostAddress listen{QHostAddress::Any};
        quint16 port{usualPort}; ///< 0: any free one.
        QString name; ///< What others call this host.
        QString stateDirectory;
        std::chrono::milliseconds patience{10'000}; ///< For strangers on the control port.
        Link::Timings timings;
        TcpActivity tcpActivity; ///< May be empty.
    };

    TlsPeers(Options options, Store& store);
    ~TlsPeers() override;

    /// Loads or makes the identity, loads the peers, listens. Errors: StoreError, NetworkError.
    [[nodiscard]] Task<Result<void>> start();
    /// Ends all connections and awaits what still runs.
    [[nodiscard]] Task<void> stop();
    [[nodiscard]] quint16 port() const
    {
        return m_reception ? m_reception->serverPort() : quint16{0};
    }

    [[nodiscard]] PeerId ownId() const override { return m_identity ? m_identity->id() : PeerId{}; }
    [[nodiscard]] QString ownName() const override { return m_options.name; }
    [[nodiscard]] QList<PeerInfo> peers() const override;
    [[nodiscard]] Result<PeerInfo> find(const QString& nameOrId) const override;
    [[nodiscard]] Result<PeerInfo> peer(const PeerId& id) const override;
    [[nodiscard]] Task<Result<PeerProbe>> probe(QString address) override;
    [[nodiscard]] Task<Result<PeerInfo>> add(QString address, PeerId expected,
                                             QString name) override;
    [[nodiscard]] Task<Result<PeerInfo>> accept(QString nameOrId, PeerId expected) override;
    [[nodiscard]] Task<Result<void>> remove(PeerId id) override;
    [[nodiscard]] Task<Result<QJsonObject>> call(PeerId id, QString method, QJsonObject params,
                                                 std::chrono::milliseconds deadline) override;
    void handle(const QString& method, Handler handler) override;
    [[nodiscard]] Task<Result<QString>> qemuCredentials(PeerId id, uint uid, uint gid) override;
    [[nodiscard]] Task<Result<void>> setHeartbeat(PeerId id, HeartbeatSettings settings) override
    {
        return m_heartbeats.set(std::move(id), std::move(settings));
    }
    void setPairBeats(PairBeats provider) override
    {
        m_heartbeats.setPairBeats(std::move(provider));
    }
    void beatSoon(const PeerId& id) override { m_heartbeats.beatSoon(id); }
    [[nodiscard]] std::optional<PairBeat> pairHealth(const PeerId& id,
                                                     const DomainUuid& pair) const override
    {
        return m_heartbeats.pairBeat(id, pair);
    }
    [[nodiscard]] QList<PairBeat> pairsOf(const PeerId& id) const override
    {
        return m_heartbeats.pairBeats(id);
    }

private:
    [[nodiscard]] Result<Hello> greet(const Visitor& visitor) override;
    [[nodiscard]] Result<bool> pairingAsked(const Visitor& visitor) override;
    void arrived(const Visitor& visitor, ChannelPtr channel) override;
    void turnedAway(const PeerId& id, const Error& reason) override;

    /// Both are there once start() has made them; nothing that needs them is called before.
    [[nodiscard]] const Identity& identity() const;
    [[nodiscard]] Dialer& dialer();
    [[nodiscard]] Hello ownHello(const PeerId& to) const;
    [[nodiscard]] PeerInfo toInfo(const PeerRecord& record) const;
    [[nodiscard]] std::shared_ptr<Link> link(const PeerId& id) const;
    std::shared_ptr<Link> startLink(const PeerId& id, bool now);
    /// Makes the record known as accepted and waits a moment for the connection.
    [[nodiscard]] Task<Result<PeerInfo>> settle(PeerRecord record);
    /// What `peer add` may do with a host that is known already. Errors: PeerExists,
    /// InvalidArgument.
    [[nodiscard]] Result<void> mayAdd(const HostPort& place, const PeerId& expected) const;
    void serve(const PeerId& id, const QJsonValue& requestId, const QString& method,
               const QJsonObject& params);
    [[nodiscard]] Task<void> answer(PeerId id, QPointer<Channel> channel, QJsonValue requestId,
                                    QString method, QJsonObject params);

    Options m_options;
    Store& m_store;
    std::optional<Identity> m_identity;
    PeerBook m_book;
    std::optional<Dialer> m_dialer;
    std::unique_ptr<Reception> m_reception;
    std::map<PeerId, std::shared_ptr<Link>> m_links;
    QHash<QString, Handler> m_handlers;
    QHash<PeerId, int> m_serving;
    Heartbeats m_heartbeats;
    RateLimit m_pairingRequests{20, 2};
    SerialThread m_diskWork; ///< Makes folders, one after the other.
    TaskSet m_tasks;
};

} // namespace lockstep
