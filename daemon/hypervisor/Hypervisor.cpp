// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/Hypervisor.h"

namespace lockstep {

using namespace std::chrono_literals;

Task<void> Hypervisor::connectedWithin(std::chrono::milliseconds patience) const
{
    constexpr auto step = 20ms;
    for (auto waited = 0ms; !isConnected() && waited < patience; waited += step)
        (void)co_await pause(step);
}

} // namespace lockstep
