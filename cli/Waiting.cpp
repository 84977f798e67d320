// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Waiting.h"

#include "cli/Format.h"
#include "cli/PolkitAgent.h"
#include "cli/Terminal.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

std::atomic<bool> shown{false};

void show(const std::stop_token& stop, const QString& what)
{
    std::mutex mutex;
    std::condition_variable_any ticks;
    std::unique_lock lock{mutex};
    const auto begin = std::chrono::steady_clock::now();
    bool written = false;
    while (!ticks.wait_for(lock, stop, 1s, [&stop] { return stop.stop_requested(); })) {
        const auto passed = std::chrono::duration_cast<std::chrono::seconds>(
            std::chrono::steady_clock::now() - begin);
        if (PolkitAgent::isActive()) { // It may ask for a password any time: say it once.
            if (!written)
                writeLine(Stream::Err, what + u'…');
            return;
        }
        const QString line = u"%1… %2"_s.arg(what, formatDuration(passed));
        write(Stream::Err, u"\r\x1b[K"_s + fitted(line, columns(Stream::Err) - 1));
        written = true;
    }
    if (written)
        write(Stream::Err, u"\r\x1b[K"_s);
}

} // namespace

Waiting::Waiting(const QString& what)
{
    if (!isTerminal(Stream::Err) || shown.exchange(true))
        return;
    // Signals are the main thread's, whose system calls they shall interrupt.
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    m_thread.emplace([what](const std::stop_token& stop) { show(stop, what); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Waiting::~Waiting()
{
    if (!m_thread)
        return;
    m_thread.reset();
    shown = false;
}

} // namespace lockstep::cli
