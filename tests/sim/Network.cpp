// SPDX-License-Identifier: LGPL-2.1-or-later
#include "World.h"

namespace lockstep::sim {

namespace {

constexpr Milliseconds beatInterval = 150;
constexpr Milliseconds beatTimeout = 500;
constexpr Milliseconds arbiterTimeout = 1000;

} // namespace

bool World::passes(int from, Path path) const
{
    return !m_cut[from][path] && m_hosts[0].powered && m_hosts[1].powered;
}

void World::send(int from, std::function<void()> arrive, Path path)
{
    if (!passes(from, path) || (m_loss > 0 && m_dice.oneIn(m_loss)))
        return;
    // Now and then late, so overtaken by what is sent after it; now and then twice.
    if (m_tending) {
        m_queue.after(m_dice.between(0, 3), std::move(arrive));
        return;
    }
    const auto delay = m_dice.oneIn(20) ? m_dice.between(50, 3000) : m_dice.between(0, 3);
    if (m_dice.oneIn(50))
        m_queue.after(delay + m_dice.between(0, 500), arrive);
    m_queue.after(delay, std::move(arrive));
}

void World::sendEither(int from, const std::function<void()>& arrive)
{
    send(from, arrive, passes(from, Dedicated) ? Dedicated : Second);
}

bool World::reachesArbiter(int host) const
{
    return !m_cutToArbiter[host] && !m_arbiterDown && m_hosts[host].powered;
}

Record World::recordOf(int host, const GrantSeen& grant)
{
    if (grant.owner == Side::Nobody)
        return {grant.epoch, -1, grant.inStep};
    return {grant.epoch, grant.owner == Side::Own ? host : 1 - host, grant.inStep};
}

GrantSeen World::seenBy(int host) const
{
    if (m_record.owner < 0)
        return {};
    return {m_record.epoch, m_record.owner == host ? Side::Own : Side::Other, m_record.inStep};
}

void World::askArbiter(int host, std::function<void()> carryOut)
{
    Daemon& daemon = m_hosts[host].daemon;
    const auto request = daemon.request = ++m_requests;
    const bool refused = !reachesArbiter(host) && m_dice.oneIn(2);
    if (refused) {
        later(host, 20, [this, host, request] {
            if (m_hosts[host].daemon.request == request)
                happen(host, ArbiterSilent{false});
        });
        return;
    }
    later(host, arbiterTimeout, [this, host, request] {
        if (m_hosts[host].daemon.request == request)
            happen(host, ArbiterSilent{true});
    });
    if (!reachesArbiter(host))
        return;
    // Once sent it may be carried out late, whatever becomes of who sent it.
    const auto delay = !m_tending && m_setting.faults > 1 && m_dice.oneIn(15)
        ? m_dice.between(500, 6000)
        : m_dice.between(1, 10);
    m_queue.after(delay, [this, carryOut = std::move(carryOut)] {
        if (!m_arbiterDown)
            carryOut();
    });
}

void World::answerFromArbiter(int host, std::uint64_t request, const Event& answer)
{
    if (!reachesArbiter(host) || (!m_tending && m_dice.oneIn(40)))
        return;
    m_queue.after(m_dice.between(1, 10), [this, host, request, answer] {
        Daemon& daemon = m_hosts[host].daemon;
        if (!daemon.up || daemon.request != request)
            return;
        daemon.request = 0;
        happen(host, answer);
    });
}

void World::readRecord(int host)
{
    const auto request = m_requests + 1;
    askArbiter(host, [this, host, request] {
        auto seen = seenBy(host);
        const Mind& mind = m_hosts[host].daemon.mind;
        if (m_setting.broken == Break::TrustStale && mind.claim == ClaimKind::Takeover
            && seen.owner == Side::Other)
            seen.inStep = true;
        answerFromArbiter(host, request, ArbiterRead{seen});
    });
}

void World::swap(int host, const Swap& action)
{
    const bool decides = action.kind == ClaimKind::GoAlone || action.kind == ClaimKind::Takeover;
    if (m_setting.broken == Break::SkipGrant && decides) {
        happen(host, ArbiterAnswered{true, action.wanted});
        return;
    }
    const auto request = m_requests + 1;
    askArbiter(host, [this, host, request, action] {
        auto expected = recordOf(host, action.seen);
        if (m_setting.broken == Break::TrustStale && action.kind == ClaimKind::Takeover)
            expected = m_record;
        const auto wanted = recordOf(host, action.wanted);
        if (m_record == expected) {
            m_record = wanted;
            note("arbiter: epoch " + std::to_string(wanted.epoch) + " is host "
                 + std::to_string(wanted.owner) + "'s" + (wanted.inStep ? ", in step" : ""));
        }
        const bool granted = m_record == wanted || m_setting.broken == Break::IgnoreDenial;
        const auto now = m_setting.broken == Break::IgnoreDenial ? action.wanted : seenBy(host);
        m_outcome.denials += granted ? 0 : 1;
        answerFromArbiter(host, request, ArbiterAnswered{granted, now});
    });
}

/// The other host is turned off; the answer comes once that is certain. It needs a path of its own,
/// to the other's power supply: here, that to the arbiter.
void World::fence(int host, const Swap& action)
{
    const auto patience = action.kind == ClaimKind::Takeover ? 700 : 1;
    Daemon& daemon = m_hosts[host].daemon;
    const auto request = daemon.request = ++m_requests;
    later(host, patience, [this, host, request, action] {
        if (m_hosts[host].daemon.request != request)
            return;
        if (!reachesArbiter(host)) {
            m_hosts[host].daemon.request = 0;
            happen(host, ArbiterSilent{true});
            return;
        }
        powerOff(1 - host);
        answerFromArbiter(host, request, ArbiterAnswered{true, action.wanted});
        later(host, 3000, [this, host, request] {
            if (m_hosts[host].daemon.request == request)
                happen(host, ArbiterSilent{true});
        });
    });
}

TheirWord World::wordOf(int host) const
{
    // Only what is on disk is told: what is not may never have been.
    const Daemon& daemon = m_hosts[host].daemon;
    const Mind& disk = daemon.disk;
    return {true,
            disk.known,
            disk.role,
            disk.state,
            disk.epoch,
            disk.sole,
            disk.promised,
            daemon.mind.qemu,
            disk.state == PairState::Interrupted && daemon.mind.isHandingOver()};
}

void World::beat(int host)
{
    m_queue.after(beatInterval, [this, host] { beat(host); });
    Host& own = m_hosts[host];
    if (!own.powered || own.paused || !own.daemon.up)
        return;
    const auto word = wordOf(host);
    const auto arrive = [this, host, word, sent = m_queue.now()] {
        Host& other = m_hosts[1 - host];
        // Numbered: what was overtaken does not count.
        if (other.paused || !other.powered || sent < other.lastBeat)
            return;
        other.lastBeat = sent;
        if (!other.daemon.up)
            return;
        if (other.daemon.mind.peer != PeerSense::Alive)
            happen(1 - host, PeerChanged{PeerSense::Alive});
        if (other.daemon.mind.theirs != word)
            happen(1 - host, TheySaid{word});
    };
    send(host, arrive, Dedicated);
    send(host, arrive, Second);
}

void World::hear(int host, const TheirWord& word)
{
    const Daemon& daemon = m_hosts[host].daemon;
    if (daemon.up && daemon.mind.theirs != word)
        happen(host, TheySaid{word});
}

void World::feel(int host, PeerSense sense)
{
    const Daemon& daemon = m_hosts[host].daemon;
    if (daemon.up && daemon.mind.peer != sense)
        happen(host, PeerChanged{sense});
}

/// The failure detector, as coarse as it may be.
void World::sense(int host)
{
    m_queue.after(beatInterval, [this, host] { sense(host); });
    Host& own = m_hosts[host];
    const Host& other = m_hosts[1 - host];
    if (!own.powered || own.paused || !own.daemon.up)
        return;
    if (m_queue.now() - own.lastBeat <= Milliseconds(double(beatTimeout) * own.skew))
        return;
    const bool answers = (passes(host, Dedicated) && passes(1 - host, Dedicated))
        || (passes(host, Second) && passes(1 - host, Second));
    auto now =
        answers && !other.paused && !other.daemon.up ? PeerSense::DaemonGone : PeerSense::Gone;
    if (own.daemon.mind.peer == PeerSense::Unknown && now == PeerSense::DaemonGone)
        return;
    if (own.daemon.mind.peer != now)
        happen(host, PeerChanged{now});
}

} // namespace lockstep::sim
