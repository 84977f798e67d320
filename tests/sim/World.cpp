// SPDX-License-Identifier: LGPL-2.1-or-later
#include "World.h"

#include <cstdio>

namespace lockstep::sim {

namespace {

constexpr Milliseconds faultsUntil = 20'000;
constexpr Milliseconds healedUntil = 80'000;

} // namespace

World::World(const Setting& setting, Lane time)
    : m_setting{setting}, m_queue{time}, m_dice{setting.seed}, m_tending{setting.inFleet}
{
    for (auto& host : m_hosts) {
        Mind& mind = host.daemon.disk;
        mind.arbitration = setting.arbitration;
        mind.primaryContinues = setting.primaryContinues;
        mind.autoProtect = true;
        mind.sole = false;
        host.skew = 0.7 + 0.1 * double(m_dice.below(8));
    }
    Host& first = m_hosts[0];
    first.daemon.disk.known = true;
    first.daemon.disk.sole = true;
    first.daemon.disk.epoch = 1;
    first.qemu.kind = Kind::Plain;
    first.qemu.disk = 0;
    m_record = {1, 0, false};
}

void World::begin()
{
    boot(0, QemuSense::Plain);
    boot(1, QemuSense::Died);
    for (int host = 0; host < 2 && !m_setting.inFleet; ++host) {
        beat(host);
        sense(host);
    }
    write();
    plan();
}

Outcome World::run(Queue& queue)
{
    begin();
    m_queue.after(faultsUntil, [this] { heal(); });
    while (m_outcome.violation.empty() && queue.step(healedUntil)) {
        ++m_outcome.steps;
        check();
    }
    if (m_outcome.violation.empty()) {
        judgeEnd();
        m_outcome.isUnsafe = false;
    }
    return m_outcome;
}

void World::note(const std::string& what)
{
    if (m_setting.trace)
        std::printf("%8.3f s  %s\n", double(m_queue.now()) / 1000, what.c_str());
}

void World::violate(const std::string& what)
{
    if (!m_outcome.violation.empty())
        return;
    note("VIOLATION: " + what);
    m_outcome.violation = what;
    m_outcome.isUnsafe = true;
}

Outcome run(const Setting& setting)
{
    Queue queue;
    World world{setting, Lane{queue, 0}};
    return world.run(queue);
}

} // namespace lockstep::sim
