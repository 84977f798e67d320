// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/CheckpointRing.h"

namespace lockstep {

void CheckpointRing::add(const Checkpoint& checkpoint)
{
    if (m_entries.size() < capacity)
        m_entries.push_back(checkpoint);
    else
        m_entries[(m_next - m_base) % capacity] = checkpoint;
    ++m_next;
}

bool CheckpointRing::reachesBackTo(qint64 time) const
{
    if (first() == 0)
        return true;
    return !isEmpty() && at(first()).time <= time;
}

void CheckpointRing::beginAt(quint64 number)
{
    m_entries.clear();
    m_next = number;
    m_base = number;
}

} // namespace lockstep
