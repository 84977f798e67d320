// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/PeerExam.h"

#include "doctor/Clock.h"
#include "doctor/Versions.h"

#include <QDateTime>

namespace lockstep::doctor {

using namespace Qt::StringLiterals;

namespace {

/// There is a control channel, but no report came over it.
Finding judgeSilentPeer(const PeerInfo& peer, const Error& error)
{
    if (peer.heartbeat.health == PeerHealth::DaemonGone)
        return wrong(Id::Peer,
                     u"lockstepd on %1 hangs or is away, but the host lives: %2"_s.arg(
                         peer.name, error.message()),
                     u"on %1: systemctl restart lockstepd"_s.arg(peer.name));
    if (!peer.isHeard())
        return wrong(
            Id::Peer,
            u"%1 does not answer, nor do its heartbeats come: %2"_s.arg(peer.name, error.message()),
            u"see that %1 is on, and to cable and switch; then on %1: systemctl restart lockstepd"_s
                .arg(peer.name));
    return wrong(Id::Peer, u"%1 does not examine itself: %2"_s.arg(peer.name, error.message()),
                 u"lockstep doctor, on %1; if lockstepd %2 there does not know it: apt install "
                 "lockstep"_s.arg(peer.name, peer.version));
}

} // namespace

Task<Asked> askPeer(Peers& peers, PeerInfo peer)
{
    if (!peer.connected)
        co_return Asked{co_await tryControlPort(peer.localAddress, peer.address, peer.port)};
    Answer answer;
    answer.sentMs = QDateTime::currentMSecsSinceEpoch();
    const auto reply = co_await peers.call(peer.id, u"doctor"_s, {}, peerDeadline);
    answer.gotMs = QDateTime::currentMSecsSinceEpoch();
    if (!reply)
        co_return Asked{reply.error()};
    const auto report = reportFromJson(*reply);
    if (!report)
        co_return Asked{report.error()};
    answer.report = *report;
    co_return Asked{answer};
}

QList<Finding> judgePeer(const PeerInfo& peer, const Asked& asked, const HostReport& own,
                         const std::optional<LinkState>& ownLink, quint16 ownPort)
{
    if (const auto* const reach = std::get_if<Reach>(&asked))
        return {judgeLostPeer(peer, *reach)};
    if (const auto* const error = std::get_if<Error>(&asked))
        return {judgeSilentPeer(peer, *error)};
    const auto& answer = std::get<Answer>(asked);
    // Only now is it known that its daemon works, so that a firewall is to blame for silence.
    QList<Finding> found = judgeHeartbeats(peer, ownPort);
    found << fine(Id::Peer, u"there is a control channel to %1"_s.arg(peer.address));
    found << compareVersions(own, answer.report, peer.name);
    found << judgeOffset(answer.sentMs, answer.report, answer.gotMs, peer.name);
    if (ownLink)
        found << compareMtu(*ownLink, answer.report, peer.name);
    return found << answer.report.findings;
}

Finding judgeUntrusted(const PeerInfo& peer, const QString& ownName)
{
    if (peer.trust == PeerTrust::Asked)
        return warning(Id::Peer,
                       u"%1 asked to pair, and nobody here has accepted it"_s.arg(peer.name),
                       u"lockstep peer accept %1"_s.arg(peer.name));
    return warning(Id::Peer, u"%1 has not accepted this host yet"_s.arg(peer.name),
                   u"on %1: lockstep peer accept %2"_s.arg(peer.name, ownName));
}

} // namespace lockstep::doctor
