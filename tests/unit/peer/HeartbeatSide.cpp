// SPDX-License-Identifier: LGPL-2.1-or-later
#include "HeartbeatSide.h"

#include <QUdpSocket>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

HeartbeatSide::HeartbeatSide(const QString& name, Place own, Place other)
    : peers{name, &journal}, m_own{std::move(own)}, m_other{std::move(other)}
{ }

HeartbeatSide::~HeartbeatSide() { stop(); }

void HeartbeatSide::start()
{
    m_beats = std::make_unique<Heartbeats>(peers, store, tcpActivity);
    m_beats->setPairBeats([this](const PeerId&) { return pairs; });
    const auto started = QCoro::waitFor(m_beats->start(m_own.port));
    if (!started)
        qFatal("%s", qPrintable(started.error().message()));
}

void HeartbeatSide::stop()
{
    if (!m_beats)
        return;
    QCoro::waitFor(m_beats->stop());
    m_beats.reset();
}

Result<void> HeartbeatSide::set(HeartbeatSettings settings)
{
    return QCoro::waitFor(m_beats->set(peers.other.id, std::move(settings)));
}

HeartbeatRoute HeartbeatSide::route() const
{
    return {QHostAddress{m_own.address}, m_own.port, QHostAddress{m_other.address}, m_other.port};
}

void HeartbeatSide::introduce(HeartbeatSide& left, HeartbeatSide& right)
{
    FakePeers::join(left.peers, right.peers);
    for (HeartbeatSide* const side : {&left, &right}) {
        side->peers.other.connected = false;
        side->peers.other.localAddress = QHostAddress{side->m_own.address};
        side->peers.other.remoteAddress = QHostAddress{side->m_other.address};
        side->peers.other.port = side->m_other.port;
    }
}

void HeartbeatSide::connect(HeartbeatSide& left, HeartbeatSide& right)
{
    disconnect(left, right);
    left.peers.other.connected = true; // both, before either acts on it
    right.peers.other.connected = true;
    Q_EMIT left.peers.connected(left.peers.other.id);
    Q_EMIT right.peers.connected(right.peers.other.id);
}

void HeartbeatSide::disconnect(HeartbeatSide& left, HeartbeatSide& right)
{
    left.peers.setConnected(false);
    right.peers.setConnected(false);
}

quint16 freePort()
{
    QUdpSocket probe;
    if (!probe.bind(QHostAddress::Any))
        qFatal("no free port");
    return probe.localPort();
}

} // namespace lockstep::test
