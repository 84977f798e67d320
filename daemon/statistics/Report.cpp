// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/Report.h"

#include <algorithm>
#include <numeric>

namespace lockstep {

namespace {

constexpr quint64 kib = 1'024;

} // namespace

void Sums::add(const Second& second)
{
    ++seconds;
    checkpoints += second.checkpoints;
    asked += second.asked;
    stopped += second.stopped;
    longest = std::max<quint64>(longest, second.longest);
    released += second.released;
    memory += second.memoryKib * kib;
    disk += second.diskKib * kib;
}

quint64 LifetimeFigures::count() const
{
    return std::accumulate(checkpoints.begin(), checkpoints.end(), quint64{0});
}

void LifetimeFigures::add(const Checkpoint& checkpoint)
{
    ++checkpoints.at(static_cast<std::size_t>(checkpoint.reason));
    stopped += checkpoint.stopped;
    released += checkpoint.released.orZero();
    addTo(distributions, checkpoint);
}

void LifetimeFigures::add(const LifetimeFigures& more)
{
    for (std::size_t n = 0; n < checkpointReasons; ++n)
        checkpoints.at(n) += more.checkpoints.at(n);
    stopped += more.stopped;
    released += more.released;
    memory += more.memory;
    disk += more.disk;
    distributions.merge(more.distributions);
}

void addTo(Distributions& distributions, const Checkpoint& checkpoint)
{
    distributions.add(Figure::Stopped, double(checkpoint.stopped));
    distributions.add(Figure::Memory, double(checkpoint.memory));
    distributions.add(Figure::Disk, double(checkpoint.disk));
    if (checkpoint.duration.isKnown())
        distributions.add(Figure::Duration, double(checkpoint.duration.orZero()));
    if (checkpoint.hold.isKnown())
        distributions.add(Figure::Hold, double(checkpoint.hold.orZero()));
}

} // namespace lockstep
