// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Peers.h"

#include <QTimer>

#include <map>

namespace lockstep::test {

/// One host's view of one other host, whose handlers it calls through the event loop. The link can
/// be cut, and either the other side or its answers can be lost. What its provider says of pairs
/// goes to the other side as heartbeats would carry it.
class FakePeers final : public Peers
{
    Q_OBJECT
public:
    explicit FakePeers(const QString& name, QStringList* journal = nullptr);

    /// Two hosts that trust each other and are connected.
    static void join(FakePeers& left, FakePeers& right);
    void setConnected(bool on);
    /// What this side makes of the other one's heartbeats; it hears them only while they are well.
    void setHealth(PeerHealth health, const QString& reason = {});
    /// The link between both goes down, or comes back.
    void setLink(bool up);
    /// Any host, this pair's other one or a stranger, asks this one.
    [[nodiscard]] Task<Result<QJsonObject>> ask(PeerId from, QString method, QJsonObject params);
    /// This host's daemon has ended: nobody answers.
    void fallSilent() { m_handlers.clear(); }
    /// What was asked of this host is still being worked on, and uses what answers it.
    [[nodiscard]] bool isServing() const { return m_serving > 0; }
    [[nodiscard]] Handler handler(const QString& method) const { return m_handlers.at(method); }

    std::map<QString, Result<QJsonObject>> answers; ///< Instead of asking the other side.
    QStringList silent; ///< Methods that the other side never gets.
    QStringList lostReplies; ///< Methods that it gets, but whose answers are lost.
    PeerInfo other;
    std::map<DomainUuid, PairBeat> pairBeats; ///< What the other side's heartbeats say.

    [[nodiscard]] PeerId ownId() const override { return m_id; }
    [[nodiscard]] QString ownName() const override { return m_name; }
    [[nodiscard]] QList<PeerInfo> peers() const override { return {other}; }
    [[nodiscard]] Result<PeerInfo> find(const QString& nameOrId) const override;
    [[nodiscard]] Result<PeerInfo> peer(const PeerId& id) const override;
    [[nodiscard]] Task<Result<PeerProbe>> probe(QString address) override;
    [[nodiscard]] Task<Result<PeerInfo>> add(QString address, PeerId expected,
                                             QString name) override;
    [[nodiscard]] Task<Result<PeerInfo>> accept(QString nameOrId, PeerId expected) override;
    [[nodiscard]] Task<Result<void>> remove(PeerId id) override;
    [[nodiscard]] Task<Result<QJsonObject>> call(PeerId id, QString method, QJsonObject params,
                                                 std::chrono::milliseconds deadline) override;
    void handle(const QString& method, Handler handler) override
    {
        m_handlers[method] = std::move(handler);
    }
    [[nodiscard]] Task<Result<QString>> qemuCredentials(PeerId id, uint uid, uint gid) override;
    [[nodiscard]] Task<Result<void>> setHeartbeat(PeerId id, HeartbeatSettings settings) override;
    void setPairBeats(PairBeats provider) override { m_provider = std::move(provider); }
    void beatSoon(const PeerId&) override { m_beat.start(0); }
    [[nodiscard]] std::optional<PairBeat> pairHealth(const PeerId& id,
                                                     const DomainUuid& pair) const override;

    [[nodiscard]] QList<PairBeat> pairsOf(const PeerId& id) const override;

private:
    [[nodiscard]] Task<Result<QJsonObject>> serve(PeerId from, QString method, QJsonObject params);
    void beat();
    void receive(const QList<PairBeat>& beats);

    PairBeats m_provider;
    QTimer m_beat;
    QString m_name;
    PeerId m_id;
    QStringList* m_journal;
    FakePeers* m_other{nullptr};
    std::map<QString, Handler> m_handlers;
    int m_serving{0};
};

} // namespace lockstep::test
