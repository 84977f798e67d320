// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Interrupt.h"

#include <csignal>

namespace lockstep::cli {

namespace {

volatile std::sig_atomic_t interrupts = 0;

void countInterrupt(int /*signal*/) { interrupts = interrupts + 1; }

} // namespace

Interrupt::Interrupt()
{
    interrupts = 0;
    struct sigaction action{};
    action.sa_handler = countInterrupt; // without SA_RESTART
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

Interrupt::~Interrupt()
{
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

int Interrupt::count() { return interrupts; }

} // namespace lockstep::cli
