// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Reach.h"

#include <QTcpSocket>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 3s;
constexpr double muchLoss = 5; // per cent

Reach reachOf(QAbstractSocket::SocketError error)
{
    switch (error) {
    case QAbstractSocket::ConnectionRefusedError:
        return Reach::Refused;
    case QAbstractSocket::SocketTimeoutError:
        return Reach::Silent;
    default:
        return Reach::Unreachable;
    }
}

/// What nft calls packets from there.
QString from(const QHostAddress& address)
{
    bool isIPv4 = false; // also if it is written as an IPv6 one
    const QHostAddress plain{address.toIPv4Address(&isIPv4)};
    QHostAddress other{address};
    other.setScopeId({});
    return isIPv4 ? u"ip saddr "_s + plain.toString() : u"ip6 saddr "_s + other.toString();
}

QString openPort(const QHostAddress& source, const QString& kind, quint16 port)
{
    return u"in your input chain, e.g. nft insert rule inet filter input %1 %2 dport %3 accept (or "
           "firewall-cmd --permanent --add-port=%3/%2 && firewall-cmd --reload)"_s.arg(
               from(source), kind, QString::number(port));
}

QString openPorts(const PeerInfo& peer, const QString& kind)
{
    return u"on %1: "_s.arg(peer.name) + openPort(peer.localAddress, kind, peer.port);
}

} // namespace

Task<Reach> tryControlPort(QHostAddress local, QString host, quint16 port)
{
    const OneShot<Reach> outcome;
    QTcpSocket socket;
    QObject::connect(&socket, &QTcpSocket::connected, [outcome] { outcome.complete(Reach::Open); });
    QObject::connect(
        &socket, &QTcpSocket::errorOccurred,
        [outcome](QAbstractSocket::SocketError error) { outcome.complete(reachOf(error)); });
    if (!local.isNull() && !socket.bind(local))
        co_return Reach::NoAddress;
    socket.connectToHost(host, port);
    outcome.expire(patience, Reach::Silent);
    const Reach reach = co_await outcome;
    QObject::disconnect(&socket, nullptr, nullptr, nullptr);
    co_return reach;
}

Finding judgeLostPeer(const PeerInfo& peer, Reach reach)
{
    const QString place = u"%1 (%2)"_s.arg(peer.name, peer.address);
    switch (reach) {
    case Reach::Open:
        return wrong(Id::Peer,
                     u"%1 takes connections, but there is no control channel: %2"_s.arg(
                         place, peer.lastError.isEmpty() ? u"it is being made"_s : peer.lastError),
                     u"lockstep peer show %1; on %1: journalctl -u lockstepd tells its side"_s.arg(
                         peer.name));
    case Reach::Refused:
        if (peer.isHeard())
            return wrong(
                Id::Firewall,
                u"%1 sends heartbeats, but refuses TCP port %2: its firewall seems to reject it"_s
                    .arg(place)
                    .arg(peer.port),
                openPorts(peer, u"tcp"_s));
        return wrong(
            Id::Peer,
            u"lockstepd does not run on %1: TCP port %2 is refused"_s.arg(place).arg(peer.port),
            u"on %1: systemctl start lockstepd"_s.arg(peer.name));
    case Reach::Silent:
        if (peer.isHeard() || peer.heartbeat.health == PeerHealth::DaemonGone)
            return wrong(
                Id::Firewall,
                u"%1 lives, but TCP port %2 is silent: a firewall seems to drop it"_s.arg(place)
                    .arg(peer.port),
                openPorts(peer, u"tcp"_s));
        break;
    case Reach::NoAddress:
        return wrong(
            Id::Link,
            u"this host does not have the address %1 any more, over which it knows %2"_s.arg(
                peer.localAddress.toString(), peer.name),
            u"ip address add %1/PREFIX dev DEVICE"_s.arg(peer.localAddress.toString()));
    case Reach::Unreachable:
        break;
    }
    return wrong(Id::Peer,
                 u"%1 does not answer: the host is off, or the link between is cut"_s.arg(place),
                 u"ping -c 3 -I %1 %2; see that %3 is on, and to cable and switch"_s.arg(
                     peer.localAddress.toString(), peer.address, peer.name));
}

QList<Finding> judgeHeartbeats(const PeerInfo& peer, quint16 ownPort)
{
    const auto& heartbeat = peer.heartbeat;
    QList<Finding> found;
    double loss = 0;
    quint64 rejected = 0;
    for (const PathView& path : heartbeat.paths)
        loss = std::max(loss, path.up ? path.lossPercent : 0);
    for (const quint64 number : heartbeat.rejected)
        rejected += number;
    switch (heartbeat.health) {
    case PeerHealth::Alive:
        break;
    case PeerHealth::Slow:
        found << warning(Id::Heartbeats,
                         u"heartbeats of %1 are slow: %2"_s.arg(peer.name, heartbeat.reason),
                         u"on %1: top; or allow more time: lockstep peer set %1 "
                         "--heartbeat-timeout 1000"_s.arg(peer.name));
        break;
    case PeerHealth::PathDown:
        found << warning(
            Id::Heartbeats,
            u"heartbeats of %1 come over one path only: %2"_s.arg(peer.name, heartbeat.reason),
            u"lockstep peer show %1 tells which; see to its cable, and that UDP port %2 "
            "passes"_s.arg(peer.name)
                .arg(ownPort));
        break;
    case PeerHealth::Gone:
    case PeerHealth::DaemonGone:
    case PeerHealth::Unknown:
        found << wrong(Id::Heartbeats,
                       u"%1 answers, but its heartbeats do not come: a firewall seems to drop UDP "
                       "port %2"_s.arg(peer.name)
                           .arg(ownPort),
                       openPort(peer.remoteAddress, u"udp"_s, ownPort));
        break;
    }
    if (loss > muchLoss)
        found << warning(
            Id::Heartbeats,
            u"%1 % of the heartbeats of %2 are lost"_s.arg(loss, 0, 'f', 1).arg(peer.name),
            u"ip -s link show: see to errors and drops, to cable and switch"_s);
    if (rejected > 0)
        found << note(Id::Heartbeats,
                      u"%1 datagrams in the name of %2 were rejected: lockstep peer show %2 tells "
                      "why"_s.arg(rejected)
                          .arg(peer.name));
    if (found.isEmpty())
        found << fine(Id::Heartbeats, u"heartbeats come, and %1 % are lost"_s.arg(loss, 0, 'f', 1));
    return found;
}

} // namespace lockstep::doctor
