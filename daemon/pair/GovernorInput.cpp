// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/GovernorInput.h"

#include <algorithm>

namespace lockstep {

using std::chrono::microseconds;

double GovernorInput::meanStop() const
{
    return checkpoints == 0 ? 0 : double(stopped) / double(checkpoints);
}

double GovernorInput::stoppedShare() const
{
    return length <= 0 ? 0 : std::min(1.0, double(stopped) / double(length));
}

double GovernorInput::heldShare() const
{
    if (released == 0)
        return 0;
    return sent && *sent > released ? double(released) / double(*sent) : 1;
}

void GovernorInput::add(const GovernorInput& more)
{
    length += more.length;
    checkpoints += more.checkpoints;
    asked += more.asked;
    patient += more.patient;
    stopped += more.stopped;
    longest = std::max(longest, more.longest);
    released += more.released;
    if (sent && more.sent)
        *sent += *more.sent;
    else
        sent.reset();
    patience = std::max(patience, more.patience);
}

GovernorInput inputFrom(const CheckpointRing& ring, qint64 since, qint64 until,
                        const Protocol& protocol)
{
    GovernorInput input;
    input.length = std::max<qint64>(until - since, 0);
    const qint64 hold = microseconds{protocol.hold()}.count();
    input.patience = quint64(hold + microseconds{protocol.scan()}.count() / 2);
    for (quint64 number = ring.next(); number > ring.first(); --number) {
        const Checkpoint& checkpoint = ring.at(number - 1);
        if (checkpoint.time <= since)
            break;
        if (checkpoint.time > until)
            continue;
        ++input.checkpoints;
        input.stopped += checkpoint.stopped;
        input.longest = std::max<quint64>(input.longest, checkpoint.stopped);
        input.released += checkpoint.released.orZero();
        if (!isAskedByQemu(checkpoint.reason))
            continue;
        ++input.asked;
        // The one before has let go all that waited then.
        const bool isFirst = number - 1 == ring.first();
        const qint64 before = isFirst ? 0 : ring.at(number - 2).time;
        if (checkpoint.time - checkpoint.stopped - before >= hold)
            ++input.patient;
    }
    return input;
}

} // namespace lockstep
