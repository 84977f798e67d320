// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "peer/Peers.h"
#include "peer/Pulse.h"

#include <map>

namespace lockstep {

class Store;

/// The heartbeats to and from all trusted peers. Secrets are agreed over the control channel with
/// each connection of it ("heartbeat.agree") and kept in the store, so that heartbeats go on, over
/// the second path too, when the channel cannot be had, also after a restart. Datagrams use the
/// control channel's port number and the addresses of its last connection. Main thread only.
class Heartbeats final : public QObject
{
    Q_OBJECT
public:
    static constexpr QLatin1StringView agreeMethod{"heartbeat.agree"};
    static constexpr std::chrono::milliseconds agreePeriod{2'000}; ///< After a failure.
    static constexpr std::chrono::milliseconds figuresPeriod{1'000};

    /// All must outlive it; `tcpActivity` may be empty.
    Heartbeats(Peers& peers, Store& store, TcpActivity tcpActivity);
    ~Heartbeats() override;

    /// Begins a new session and beats to the peers that are trusted, from our UDP port `port`.
    /// Errors: StoreError.
    [[nodiscard]] Task<Result<void>> start(quint16 port);
    /// Falls silent at once, then awaits what still runs.
    [[nodiscard]] Task<void> stop();

    /// Errors: UnknownPeer, InvalidArgument, StoreError.
    [[nodiscard]] Task<Result<void>> set(PeerId id, HeartbeatSettings settings);
    void setPairBeats(PairBeats provider) { m_pairBeats = std::move(provider); }
    void beatSoon(const PeerId& id);

    [[nodiscard]] HeartbeatView view(const PeerId& id) const;
    [[nodiscard]] std::optional<PairBeat> pairBeat(const PeerId& id, const DomainUuid& pair) const;
    [[nodiscard]] QList<PairBeat> pairBeats(const PeerId& id) const;

Q_SIGNALS:
    void healthChanged(const lockstep::PeerId& id);
    void pairBeatsChanged(const lockstep::PeerId& id);
    /// Round trip times, loss or rejected datagrams; once a second at most.
    void figuresChanged(const lockstep::PeerId& id);

private:
    struct DeleteLater
    {
        void operator()(Pulse* pulse) const { pulse->deleteLater(); }
    };
    using PulsePtr = std::unique_ptr<Pulse, DeleteLater>;

    [[nodiscard]] Task<Result<void>> beginSession();
    [[nodiscard]] Task<Result<void>> loadRecords();
    void look(const PeerId& id);
    void forget(const PeerId& id);
    PulsePtr makePulse(const PeerInfo& info);
    void aim(Pulse& pulse, const PeerInfo& info) const;
    [[nodiscard]] Pulse* pulse(const PeerId& id) const;
    void tellFigures();

    void beginAgreement(const PeerId& id);
    [[nodiscard]] Task<void> agree(PeerId id);
    [[nodiscard]] Task<Result<void>> ask(PeerId id);
    [[nodiscard]] Task<Result<QJsonObject>> answer(PeerId id, QJsonObject params);
    [[nodiscard]] QJsonObject offer(const Pulse& pulse, const QByteArray& nonce) const;
    [[nodiscard]] QByteArray secret(const PeerId& id, const QByteArray& own,
                                    const QByteArray& theirs) const;

    /// Saves m_records[id] as it is now.
    [[nodiscard]] Task<Result<void>> save(PeerId id);
    [[nodiscard]] Task<void> saveLater(PeerId id);
    [[nodiscard]] Task<void> erase(PeerId id);

    Peers& m_peers;
    Store& m_store;
    TcpActivity m_tcpActivity;
    PairBeats m_pairBeats;
    quint16 m_port{0};
    quint64 m_session{0};
    bool m_running{false};
    std::map<PeerId, HeartbeatRecord> m_records;
    std::map<PeerId, PulsePtr> m_pulses;
    std::map<PeerId, HeartbeatView> m_told;
    QTimer m_figures;
    TaskSet m_tasks;
};

} // namespace lockstep
