// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fakes/FakePeers.h"
#include "fakes/MemoryStore.h"
#include "peer/Heartbeats.h"

namespace lockstep::test {

/// One host whose control channel is a fake and whose heartbeats are real, on a loopback address.
class HeartbeatSide final
{
public:
    struct Place
    {
        QString address;
        quint16 port{0};
    };
    HeartbeatSide(const QString& name, Place own, Place other);
    ~HeartbeatSide();

    /// Also after stop(), as a daemon that starts again.
    void start();
    void stop();
    [[nodiscard]] bool isRunning() const { return m_beats != nullptr; }
    [[nodiscard]] Heartbeats& beats() { return *m_beats; }

    [[nodiscard]] HeartbeatView view() const { return m_beats->view(peers.other.id); }
    [[nodiscard]] PeerHealth health() const { return view().health; }
    [[nodiscard]] Result<void> set(HeartbeatSettings settings);
    /// As the store has it.
    [[nodiscard]] QJsonObject record() const
    {
        return store.documents[QStringLiteral("heartbeat")][peers.other.id.value];
    }
    /// What it sends comes from here.
    [[nodiscard]] HeartbeatRoute route() const;

    FakePeers peers;
    MemoryStore store;
    QStringList journal;
    TcpActivity tcpActivity;
    QList<PairBeat> pairs;

    /// Makes both know and trust each other, without a control channel yet.
    static void introduce(HeartbeatSide& left, HeartbeatSide& right);
    /// A new control channel.
    static void connect(HeartbeatSide& left, HeartbeatSide& right);
    static void disconnect(HeartbeatSide& left, HeartbeatSide& right);

private:
    Place m_own;
    Place m_other;
    std::unique_ptr<Heartbeats> m_beats;
};

/// A UDP port that is free on all loopback addresses, most likely.
[[nodiscard]] quint16 freePort();

} // namespace lockstep::test
