// SPDX-License-Identifier: LGPL-2.1-or-later
#include "World.h"

namespace lockstep::sim {

void World::plan()
{
    for (int number = 0; number < m_setting.faults; ++number)
        m_queue.after(m_dice.between(0, 16'000), [this] { strike(); });
    // Looked for now and then, though nothing is asked of it.
    const auto look = [this](const auto& self, int host) -> void {
        m_queue.after(700, [this, self, host] { self(self, host); });
        const Daemon& daemon = m_hosts[host].daemon;
        if (daemon.up && !m_hosts[host].paused && daemon.mind.work == Work::Nothing
            && daemon.mind.arbiterLost == reachesArbiter(host))
            happen(host, ArbiterSeen{reachesArbiter(host)});
    };
    if (m_setting.arbitration == Arbitration::Record) {
        look(look, 0);
        look(look, 1);
    }
    if (m_setting.arbitration == Arbitration::Manual)
        watchOver();
}

/// An administrator who has seen that a host is off tells the other one to go on.
void World::watchOver()
{
    m_queue.after(m_dice.between(800, 4000), [this] { watchOver(); });
    for (int host = 0; host < 2; ++host) {
        if (m_hosts[host].powered && !m_hosts[host].paused && !m_hosts[1 - host].powered)
            happen(host,
                   Told{m_hosts[host].daemon.mind.isPrimary() ? Wish::GoAlone : Wish::TakeOver});
    }
}

void World::strike()
{
    const int host = m_dice.below(2);
    const std::string where = "host " + std::to_string(host) + ": ";
    const auto lasting = m_dice.oneIn(3) ? m_dice.between(5, 300) : m_dice.between(300, 12'000);
    const int kind = m_dice.below(15);
    m_mustSurvive = m_setting.faults == 1 && kind != 9 && isProtected();
    switch (kind) {
    case 0:
        note(where + "power fails");
        powerOff(host);
        m_queue.after(lasting + 1500, [this, host] { powerOn(host); });
        break;
    case 1:
        crash(host);
        m_queue.after(lasting, [this, host] { boot(host, senseOf(host)); });
        break;
    case 2:
        note(where + "QEMU is killed");
        endQemu(host, false);
        break;
    case 3:
        note(where + "QEMU freezes");
        m_hosts[host].qemu.frozen = m_hosts[host].qemu.kind != Kind::None;
        notice(host);
        m_queue.after(lasting, [this, host] {
            m_hosts[host].qemu.frozen = false;
            notice(host);
        });
        break;
    case 4:
    case 5: {
        const bool both = m_dice.oneIn(2);
        const Path path = m_dice.oneIn(2) ? Dedicated : Second;
        note(where + (both ? "both paths are" : "a path is") + " cut");
        for (int which = 0; which < Paths; ++which) {
            if (both || which == path)
                m_cut[host][which] = true;
        }
        if (m_dice.oneIn(2))
            m_cut[1 - host] = m_cut[host];
        m_queue.after(lasting, [this] { m_cut = {}; });
        break;
    }
    case 6:
        note(where + "the arbiter is out of reach");
        m_cutToArbiter[host] = true;
        m_queue.after(lasting, [this, host] { m_cutToArbiter[host] = false; });
        break;
    case 7:
        note("the arbiter stops");
        m_arbiterDown = true;
        m_queue.after(lasting, [this] { m_arbiterDown = false; });
        break;
    case 8:
        note(where + "pauses");
        m_hosts[host].paused = true;
        m_queue.after(lasting, [this, host] {
            m_hosts[host].paused = false;
            for (const auto& what : std::exchange(m_hosts[host].held, {}))
                what();
        });
        break;
    case 9:
        note(where + "the guest powers off");
        if (canSend(host)) {
            // The shadow runs the same, and ends, too.
            const bool paired = m_hosts[host].qemu.kind == Kind::Primary;
            endQemu(host, true);
            if (paired)
                sever(host);
        }
        break;
    case 12:
        note(where + "the guest is to be handed over");
        happen(host, Told{Wish::HandOver});
        break;
    case 13:
        // Without an arbiter that is a word for which somebody has looked: see watchOver().
        if (m_setting.arbitration == Arbitration::Manual
            && m_hosts[host].daemon.mind.peer != PeerSense::Alive)
            break;
        note(where + "the guest is to go on alone");
        happen(host, Told{Wish::GoAlone});
        break;
    case 14: {
        // On one host only: the other may not have heard it, or be older.
        Daemon& daemon = m_hosts[host].daemon;
        if (!daemon.up)
            break;
        note(where + "on-arbiter-loss is changed");
        daemon.disk.primaryContinues = daemon.mind.primaryContinues = !daemon.mind.primaryContinues;
        if (daemon.mind.wish == Wish::Nothing)
            happen(host, TimerEnded{});
        break;
    }
    case 10:
        note("messages get lost");
        m_loss = 2 + m_dice.below(6);
        m_queue.after(lasting, [this] { m_loss = 0; });
        break;
    default: {
        // Again and again, with what the last one left behind.
        crash(host);
        for (int again = 1; again < 4; ++again) {
            m_queue.after(again * 400, [this, host] { boot(host, senseOf(host)); });
            m_queue.after(again * 400 + m_dice.between(1, 390), [this, host] { crash(host); });
        }
        m_queue.after(1700, [this, host] { boot(host, senseOf(host)); });
        break;
    }
    }
}

bool World::isProtected() const
{
    const auto is = [](const Host& host) {
        return host.daemon.up && host.daemon.disk.state == PairState::Protected;
    };
    return is(m_hosts[0]) && is(m_hosts[1]);
}

void World::powerOff(int host)
{
    Host& own = m_hosts[host];
    if (!own.powered)
        return;
    crash(host);
    // What ran there is gone at once; nothing tells the other side.
    if (own.qemu.kind == Kind::Incoming || (own.qemu.kind == Kind::Shadow && m_session))
        own.qemu.disk = -1;
    own.powered = false;
    own.paused = false;
    own.held.clear();
    own.qemu.kind = Kind::None;
    own.qemu.frozen = false;
    own.qemu.turnedOff = false;
    m_session = false;
    // Its twin stays in COLO, connected to nobody, until it is told or its daemon finds out.
}

void World::powerOn(int host)
{
    if (!m_hosts[host].powered)
        powerOn(host, m_dice.between(100, 1500));
}

void World::powerOn(int host, Milliseconds delay)
{
    Host& own = m_hosts[host];
    if (own.powered)
        return;
    note("host " + std::to_string(host) + ": power is back");
    own.powered = true;
    own.lastBeat = m_queue.now();
    m_queue.after(delay, [this, host] { restart(host); });
    notice(1 - host);
}

void World::heal()
{
    note("everything is healed");
    m_cut = {};
    m_cutToArbiter = {};
    m_arbiterDown = false;
    m_loss = 0;
    m_tending = true;
    for (int host = 0; host < 2; ++host) {
        m_hosts[host].qemu.frozen = false;
        powerOn(host);
        boot(host, senseOf(host));
        notice(host);
    }
    tend();
}

/// libvirt's hook lets a guest start only where this host alone may run it.
void World::tend()
{
    m_queue.after(2500, [this] { tend(); });
    for (int host = 0; host < 2; ++host) {
        Host& own = m_hosts[host];
        powerOn(host); // fenced meanwhile
        const Mind& disk = own.daemon.disk;
        if (own.powered && own.daemon.up && disk.known && disk.sole && disk.state == PairState::Off
            && own.qemu.kind == Kind::None)
            startGuest(host);
    }
}

std::string World::describe() const
{
    std::string text;
    for (int host = 0; host < 2; ++host) {
        const Mind& mind = m_hosts[host].daemon.mind;
        text += " host " + std::to_string(host) + ": "
            + (mind.known
                   ? toString(mind.role).toStdString() + " " + toString(mind.state).toStdString()
                   : std::string{"no pair"})
            + " epoch " + std::to_string(mind.epoch) + " qemu " + std::to_string(int(mind.qemu))
            + " peer " + std::to_string(int(mind.peer))
            + (mind.theirs.heard ? " says " : " silent ") + std::to_string(int(mind.theirs.state))
            + "/" + std::to_string(mind.theirs.epoch) + "/" + std::to_string(int(mind.theirs.qemu))
            + " work " + std::to_string(int(mind.work)) + (mind.sole ? " sole" : "")
            + (mind.claimed ? " claimed" : "") + (mind.promised ? " promised" : "")
            + (mind.waiting ? " waiting" : "") + ";";
    }
    return text + " record " + std::to_string(m_record.epoch) + " of "
        + std::to_string(m_record.owner);
}

void World::judgeEnd()
{
    const Mind& first = m_hosts[0].daemon.mind;
    const Mind& second = m_hosts[1].daemon.mind;
    const bool paired = first.state == PairState::Protected && second.state == PairState::Protected
        && first.role != second.role;
    // Without a record nobody can tell which of two hosts that both stopped has the newest state.
    const bool undecided = m_setting.arbitration != Arbitration::Record
        && m_hosts[0].qemu.kind != Kind::Plain && m_hosts[1].qemu.kind != Kind::Plain
        && (first.state == PairState::Interrupted || second.state == PairState::Interrupted);
    if (!paired && !undecided)
        violate("all is healed, and the pair is not protected:" + describe());
    if (m_mustSurvive && m_outcome.boots > 0)
        violate("one fault, and the guest had to boot");
}

} // namespace lockstep::sim
