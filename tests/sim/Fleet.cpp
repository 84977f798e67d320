// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Fleet.h"

#include <algorithm>

namespace lockstep::sim {

namespace {

constexpr Milliseconds toSettle = 60'000; // at most
constexpr Milliseconds between = 100; // two looks at whether all have settled
constexpr Milliseconds quiet = 3'000; // nothing may change any more
constexpr Milliseconds daemonAway = 4'000;
constexpr Milliseconds killsWithin = 2'000;
constexpr Milliseconds bootTime = 700;
constexpr size_t shownAtMost = 10;

} // namespace

bool Fleet::isPossible(const FleetSetting& setting)
{
    const int apart = setting.hosts / std::max(1, setting.killed);
    return setting.neighbours < setting.hosts && apart > setting.neighbours;
}

Fleet::Fleet(const FleetSetting& setting)
    : m_setting{setting}, m_dice{setting.seed}, m_time{m_queue, -1},
      m_machines(size_t(setting.hosts)), m_losses(size_t(setting.hosts) * size_t(setting.pairs))
{
    Setting own;
    own.arbitration = Arbitration::Record;
    own.faults = 0;
    own.inFleet = true;
    for (int number = 0; number < setting.hosts * setting.pairs; ++number) {
        const int host = number / setting.pairs;
        const int other = (host + 1 + number % setting.neighbours) % setting.hosts;
        own.seed = setting.seed * 1'000'003 + std::uint64_t(number);
        m_members.emplace_back(number, std::array{host, other}, own, Lane{m_queue, number});
    }
    link();
}

void Fleet::link()
{
    for (Member& member : m_members) {
        const auto ends = std::minmax(member.hosts[0], member.hosts[1]);
        const auto [line, isNew] =
            m_lines.try_emplace({ends.first, ends.second}, std::array{ends.first, ends.second},
                                m_machines, m_time, m_dice);
        line->second.add(member);
    }
}

std::vector<std::string> Fleet::run()
{
    for (Member& member : m_members)
        member.world.begin();
    for (auto& [hosts, line] : m_lines)
        line.begin();
    bool sound = stage("all are to be protected", toSettle);
    m_protectedAfter = m_queue.now() - quiet;
    crash(victim(0));
    m_time.after(daemonAway, [this] { restart(victim(0)); });
    sound = sound && runFor(daemonAway) && stage("a daemon was away", toSettle);
    for (int number = 0; number < m_setting.killed; ++number) {
        // Two at the same time, the others whenever it happens.
        const auto when = number < 2 ? 0 : m_dice.between(0, killsWithin);
        m_time.after(when, [this, number] { kill(victim(number)); });
    }
    sound = sound && runFor(killsWithin) && stage("hosts lost power", toSettle);
    for (int number = 1; number < m_setting.killed; ++number)
        revive(victim(number));
    if (sound && runFor(bootTime))
        (void)stage("hosts are back", toSettle);
    return m_wrong;
}

int Fleet::victim(int number) const { return number * (m_setting.hosts / m_setting.killed); }

/// Runs until every pair is as it should be, and then on, as it has to stay so.
bool Fleet::stage(const std::string& name, Milliseconds longest)
{
    const auto end = m_queue.now() + longest;
    while (!isSettled() && m_queue.now() < end) {
        if (!runFor(between))
            return false;
    }
    if (!runFor(quiet))
        return false;
    for (size_t number = 0; number < m_members.size(); ++number) {
        const auto wrong = wrongWith(number);
        if (!wrong.empty() && m_wrong.size() < shownAtMost)
            m_wrong.push_back("pair " + std::to_string(number) + ", after " + name + ": " + wrong);
    }
    if (rejected() > 0)
        m_wrong.push_back(std::to_string(rejected()) + " heartbeats were not taken, after " + name);
    return m_wrong.empty();
}

std::uint64_t Fleet::rejected() const
{
    std::uint64_t sum = 0;
    for (const auto& [hosts, line] : m_lines)
        sum += line.rejected();
    return sum;
}

/// False once a rule is broken.
bool Fleet::runFor(Milliseconds time)
{
    const auto end = m_queue.now() + time;
    while (m_queue.step(end)) {
        ++m_events;
        const int owner = m_queue.owner();
        if (owner < 0)
            continue;
        const auto number = size_t(owner);
        World& world = m_members[number].world;
        world.check();
        if (!world.outcome().violation.empty()) {
            m_wrong.push_back("pair " + std::to_string(number) + ": " + world.outcome().violation);
            return false;
        }
        noteOutage(number);
    }
    return true;
}

bool Fleet::isSettled() const
{
    for (size_t number = 0; number < m_members.size(); ++number) {
        if (!wrongWith(number).empty())
            return false;
    }
    return true;
}

/// What of a pair is not as it should be by now, in words; empty if nothing is.
std::string Fleet::wrongWith(size_t number) const
{
    const Member& member = m_members[number];
    const World& world = member.world;
    const Loss& loss = m_losses[number];
    const int takeovers = loss.ofPrimary ? 1 : 0;
    if (world.outcome().takeovers != takeovers)
        return "it was taken over " + std::to_string(world.outcome().takeovers) + " times, not "
            + std::to_string(takeovers);
    const auto hasPower = [this, &member](int side) {
        return m_machines[size_t(member.hosts[size_t(side)])].powered;
    };
    if (hasPower(0) && hasPower(1)) {
        if (world.isProtected() && world.mind(0).role != world.mind(1).role)
            return {};
        return "both its hosts live, and it is not protected:" + world.describe();
    }
    const Mind& left = world.mind(loss.left);
    if (left.isPrimary() && left.state == PairState::Alone && left.sole && world.canSend(loss.left))
        return {};
    return "one of its hosts is dead, and the other does not run it alone:" + world.describe();
}

void Fleet::noteOutage(size_t number)
{
    Loss& loss = m_losses[number];
    if (loss.left >= 0 && !loss.outage && m_members[number].world.canSend(loss.left))
        loss.outage = m_queue.now() - loss.at;
}

template <typename Action>
void Fleet::eachOn(int host, Action action)
{
    for (size_t number = 0; number < m_members.size(); ++number) {
        Member& member = m_members[number];
        if (std::ranges::contains(member.hosts, host))
            action(number, member.world, member.sideOf(host));
    }
}

void Fleet::kill(int host)
{
    m_machines[size_t(host)] = {.powered = false, .daemonRuns = false};
    eachOn(host, [this](size_t number, World& world, int side) {
        m_losses[number] = {.left = 1 - side,
                            .ofPrimary = world.mind(side).isPrimary(),
                            .at = m_queue.now(),
                            .outage = {}};
        world.powerOff(side);
    });
}

void Fleet::revive(int host)
{
    m_machines[size_t(host)].powered = true;
    eachOn(host, [](size_t /*number*/, World& world, int side) { world.powerOn(side, bootTime); });
    m_time.after(bootTime, [this, host] { restart(host); });
}

void Fleet::crash(int host)
{
    m_machines[size_t(host)].daemonRuns = false;
    eachOn(host, [](size_t /*number*/, World& world, int side) { world.crash(side); });
}

void Fleet::restart(int host)
{
    m_machines[size_t(host)].daemonRuns = true;
    for (auto& [hosts, line] : m_lines) {
        if (hosts.first == host || hosts.second == host)
            line.restart(host);
    }
    eachOn(host, [](size_t /*number*/, World& world, int side) { world.restart(side); });
}

FleetFigures Fleet::figures() const
{
    FleetFigures figures;
    figures.pairs = int(m_members.size());
    figures.events = m_events;
    figures.time = m_queue.now();
    figures.protectedAfter = m_protectedAfter;
    for (const auto& [hosts, line] : m_lines)
        figures.datagrams += line.datagrams();
    for (const Member& member : m_members) {
        figures.takeovers += member.world.outcome().takeovers;
        figures.detachments += member.world.outcome().detachments;
    }
    for (const Loss& loss : m_losses) {
        if (loss.outage)
            (loss.ofPrimary ? figures.takeoverOutages : figures.aloneOutages)
                .push_back(*loss.outage);
    }
    return figures;
}

} // namespace lockstep::sim
