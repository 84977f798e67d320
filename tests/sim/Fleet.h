// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "Line.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::sim {

struct FleetSetting
{
    int hosts{50};
    int pairs{20}; ///< Of which each host is the primary.
    int neighbours{4}; ///< The hosts after it that have their shadows.
    int killed{5}; ///< Hosts that lose power; the first of them for good.
    std::uint64_t seed{1};
};

struct FleetFigures
{
    int pairs{0};
    std::uint64_t events{0};
    std::uint64_t datagrams{0}; ///< Heartbeats that were sent.
    Milliseconds time{0}; ///< In the simulation.
    Milliseconds protectedAfter{0}; ///< All of them, from the start on.
    int takeovers{0};
    int detachments{0}; ///< Primaries that went on alone.
    /// From the loss of power until the guest's clients are answered again, by who went on.
    std::vector<Milliseconds> takeoverOutages;
    std::vector<Milliseconds> aloneOutages;
};

/// Many hosts in virtual time, each with many pairs, whose decisions are the daemon's own: they
/// become protected, a daemon dies and comes back, hosts lose power, and all but one of them come
/// back. After each step the rules of World hold; after each stage, those of wrongWith().
class Fleet
{
public:
    /// Killed hosts have to be further apart than neighbours are, so that no pair loses both.
    [[nodiscard]] static bool isPossible(const FleetSetting& setting);
    explicit Fleet(const FleetSetting& setting);
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    /// Runs all stages. Returns what is not by the rules, in words; nothing if all is well.
    [[nodiscard]] std::vector<std::string> run();
    [[nodiscard]] FleetFigures figures() const;

private:
    /// What a pair went through.
    struct Loss
    {
        int left{-1}; ///< The side that still has power; -1: both have.
        bool ofPrimary{false};
        Milliseconds at{0};
        std::optional<Milliseconds> outage;
    };

    void link();
    [[nodiscard]] int victim(int number) const;
    [[nodiscard]] bool stage(const std::string& name, Milliseconds longest);
    [[nodiscard]] bool runFor(Milliseconds time);
    [[nodiscard]] bool isSettled() const;
    [[nodiscard]] std::uint64_t rejected() const;
    [[nodiscard]] std::string wrongWith(size_t number) const;
    void noteOutage(size_t number);
    void kill(int host);
    void revive(int host);
    void crash(int host);
    void restart(int host);
    template <typename Action>
    void eachOn(int host, Action action);

    const FleetSetting m_setting;
    Queue m_queue;
    Dice m_dice;
    Lane m_time; ///< Of what is nobody's.
    std::vector<Machine> m_machines;
    std::deque<Member> m_members;
    std::vector<Loss> m_losses; ///< By the pair's number.
    std::map<std::pair<int, int>, Line> m_lines;
    std::vector<std::string> m_wrong;
    std::uint64_t m_events{0};
    Milliseconds m_protectedAfter{0};
};

} // namespace lockstep::sim
