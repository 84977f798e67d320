// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "base/Types.h"
#include "peer/HeartbeatView.h"
#include "peer/PairBeat.h"

#include <QHostAddress>
#include <QJsonObject>
#include <QList>
#include <QObject>

#include <functional>
#include <optional>

namespace lockstep {

enum class PeerTrust {
    Asked,    ///< The other host wants to pair with us; nobody here has accepted it.
    Asking,   ///< We accepted its key; it has not accepted ours yet.
    Trusted,  ///< Both sides accepted each other.
};

struct PeerInfo
{
    PeerId id;
    QString name;              ///< The other host's name; unique among our peers.
    QString address;           ///< Where its control port is, on the dedicated link.
    quint16 port{0};
    PeerTrust trust{PeerTrust::Asked};
    bool connected{false};
    QHostAddress
        localAddress;  ///< Our end of the control channel: our address on the dedicated link.
    QHostAddress remoteAddress; ///< Its end. Both are kept from the last connection.
    QString version;           ///< Version of its daemon, once it said so.
    QString lastError;         ///< Why there is no connection now, empty if there is.
    HeartbeatView heartbeat;   ///< What its heartbeats tell.

    /// Its daemon lives, even if there is no control channel yet.
    [[nodiscard]] bool isHeard() const
    {
        return heartbeat.health == PeerHealth::Alive || heartbeat.health == PeerHealth::Slow
            || heartbeat.health == PeerHealth::PathDown;
    }
};

/// What a host shows of itself before anybody trusts it.
struct PeerProbe
{
    QString name;
    PeerId id; ///< Fingerprint of the CA that its certificate chain ends in.
    QString version;
};

/// The other hosts: their identity and the control channel to each. Requests are JSON-RPC 2.0 calls
/// on one TLS 1.3 connection that both sides verify; handlers are called only for trusted peers.
/// Errors of call(): UnknownPeer, PeerNotAccepted, PeerUnreachable, Timeout, ProtocolError, and
/// whatever code, message and remedy the other side's handler failed with.
class Peers : public QObject
{
    Q_OBJECT
public:
    using Handler = std::function<Task<Result<QJsonObject>>(PeerId, QJsonObject)>;
    static constexpr std::chrono::milliseconds usualDeadline{10'000};

    [[nodiscard]] virtual PeerId ownId() const = 0;
    [[nodiscard]] virtual QString ownName() const = 0;
    [[nodiscard]] virtual QList<PeerInfo> peers() const = 0;
    /// By name, address, or unambiguous beginning (8 digits at least) of the fingerprint.
    [[nodiscard]] virtual Result<PeerInfo> find(const QString& nameOrId) const = 0;
    [[nodiscard]] virtual Result<PeerInfo> peer(const PeerId& id) const = 0;

    /// Asks the host at `address` ("host" or "host:port") who it is; trusts nothing.
    [[nodiscard]] virtual Task<Result<PeerProbe>> probe(QString address) = 0;
    /// Accepts the key with this fingerprint and asks the other side to accept ours. If the other
    /// side asked us before, this accepts it. Errors: FingerprintMismatch, PeerExists,
    /// PeerUnreachable.
    [[nodiscard]] virtual Task<Result<PeerInfo>> add(QString address, PeerId expected,
                                                     QString name) = 0;
    /// Accepts a host that asked. Errors: UnknownPeer, FingerprintMismatch.
    [[nodiscard]] virtual Task<Result<PeerInfo>> accept(QString nameOrId, PeerId expected) = 0;
    /// Forgets a host; its connection is closed. The caller has checked that no pair needs it.
    [[nodiscard]] virtual Task<Result<void>> remove(PeerId id) = 0;

    [[nodiscard]] virtual Task<Result<QJsonObject>>
    call(PeerId id, QString method, QJsonObject params,
         std::chrono::milliseconds deadline = usualDeadline) = 0;
    /// One handler per method; `method` is e.g. "shadow.prepare".
    virtual void handle(const QString& method, Handler handler) = 0;

    /// Folder with ca-cert.pem, server-{cert,key}.pem and client-{cert,key}.pem as QEMU's
    /// tls-creds-x509 wants it, for channels between us and this peer; readable by `uid`:`gid`
    /// only. Our leaf names our dedicated address; the CA file trusts the peer's CA and our own
    /// (QEMU checks its own certificate against it). Made again when the address changes.
    [[nodiscard]] virtual Task<Result<QString>> qemuCredentials(PeerId id, uint uid, uint gid) = 0;

    /// Takes effect at once and survives restarts; each host has its own. Errors: UnknownPeer,
    /// PeerNotAccepted, InvalidArgument (out of bounds), StoreError.
    [[nodiscard]] virtual Task<Result<void>> setHeartbeat(PeerId id,
                                                          HeartbeatSettings settings) = 0;
    /// From whom heartbeats learn what to say of our pairs; asked before each.
    virtual void setPairBeats(PairBeats provider) = 0;
    /// Sends a heartbeat now: something of a pair has changed.
    virtual void beatSoon(const PeerId& id) = 0;
    /// What the peer's heartbeats last said of a pair; nothing if they do not mention it. Whether
    /// it is of now, the peer's health tells.
    [[nodiscard]] virtual std::optional<PairBeat> pairHealth(const PeerId& id,
                                                             const DomainUuid& pair) const = 0;
    /// All that the peer's heartbeats say of pairs.
    [[nodiscard]] virtual QList<PairBeat> pairsOf(const PeerId& id) const = 0;

Q_SIGNALS:
    void peerChanged(const lockstep::PeerId& id);
    void peerRemoved(const lockstep::PeerId& id);
    void connected(const lockstep::PeerId& id);
    void disconnected(const lockstep::PeerId& id);
    /// The verdict on the peer or its reason; peerChanged() comes, too.
    void healthChanged(const lockstep::PeerId& id);
    /// What the peer's heartbeats say of some pair.
    void pairHealthChanged(const lockstep::PeerId& id);
};

} // namespace lockstep
