// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "Queue.h"
#include "Schedule.h"

#include "pair/Decide.h"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace lockstep::sim {

enum class Kind : std::uint8_t { None, Plain, Incoming, Primary, Shadow };

/// One host's QEMU of the guest, and the disk it works on.
struct Qemu
{
    Kind kind{Kind::None};
    bool frozen{false};
    bool turnedOff{false}; ///< How it ended.
    std::int64_t disk{-1}; ///< Number of the last write that is on it; -1: good for nothing.
};

/// The arbiter's record with hosts by their number.
struct Record
{
    std::uint64_t epoch{0};
    int owner{-1};
    bool inStep{false};
    friend bool operator==(const Record&, const Record&) = default;
};

/// An action with what was to be saved when it was decided.
struct Planned
{
    Order action;
    Mind mind;
};

struct Daemon
{
    bool up{false};
    int life{0}; ///< Counts its starts: what an earlier one waited for reaches nobody.
    Mind mind;
    Mind disk; ///< What is saved.
    std::deque<Planned> todo;
    bool acting{false};
    std::deque<std::function<void(bool)>> answers; ///< To whom the next Reply actions go.
    std::uint64_t request{0}; ///< The arbiter's answer to this one is waited for.
    std::uint64_t timer{0};
};

struct Host
{
    bool powered{true};
    bool paused{false};
    Qemu qemu;
    Daemon daemon;
    Milliseconds lastBeat{-10'000};
    TheirWord lastWord;
    double skew{1}; ///< How slow its timers are.
    std::vector<std::function<void()>> held; ///< What it will do once it is resumed.
};

/// Two hosts, their guest, the links and the arbiter. Must not be moved: what is planned knows it.
class World
{
public:
    World(const Setting& setting, Lane time);
    /// One schedule, from begin() to the end of `queue`, which is this world's own.
    [[nodiscard]] Outcome run(Queue& queue);

    /// Both daemons start, the guest runs on host 0, and its clients write.
    void begin();
    /// To be called after each step: a rule that is broken is in the outcome then.
    void check();
    [[nodiscard]] const Outcome& outcome() const { return m_outcome; }
    [[nodiscard]] const Mind& mind(int host) const { return m_hosts[host].daemon.mind; }
    /// Whether what the guest says on this host reaches its clients.
    [[nodiscard]] bool canSend(int host) const;
    [[nodiscard]] bool isProtected() const;
    [[nodiscard]] std::string describe() const;

    // What a fleet does to it.
    /// What heartbeats of this host say of the pair.
    [[nodiscard]] TheirWord wordOf(int host) const;
    void hear(int host, const TheirWord& word);
    void feel(int host, PeerSense sense);
    void powerOff(int host);
    /// The daemon starts after `delay`.
    void powerOn(int host, Milliseconds delay);
    void crash(int host); ///< The daemon only.
    void restart(int host); ///< That daemon starts again.

private:
    // Network.cpp
    enum Path { Dedicated, Second, Paths };
    [[nodiscard]] bool passes(int from, Path path) const;
    void send(int from, std::function<void()> arrive, Path path);
    void sendEither(int from, const std::function<void()>& arrive);
    [[nodiscard]] bool reachesArbiter(int host) const;
    void askArbiter(int host, std::function<void()> carryOut);
    void answerFromArbiter(int host, std::uint64_t request, const Event& answer);
    void readRecord(int host);
    void swap(int host, const Swap& action);
    void fence(int host, const Swap& action);
    [[nodiscard]] GrantSeen seenBy(int host) const;
    [[nodiscard]] static Record recordOf(int host, const GrantSeen& grant);
    void beat(int host);
    void sense(int host);

    // Daemon.cpp
    void boot(int host, QemuSense qemu);
    void happen(int host, const Event& event);
    void collect(const Mind& before, const Mind& after);
    void act(int host);
    void perform(int host, const Planned& planned);
    void begin(int host, Work work);
    void build(int host);
    void connectTwins(int host, std::uint64_t epoch);
    void ended(int host, int life, bool done);
    void ask(int host, const Event& question, std::function<void(bool)> answer);
    void later(int host, Milliseconds delay, std::function<void()> what);

    // Guest.cpp
    [[nodiscard]] bool isConnected() const;
    void sever(int host);
    void notice(int host);
    void endQemu(int host, bool turnedOff);
    void startGuest(int host);
    void write();
    [[nodiscard]] QemuSense senseOf(int host) const;

    // Faults.cpp
    void plan();
    void strike();
    void watchOver();
    void powerOn(int host);
    void heal();
    void tend(); ///< The operator: starts a guest that is off, where that is allowed.
    void judgeEnd();

    void note(const std::string& what);
    void violate(const std::string& what);

    const Setting m_setting;
    Outcome m_outcome;
    Lane m_queue;
    Dice m_dice;
    std::array<Host, 2> m_hosts;
    bool m_session{false}; ///< The two QEMUs are connected.
    std::array<std::array<bool, Paths>, 2> m_cut{}; ///< By sender.
    std::array<bool, 2> m_cutToArbiter{};
    bool m_arbiterDown{false};
    Record m_record;
    std::int64_t m_acked{0}; ///< Number of the last write that a client got an answer for.
    std::uint64_t m_requests{0};
    int m_loss{0}; ///< One message in so many is lost; 0: none.
    bool m_tending{false}; ///< Faults are over, or the fleet's.
    bool m_mustSurvive{false}; ///< One fault has hit a protected pair: the guest may not end.
};

} // namespace lockstep::sim
