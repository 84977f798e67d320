// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Waiting.h"

#include "cli/Format.h"
#include "cli/Terminal.h"

#include <csignal>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

Waiting::Waiting(const QString& what)
{
    if (!isTerminal(Stream::Err))
        return;
    // Signals are for the thread that waits.
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    m_thread = std::thread{&Waiting::show, this, what};
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Waiting::~Waiting()
{
    if (!m_thread.joinable())
        return;
    {
        const std::scoped_lock lock{m_mutex};
        m_over = true;
    }
    m_changed.notify_one();
    m_thread.join();
}

void Waiting::show(const QString& what)
{
    std::unique_lock lock{m_mutex};
    qsizetype shown = 0;
    for (std::chrono::seconds waited{1};; ++waited) {
        if (m_changed.wait_for(lock, std::chrono::seconds{1}, [this] { return m_over; }))
            break;
        const QString line =
            fitted(u"%1 %2"_s.arg(what, formatDuration(waited)), columns(Stream::Err) - 1);
        write(Stream::Err, u'\r' + line);
        shown = line.size();
    }
    if (shown > 0)
        write(Stream::Err, u'\r' + QString{shown, u' '} + u'\r');
}

} // namespace lockstep::cli
