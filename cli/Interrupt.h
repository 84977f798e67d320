// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <csignal>

namespace lockstep::cli {

/// While one exists, Ctrl-C (SIGINT) and SIGTERM do not end the process but are counted, and
/// interrupt system calls. One at a time.
class Interrupt final
{
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    /// How many came since it exists.
    [[nodiscard]] static int count();
    /// Whether one of them, or of those of an earlier one, was SIGTERM: the process shall end, and
    /// not ask anybody first.
    [[nodiscard]] static bool isTermination();
    /// Whether Ctrl-C came since this was asked last, at whatever the process was doing: no other
    /// command of the same line or script is carried out then.
    [[nodiscard]] static bool takeCtrlC();
    /// For a handler of SIGINT: Ctrl-C has come.
    static void noteCtrlC();

private:
    struct sigaction m_int{};
    struct sigaction m_term{};
};

/// While one exists, and no Interrupt, Ctrl-C shuts a socket down: a blocking call on it fails.
class CallInterrupt final
{
public:
    /// -1 for no socket: Ctrl-C does as before.
    explicit CallInterrupt(int socket);
    ~CallInterrupt();
    CallInterrupt(const CallInterrupt&) = delete;
    CallInterrupt& operator=(const CallInterrupt&) = delete;

    [[nodiscard]] bool happened() const;

private:
    bool m_active;
    struct sigaction m_int{};
};

} // namespace lockstep::cli
