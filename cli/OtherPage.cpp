// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/OtherPage.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace lockstep::cli {

namespace {

volatile std::sig_atomic_t resumed = 0;

/// As a handler of signals may.
void put(std::string_view sequence)
{
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, sequence.data(), sequence.size());
}

void enter() { put("\x1b[?1049h\x1b[?25l"); }
void leave() { put("\x1b[?25h\x1b[?1049l"); }

void stop(int /*signal*/)
{
    const int before = errno;
    leave();
    ::raise(SIGSTOP);
    enter();
    resumed = 1;
    errno = before;
}

void end(int signal)
{
    leave();
    ::signal(signal, SIG_DFL);
    ::raise(signal); // comes when this handler is left
}

} // namespace

OtherPage::OtherPage()
{
    resumed = 0;
    for (std::size_t n = 0; n < signals.size(); ++n) {
        struct sigaction action{};
        action.sa_handler = signals.at(n) == SIGTSTP ? stop : end;
        ::sigaction(signals.at(n), &action, &m_before.at(n));
    }
    enter();
}

OtherPage::~OtherPage()
{
    leave();
    for (std::size_t n = 0; n < signals.size(); ++n)
        ::sigaction(signals.at(n), &m_before.at(n), nullptr);
}

bool OtherPage::takeResumed()
{
    const bool was = resumed != 0;
    resumed = 0;
    return was;
}

} // namespace lockstep::cli
