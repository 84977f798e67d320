// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Protocol.h"

#include <algorithm>
#include <utility>

namespace lockstep {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

milliseconds Protocol::hold() const
{
    switch (mode) {
    case Mode::Colo:
        return compareTimeout;
    case Mode::Remus:
        return period > 0ms ? period : usualRemusPeriod;
    case Mode::Kemari:
        return 1ms;
    }
    std::unreachable();
}

milliseconds Protocol::periodInForce() const
{
    switch (mode) {
    case Mode::Colo:
        return period;
    case Mode::Remus:
        return hold();
    case Mode::Kemari:
        return 0ms;
    }
    std::unreachable();
}

milliseconds Protocol::scan() const
{
    // Output waits up to one scan longer than asked for: a fifth more is not much.
    return compares() ? scanCycle : std::clamp<milliseconds>(hold() / 5, 1ms, scanCycle);
}

milliseconds Protocol::interval() const { return compares() && period > 0ms ? period : idlePeriod; }

} // namespace lockstep
