// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/PolkitAgent.h"

#include "cli/Terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>

namespace lockstep::cli {

namespace {

constexpr const char* program = "/usr/bin/pkttyagent";
constexpr int registrationMs = 5000;
constexpr int exitNotFound = 127;

std::atomic<int> running{0};

/// Starts the agent with `notify` as the descriptor that it closes once it is registered.
std::optional<pid_t> start(int notify)
{
    std::string self = std::to_string(::getpid());
    std::string descriptor = std::to_string(notify);
    std::string name = program;
    std::string process = "--process";
    std::string notifyOption = "--notify-fd";
    std::string fallback = "--fallback";
    const std::array<char*, 7> arguments{
        name.data(),       process.data(),  self.data(), notifyOption.data(),
        descriptor.data(), fallback.data(), nullptr};
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        // It shall not be left at the terminal when this process is killed.
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() == parent)
            ::execv(program, arguments.data());
        ::_exit(exitNotFound);
    }
    if (child < 0)
        return std::nullopt;
    return child;
}

} // namespace

PolkitAgent::PolkitAgent()
{
    if (::geteuid() == 0 || !canAsk() || ::access(program, X_OK) != 0)
        return;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return;
    ::fcntl(ends[1], F_SETFD, 0); // The agent inherits this end only.
    m_process = start(ends[1]);
    ::close(ends[1]);
    if (m_process) {
        ++running;
        // Without the agent polkit would say no at once; if it does not come, so be it.
        pollfd closed{.fd = ends[0], .events = POLLHUP, .revents = 0};
        ::poll(&closed, 1, registrationMs);
    }
    ::close(ends[0]);
}

PolkitAgent::~PolkitAgent()
{
    if (!m_process)
        return;
    ::kill(*m_process, SIGTERM);
    ::kill(*m_process, SIGCONT);
    ::waitpid(*m_process, nullptr, 0);
    --running;
}

bool PolkitAgent::hasEnded()
{
    if (m_process && ::waitpid(*m_process, nullptr, WNOHANG) == *m_process) {
        m_process.reset();
        --running;
        m_hasEnded = true;
    }
    return m_hasEnded;
}

bool PolkitAgent::isActive() { return running > 0; }

} // namespace lockstep::cli
