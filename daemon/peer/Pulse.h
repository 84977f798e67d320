// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/RateLimit.h"
#include "peer/Detector.h"
#include "peer/HeartbeatSocket.h"
#include "peer/HeartbeatView.h"
#include "peer/RoundTrip.h"
#include "peer/SessionGuard.h"

#include <QHash>
#include <QTimer>

#include <functional>

namespace lockstep {

/// How long ago the kernel of `remote` was last seen alive on QEMU's own connections; nothing if
/// there are none. Must not block.
using TcpActivity = std::function<std::optional<std::chrono::milliseconds>(
    const QHostAddress& local, const QHostAddress& remote)>;

/// The heartbeats between this host and one peer: sends ours, judges its. Needs a secret and the
/// peer's address to do anything. Main thread only.
class Pulse final : public QObject
{
    Q_OBJECT
public:
    struct Context
    {
        PeerId ownId;
        quint64 ownSession{0};
        TcpActivity& tcpActivity; ///< Both may be empty.
        PairBeats& pairBeats;
    };
    /// The previous secret is accepted so long after the peer was heard to use the current one.
    static constexpr std::chrono::milliseconds previousSecretHolds{10'000};
    /// A path without heartbeats gets a new socket so often: addresses may have changed.
    static constexpr std::chrono::milliseconds reopenPeriod{2'000};
    /// A heartbeat that took longer is not taken for one of now.
    static constexpr std::chrono::milliseconds longestRoundTrip{10'000};

    Pulse(PeerId id, QString name, HeartbeatRecord record, Context context);
    ~Pulse() override;

    void setRoute(int path, const std::optional<HeartbeatRoute>& route);
    void setTiming(HeartbeatTiming timing);
    void setSecrets(const HeartbeatSecrets& secrets);
    [[nodiscard]] const HeartbeatSecrets& secrets() const { return m_secrets; }
    /// The peer told its session, and what it had sent, on the control channel.
    void agreed(quint64 session, const SessionGuard::Sequences& sent);
    /// What we have sent, per path.
    [[nodiscard]] SessionGuard::Sequences sequences() const;
    /// Sends now and not only with the next interval: something has changed.
    void beatSoon();

    [[nodiscard]] PeerHealth health() const { return m_detector.verdict().health; }
    /// All but the settings.
    [[nodiscard]] HeartbeatView view() const;
    /// What the peer last said of a pair; nothing if its heartbeats do not mention it (any more).
    [[nodiscard]] std::optional<PairBeat> pairBeat(const DomainUuid& uuid) const;
    [[nodiscard]] QList<PairBeat> pairBeats() const;

    /// Microseconds that also pass while the host is suspended (CLOCK_BOOTTIME).
    [[nodiscard]] static Instant now();

Q_SIGNALS:
    void healthChanged();
    void pairBeatsChanged();
    void secretsChanged();

private:
    struct Path
    {
        std::optional<HeartbeatRoute> route;
        std::unique_ptr<HeartbeatSocket> socket;
        Instant opened{0};
        quint64 sequence{0}; ///< Of the last that we sent.
        Instant peerSent{0}; ///< Of the last that came; 0 if none did.
        Instant heard{0};
        RoundTrip roundTrip;
    };
    struct Said
    {
        PairBeat beat;
        Instant sent{0}; ///< By the peer's clock.
        Instant heard{0};
        friend bool operator==(const Said&, const Said&) = default;
    };

    [[nodiscard]] Path& of(int path) { return m_paths.at(size_t(path)); }
    [[nodiscard]] const Path& of(int path) const { return m_paths.at(size_t(path)); }
    void open(int path);
    /// Also from within the socket's own signals.
    static void close(Path& path);
    /// What is sent back belongs to one session.
    void forgetEcho();
    void onTimer();
    void schedule();
    void send(Instant late);
    void send(Path& path, const Heartbeat& common);
    void receive(int path, const QByteArray& datagram);
    void reject(Rejection reason);
    /// Nothing if the datagram may count.
    [[nodiscard]] std::optional<Rejection> take(int path, const Heartbeat& beat, Instant now);
    void noteKey(qsizetype index, Instant now);
    void notePairs(const Heartbeat& beat, Instant now);
    void evaluate(Instant now, Instant late);
    void tell();

    PeerId m_id;
    QString m_name;
    Context m_context;
    HeartbeatTiming m_timing;
    HeartbeatSecrets m_secrets;
    QList<QByteArray> m_acceptedSecrets;
    QList<HeartbeatKey> m_receivingKeys;
    HeartbeatKey m_sendingKey;
    std::optional<Instant> m_retirePrevious;
    SessionGuard m_guard;
    Detector m_detector;
    std::array<Path, Detector::paths> m_paths;
    std::array<quint64, size_t(rejectionCount)> m_rejected{};
    RateLimit m_logLimit{3, 0.05};
    QHash<DomainUuid, Said> m_said;
    quint64 m_saidIn{0}; ///< The session.
    std::chrono::milliseconds m_peerInterval{0};
    PeerHealth m_toldHealth{PeerHealth::Unknown};
    QString m_toldReason;
    QTimer m_timer;
    Instant m_due{0};
    Instant m_nextBeat{0};
    Instant m_worstLate{0}; ///< Since the last heartbeat was sent.
};

} // namespace lockstep
