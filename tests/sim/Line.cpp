// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Line.h"

#include "pair/Word.h"

#include <algorithm>
#include <utility>

namespace lockstep::sim {

namespace {

constexpr HeartbeatTiming timing{}; // as it is by default
constexpr Milliseconds latency = 2; // at most
constexpr Milliseconds refusalInterval = 1'000; // Linux, sysctl icmp_ratelimit

PeerSense senseOf(PeerHealth health)
{
    switch (health) {
    case PeerHealth::Unknown:
        return PeerSense::Unknown;
    case PeerHealth::Alive:
    case PeerHealth::Slow:
    case PeerHealth::PathDown:
        return PeerSense::Alive;
    case PeerHealth::DaemonGone:
        return PeerSense::DaemonGone;
    case PeerHealth::Gone:
        return PeerSense::Gone;
    }
    return PeerSense::Unknown;
}

/// Each line has a secret of its own, and each of its directions a key.
HeartbeatKey keyOf(const std::array<int, 2>& hosts, int sender)
{
    const auto secret = heartbeatSecret(QByteArray::number(hosts[0]), QByteArray::number(hosts[1]));
    return heartbeatKey(secret, PeerId{QString::number(sender)});
}

} // namespace

Member::Member(int number, std::array<int, 2> on, const Setting& setting, Lane time)
    : uuid{QUuid::createUuidV5(QUuid{}, QString::number(number))}, hosts{on}, world{setting, time}
{ }

Line::End::End(HeartbeatKey ownKey, Instant now) : key{std::move(ownKey)}, detector{timing, now} { }

Line::Line(std::array<int, 2> hosts, const std::vector<Machine>& machines, Lane time, Dice& dice)
    : m_hosts{hosts}, m_machines{machines}, m_time{time}, m_dice{dice},
      m_ends{End{keyOf(hosts, hosts[0]), now()}, End{keyOf(hosts, hosts[1]), now()}}
{ }

void Line::begin()
{
    for (int side = 0; side < 2; ++side)
        m_time.after(m_dice.between(0, timing.interval.count()), [this, side] { beat(side); });
}

void Line::restart(int host)
{
    End& end = m_ends[host == m_hosts[0] ? 0 : 1];
    end.detector = Detector{timing, now()};
    ++end.session;
    end.sequence = 0;
}

void Line::beat(int side)
{
    m_time.after(timing.interval.count(), [this, side] { beat(side); });
    if (!machine(side).daemonRuns)
        return;
    send(side);
    look(side);
}

void Line::send(int side)
{
    constexpr auto most = HeartbeatCodec::mostPairs;
    QList<PairBeat> all;
    for (const Member* const member : m_members)
        all << toBeat(member->uuid, member->world.wordOf(member->sideOf(m_hosts[side])), false);
    End& end = m_ends[side];
    const auto parts = std::max<qsizetype>(1, (all.size() + most - 1) / most);
    for (qsizetype part = 0; part < parts; ++part) {
        Heartbeat beat;
        beat.session = end.session;
        beat.sequence = ++end.sequence;
        beat.sent = now();
        beat.interval = timing.interval;
        beat.part = quint8(part);
        beat.parts = quint8(parts);
        beat.pairs = all.sliced(part * most, std::min(most, all.size() - part * most));
        ++m_datagrams;
        m_time.after(m_dice.between(0, latency),
                     [this, side, datagram = HeartbeatCodec::encode(beat, end.key)] {
                         arrive(1 - side, datagram);
                     });
    }
}

void Line::arrive(int side, const QByteArray& datagram)
{
    if (!machine(side).powered)
        return;
    if (!machine(side).daemonRuns) {
        refuse(1 - side);
        return;
    }
    const auto decoded = HeartbeatCodec::decode(datagram, {m_ends[1 - side].key});
    if (!decoded) {
        ++m_rejected;
        return;
    }
    const Heartbeat& beat = decoded->beat;
    m_ends[side].detector.heartbeat(0, now(), {.interval = beat.interval, .late = beat.late});
    tell(side);
    for (const PairBeat& pair : beat.pairs) {
        const auto member = std::ranges::find(m_members, pair.uuid, &Member::uuid);
        const auto word = wordFrom(pair);
        if (member == m_members.end() || !word) {
            ++m_rejected;
            continue;
        }
        (*member)->world.hear((*member)->sideOf(m_hosts[side]), *word);
    }
}

/// The other kernel says that nobody listens there.
void Line::refuse(int side)
{
    End& end = m_ends[side];
    if (!machine(side).daemonRuns || m_time.now() - end.refused < refusalInterval)
        return;
    end.refused = m_time.now();
    end.detector.unreachable(0, now());
    look(side);
}

/// Judges, and does so again when time alone may change the judgement.
void Line::look(int side)
{
    if (!machine(side).daemonRuns)
        return;
    End& end = m_ends[side];
    end.detector.tick(now(), Instant{0});
    tell(side);
    const auto next = end.detector.nextCheck();
    if (next == Instant::max())
        return;
    const auto at = Milliseconds{(next.count() + 999) / 1'000};
    if (end.nextLook > m_time.now() && end.nextLook <= at)
        return; // which will see to the rest
    end.nextLook = at;
    m_time.after(at - m_time.now(), [this, side] { look(side); });
}

void Line::tell(int side)
{
    const auto sense = senseOf(m_ends[side].detector.verdict().health);
    if (sense == PeerSense::Unknown)
        return;
    for (Member* const member : m_members)
        member->world.feel(member->sideOf(m_hosts[side]), sense);
}

} // namespace lockstep::sim
