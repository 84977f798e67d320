// SPDX-License-Identifier: LGPL-2.1-or-later
#include "World.h"

namespace lockstep::sim {

bool World::isConnected() const
{
    return m_session && passes(0, Dedicated) && passes(1, Dedicated);
}

/// Whether what the guest says on this host reaches its clients.
bool World::canSend(int host) const
{
    const Host& own = m_hosts[host];
    const Host& other = m_hosts[1 - host];
    if (!own.powered || own.paused || own.qemu.frozen)
        return false;
    if (own.qemu.kind == Kind::Plain)
        return true;
    // Compare lets nothing out without the shadow's own answer.
    return own.qemu.kind == Kind::Primary && isConnected() && other.powered && !other.paused
        && !other.qemu.frozen && other.qemu.kind == Kind::Shadow;
}

QemuSense World::senseOf(int host) const
{
    const Qemu& qemu = m_hosts[host].qemu;
    if (qemu.frozen && qemu.kind != Kind::None)
        return QemuSense::Hung;
    switch (qemu.kind) {
    case Kind::None:
        return qemu.turnedOff ? QemuSense::Off : QemuSense::Died;
    case Kind::Plain:
        return QemuSense::Plain;
    case Kind::Incoming:
        return QemuSense::Unknown;
    case Kind::Primary:
    case Kind::Shadow:
        return m_session ? QemuSense::Colo : QemuSense::Left;
    }
    return QemuSense::Unknown;
}

/// The daemon learns what has become of its QEMU, some time later.
void World::notice(int host)
{
    later(host, m_dice.between(1, 40), [this, host] {
        const auto now = senseOf(host);
        if (m_hosts[host].daemon.mind.qemu != now)
            happen(host, QemuChanged{now});
    });
}

/// The connection between the two QEMUs ends. The other side hears of it only if a packet gets
/// there.
void World::sever(int host)
{
    if (!m_session)
        return;
    m_session = false;
    notice(host);
    if (passes(host, Dedicated))
        notice(1 - host);
}

void World::endQemu(int host, bool turnedOff)
{
    Host& own = m_hosts[host];
    if (own.qemu.kind == Kind::None)
        return;
    const bool twin = own.qemu.kind == Kind::Primary || own.qemu.kind == Kind::Shadow;
    // A checkpoint may have been under way: what a shadow leaves on disk is of no use then.
    if (own.qemu.kind == Kind::Incoming || (own.qemu.kind == Kind::Shadow && m_session))
        own.qemu.disk = -1;
    own.qemu.kind = Kind::None;
    own.qemu.frozen = false;
    own.qemu.turnedOff = turnedOff;
    if (twin)
        sever(host);
    notice(host);
}

void World::startGuest(int host)
{
    Host& own = m_hosts[host];
    note("host " + std::to_string(host) + ": the guest is started");
    own.qemu.kind = Kind::Plain;
    own.qemu.frozen = false;
    ++m_outcome.boots;
    if (own.qemu.disk != m_acked)
        violate("the guest is started from a disk that lacks writes");
    notice(host);
}

/// A client writes, and gets its answer if anybody can send it.
void World::write()
{
    for (int host = 0; host < 2; ++host) {
        Host& own = m_hosts[host];
        if (!canSend(host))
            continue;
        if (own.qemu.disk != m_acked)
            violate("host " + std::to_string(host) + " is live with disk "
                    + std::to_string(own.qemu.disk) + " and clients know of "
                    + std::to_string(m_acked));
        if (own.qemu.kind == Kind::Primary)
            m_hosts[1 - host].qemu.disk = m_acked + 1;
        own.qemu.disk = ++m_acked;
        break;
    }
    m_queue.after(37, [this] { write(); });
}

void World::check()
{
    if (canSend(0) && canSend(1))
        violate("both hosts are live");
}

} // namespace lockstep::sim
