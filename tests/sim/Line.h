// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "World.h"

#include "peer/Detector.h"
#include "peer/HeartbeatCodec.h"

namespace lockstep::sim {

/// A host of a fleet.
struct Machine
{
    bool powered{true};
    bool daemonRuns{true};
};

/// A pair of a fleet. In its world host 0 is the one that is its primary first.
struct Member
{
    Member(int number, std::array<int, 2> on, const Setting& setting, Lane time);
    [[nodiscard]] int sideOf(int host) const { return hosts[0] == host ? 0 : 1; }

    DomainUuid uuid;
    std::array<int, 2> hosts; ///< By their number in the fleet.
    World world;
};

/// The heartbeats between two hosts of a fleet, with all pairs that they share: the daemon's own
/// datagrams, authenticated and checked, and its own judgement of who sends them. Sockets and clock
/// are the simulation's. Must not be moved.
class Line
{
public:
    Line(std::array<int, 2> hosts, const std::vector<Machine>& machines, Lane time, Dice& dice);
    void add(Member& member) { m_members.push_back(&member); }
    void begin();
    /// The daemon of this host has started anew, and has heard nothing yet.
    void restart(int host);

    [[nodiscard]] std::uint64_t datagrams() const { return m_datagrams; }
    /// How many of them the other side did not take.
    [[nodiscard]] std::uint64_t rejected() const { return m_rejected; }

private:
    struct End
    {
        End(HeartbeatKey ownKey, Instant now);

        HeartbeatKey key; ///< For what it sends.
        Detector detector; ///< Of the other end.
        std::uint64_t session{1};
        std::uint64_t sequence{0};
        Milliseconds nextLook{-1};
        Milliseconds refused{-1'000}; ///< When the other kernel refused the last time.
    };

    [[nodiscard]] Instant now() const { return Instant{m_time.now() * 1'000}; }
    [[nodiscard]] const Machine& machine(int side) const { return m_machines[m_hosts[side]]; }
    void beat(int side);
    void send(int side);
    void arrive(int side, const QByteArray& datagram);
    void refuse(int side);
    void look(int side);
    void tell(int side);

    std::array<int, 2> m_hosts;
    const std::vector<Machine>& m_machines;
    Lane m_time;
    Dice& m_dice;
    std::array<End, 2> m_ends;
    std::vector<Member*> m_members;
    std::uint64_t m_datagrams{0};
    std::uint64_t m_rejected{0};
};

} // namespace lockstep::sim
