// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Interrupt.h"

#include <sys/socket.h>

#include <cerrno>

namespace lockstep::cli {

namespace {

volatile std::sig_atomic_t interrupts = 0;
volatile std::sig_atomic_t terminations = 0;
volatile std::sig_atomic_t counting = 0;
volatile std::sig_atomic_t ctrlC = 0;
volatile std::sig_atomic_t callSocket = -1;
volatile std::sig_atomic_t callsEnded = 0;

void countInterrupt(int signal)
{
    interrupts = interrupts + 1;
    if (signal == SIGTERM)
        terminations = 1;
    else
        ctrlC = 1;
}

void endCall(int /*signal*/)
{
    const int before = errno;
    callsEnded = 1;
    ctrlC = 1;
    ::shutdown(callSocket, SHUT_RDWR);
    errno = before;
}

void handle(int signal, void (*handler)(int), struct sigaction& before)
{
    struct sigaction action{};
    action.sa_handler = handler; // without SA_RESTART
    ::sigaction(signal, &action, &before);
}

} // namespace

Interrupt::Interrupt()
{
    interrupts = 0;
    counting = 1;
    handle(SIGINT, countInterrupt, m_int);
    handle(SIGTERM, countInterrupt, m_term);
}

Interrupt::~Interrupt()
{
    ::sigaction(SIGINT, &m_int, nullptr);
    ::sigaction(SIGTERM, &m_term, nullptr);
    counting = 0;
}

int Interrupt::count() { return interrupts; }

bool Interrupt::isTermination() { return terminations != 0; }

bool Interrupt::takeCtrlC()
{
    const bool came = ctrlC != 0;
    ctrlC = 0;
    return came;
}

void Interrupt::noteCtrlC() { ctrlC = 1; }

CallInterrupt::CallInterrupt(int socket) : m_active{socket >= 0 && counting == 0}
{
    if (!m_active)
        return;
    callsEnded = 0;
    callSocket = socket;
    handle(SIGINT, endCall, m_int);
}

CallInterrupt::~CallInterrupt()
{
    if (m_active)
        ::sigaction(SIGINT, &m_int, nullptr);
}

bool CallInterrupt::happened() const { return m_active && callsEnded != 0; }

} // namespace lockstep::cli
