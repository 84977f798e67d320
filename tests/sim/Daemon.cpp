// SPDX-License-Identifier: LGPL-2.1-or-later
#include "World.h"

namespace lockstep::sim {

/// Something that this life of the daemon waits for; while the host is paused it waits, too.
void World::later(int host, Milliseconds delay, std::function<void()> what)
{
    const int life = m_hosts[host].daemon.life;
    const auto skewed = Milliseconds(double(delay) * m_hosts[host].skew);
    m_queue.after(skewed, [this, host, life, what = std::move(what)] {
        Host& own = m_hosts[host];
        const auto mine = [this, host, life, what] {
            if (m_hosts[host].daemon.up && m_hosts[host].daemon.life == life)
                what();
        };
        if (own.paused)
            own.held.push_back(mine);
        else
            mine();
    });
}

void World::boot(int host, QemuSense qemu)
{
    Host& own = m_hosts[host];
    Daemon& daemon = own.daemon;
    if (daemon.up || !own.powered)
        return;
    note("host " + std::to_string(host) + ": lockstepd starts");
    daemon.up = true;
    ++daemon.life;
    daemon.mind = daemon.disk;
    daemon.todo.clear();
    daemon.acting = false;
    daemon.answers.clear();
    daemon.request = 0;
    own.lastBeat = m_queue.now();
    happen(host, Started{qemu});
}

void World::restart(int host) { boot(host, senseOf(host)); }

void World::crash(int host)
{
    Daemon& daemon = m_hosts[host].daemon;
    if (!daemon.up)
        return;
    note("host " + std::to_string(host) + ": lockstepd dies");
    daemon.up = false;
    ++daemon.life;
    daemon.todo.clear();
}

void World::happen(int host, const Event& event)
{
    Daemon& daemon = m_hosts[host].daemon;
    if (!daemon.up)
        return;
    auto decision = decide(daemon.mind, event);
    if (m_setting.trace && decision.mind.state != daemon.mind.state)
        note("host " + std::to_string(host) + ": " + toString(decision.mind.role).toStdString()
             + " " + toString(daemon.mind.state).toStdString() + " -> "
             + toString(decision.mind.state).toStdString() + " (event "
             + std::to_string(event.index()) + ", epoch " + std::to_string(decision.mind.epoch)
             + ")");
    const auto before = daemon.mind;
    collect(before, decision.mind);
    daemon.mind = decision.mind;
    if (decision.mind.promised && !before.promised)
        ++m_outcome.promises;
    for (const auto& action : decision.actions)
        daemon.todo.push_back({action, decision.mind});
    act(host);
}

void World::collect(const Mind& before, const Mind& after)
{
    if (!m_setting.collect)
        return;
    const auto name = [](const Mind& mind) {
        return mind.known ? (toString(mind.role) + u' ' + toString(mind.state)).toStdString()
                          : std::string{"no pair"};
    };
    if (name(before) != name(after))
        m_outcome.transitions.emplace(name(before), name(after));
}

void World::act(int host)
{
    Daemon& daemon = m_hosts[host].daemon;
    if (daemon.acting || daemon.todo.empty())
        return;
    daemon.acting = true;
    later(host, m_dice.between(0, 4), [this, host] {
        Daemon& now = m_hosts[host].daemon;
        now.acting = false;
        if (now.todo.empty())
            return;
        const auto planned = now.todo.front();
        now.todo.pop_front();
        perform(host, planned);
        act(host);
    });
}

void World::perform(int host, const Planned& planned)
{
    Host& own = m_hosts[host];
    Daemon& daemon = own.daemon;
    if (std::holds_alternative<Save>(planned.action)) {
        if (m_setting.broken == Break::NoSave && planned.mind.state == PairState::Confirming)
            return;
        daemon.disk = planned.mind;
        if (m_setting.broken == Break::ForgetPromise && !daemon.disk.isPrimary())
            daemon.disk.promised = false;
    } else if (std::holds_alternative<Sever>(planned.action)) {
        sever(host);
    } else if (std::holds_alternative<ReadRecord>(planned.action)) {
        readRecord(host);
    } else if (const auto* change = std::get_if<Swap>(&planned.action)) {
        if (m_setting.arbitration == Arbitration::Fence)
            fence(host, *change);
        else
            swap(host, *change);
    } else if (const auto* start = std::get_if<Begin>(&planned.action)) {
        begin(host, start->work);
    } else if (const auto* wait = std::get_if<Wait>(&planned.action)) {
        const Milliseconds time = wait->what == Wait::For::Backoff ? 3000
            : wait->what == Wait::For::Patience                    ? 500
            : wait->what == Wait::For::HandOver                    ? 3000
                                                                   : 1000;
        const auto timer = ++daemon.timer;
        later(host, time, [this, host, timer] {
            if (m_hosts[host].daemon.timer == timer)
                happen(host, TimerEnded{});
        });
    } else if (const auto* reply = std::get_if<Reply>(&planned.action)) {
        if (daemon.answers.empty())
            return;
        const auto answer = daemon.answers.front();
        daemon.answers.pop_front();
        // A shadow that was agreed to is started.
        if (reply->yes && planned.mind.state == PairState::Copying && own.qemu.kind == Kind::None) {
            own.qemu.kind = Kind::Incoming;
            own.qemu.disk = -1;
        }
        sendEither(host, [answer, yes = reply->yes] { answer(yes); });
    } else if (const auto* promise = std::get_if<AskPromise>(&planned.action)) {
        const auto epoch = planned.mind.epoch;
        const int life = daemon.life;
        ask(host, AskedToPromise{epoch, promise->number, promise->promise},
            [this, host, life, epoch, word = *promise](bool yes) {
                if (yes && word.promise && m_hosts[host].daemon.life == life)
                    happen(host, Promised{epoch, word.number});
            });
    } else if (const auto* letGo = std::get_if<AskToLetGo>(&planned.action)) {
        const auto epoch = planned.mind.epoch;
        const int life = daemon.life;
        auto open = std::make_shared<bool>(true);
        later(host, 1500, [this, host, open] {
            if (std::exchange(*open, false))
                happen(host, WorkEnded{false});
        });
        ask(host, AskedToLetGo{epoch, letGo->kind}, [this, host, life, epoch, open](bool yes) {
            if (m_hosts[host].daemon.life != life || !std::exchange(*open, false))
                return;
            if (yes)
                happen(host, LetGo{epoch});
            else
                happen(host, WorkEnded{false});
        });
    }
}

void World::ask(int host, const Event& question, std::function<void(bool)> answer)
{
    sendEither(host, [this, host, question, answer = std::move(answer)] {
        Host& other = m_hosts[1 - host];
        if (!other.powered || !other.daemon.up || other.paused)
            return;
        other.daemon.answers.push_back(answer);
        happen(1 - host, question);
    });
}

void World::ended(int host, int life, bool done)
{
    if (m_hosts[host].daemon.life == life)
        happen(host, WorkEnded{done});
}

void World::begin(int host, Work work)
{
    Host& own = m_hosts[host];
    const int life = own.daemon.life;
    const auto finish = [this, host, life](bool done) { ended(host, life, done); };
    const auto soon = m_dice.between(5, 60);
    if (work == Work::Build) {
        build(host);
    } else if (work == Work::Confirm) {
        auto open = std::make_shared<bool>(true);
        const auto close = [finish, open](bool done) {
            if (std::exchange(*open, false))
                finish(done);
        };
        later(host, 1500, [close] { close(false); });
        ask(host, AskedToConfirm{own.daemon.mind.epoch}, close);
    } else if (work == Work::CutOff) {
        later(host, m_dice.between(0, 10), [this, host, finish] {
            sever(host);
            const Qemu& qemu = m_hosts[host].qemu;
            const bool inStep = qemu.kind == Kind::Shadow && !qemu.frozen;
            finish(inStep || m_setting.broken == Break::NoCutOff);
        });
    } else if (work == Work::Detach) {
        ++m_outcome.detachments;
        later(host, soon, [this, host, finish] {
            Qemu& qemu = m_hosts[host].qemu;
            if (qemu.frozen) {
                later(host, 2000, [finish] { finish(false); });
                return;
            }
            if (qemu.kind == Kind::Primary) {
                qemu.kind = Kind::Plain;
                sever(host);
                notice(host);
            }
            later(host, m_dice.between(5, 300), [finish] { finish(true); });
        });
    } else if (work == Work::GoLive) {
        ++m_outcome.takeovers;
        later(host, soon, [this, host, finish] {
            Qemu& qemu = m_hosts[host].qemu;
            if (qemu.frozen || qemu.kind == Kind::None || qemu.kind == Kind::Incoming) {
                later(host, 500, [finish] { finish(false); });
                return;
            }
            if (qemu.kind == Kind::Shadow) {
                note("host " + std::to_string(host) + ": the shadow is live");
                qemu.kind = Kind::Plain;
                sever(host);
                notice(host);
            }
            later(host, m_dice.between(0, 20), [finish] { finish(true); });
        });
    } else if (work == Work::Merge) {
        later(host, m_dice.between(100, 2000), [finish] { finish(true); });
    } else if (work == Work::Discard || work == Work::Destroy) {
        later(host, soon, [this, host, work, finish] {
            if (m_setting.broken == Break::KeepOldCopy && work == Work::Destroy
                && m_hosts[host].qemu.kind == Kind::Primary) {
                m_hosts[host].qemu.kind = Kind::Plain;
                finish(true);
                return;
            }
            endQemu(host, false);
            m_hosts[host].qemu.disk = work == Work::Discard ? -1 : m_hosts[host].qemu.disk;
            later(host, m_dice.between(0, 20), [finish] { finish(true); });
        });
    }
}

void World::build(int host)
{
    const int life = m_hosts[host].daemon.life;
    const auto epoch = m_hosts[host].daemon.mind.epoch;
    auto open = std::make_shared<bool>(true);
    const auto finish = [this, host, life, open](bool done) {
        if (std::exchange(*open, false))
            ended(host, life, done);
    };
    later(host, 4000, [finish] { finish(false); });
    ask(host, AskedToBuild{epoch}, [=, this](bool yes) {
        if (!*open || m_hosts[host].daemon.life != life)
            return;
        if (!yes) {
            finish(false);
            return;
        }
        later(host, m_dice.between(50, 500), [=, this] {
            if (!*open)
                return;
            connectTwins(host, epoch);
            if (!m_session) {
                finish(false);
                return;
            }
            finish(true);
        });
    });
}

void World::connectTwins(int host, std::uint64_t epoch)
{
    Host& own = m_hosts[host];
    Host& other = m_hosts[1 - host];
    const bool can = own.qemu.kind == Kind::Plain && other.qemu.kind == Kind::Incoming
        && other.powered && !other.paused && !own.qemu.frozen && !other.qemu.frozen
        && passes(0, Dedicated) && passes(1, Dedicated) && other.daemon.disk.epoch == epoch;
    if (!can)
        return;
    m_session = true;
    own.qemu.kind = Kind::Primary;
    other.qemu.kind = Kind::Shadow;
    other.qemu.disk = own.qemu.disk;
    happen(host, QemuChanged{QemuSense::Colo});
    happen(1 - host, QemuChanged{QemuSense::Colo});
}

} // namespace lockstep::sim
