// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <csignal>

namespace lockstep::cli {

/// While one exists, standard output is the terminal's other page, without a cursor, as pagers and
/// top have it. Who stops the process (Ctrl-Z), or ends it by Ctrl-\ or by closing the window, gets
/// the page before back. One at a time. Source: xterm's control sequences, "Private Mode".
class OtherPage final
{
public:
    OtherPage();
    ~OtherPage();
    OtherPage(const OtherPage&) = delete;
    OtherPage& operator=(const OtherPage&) = delete;

    /// Whether the process was stopped and goes on since this was asked last: the page is empty.
    [[nodiscard]] static bool takeResumed();

private:
    static constexpr std::array signals{SIGTSTP, SIGQUIT, SIGHUP};
    std::array<struct sigaction, signals.size()> m_before{};
};

} // namespace lockstep::cli
