// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/ReplayWindow.h"

namespace lockstep {

bool ReplayWindow::take(quint64 sequence)
{
    if (sequence <= m_closed)
        return false;
    if (m_highest == 0)
        m_first = sequence;
    if (sequence > m_highest) {
        const quint64 ahead = sequence - m_highest;
        m_seen = ahead < size ? m_seen << ahead : std::bitset<size>{};
        m_seen.set(0);
        m_highest = sequence;
        return true;
    }
    const quint64 behind = m_highest - sequence;
    if (behind >= size || m_seen.test(behind))
        return false;
    m_seen.set(behind);
    m_first = std::min(m_first, sequence);
    return true;
}

double ReplayWindow::lossPercent(quint64 overdue) const
{
    if (m_highest == 0)
        return 0;
    overdue = std::min(overdue, lossMeasured);
    const quint64 numbered = std::min(lossMeasured - overdue, m_highest - m_first + 1);
    quint64 came = 0;
    for (quint64 i = 0; i < numbered; ++i)
        came += m_seen.test(i) ? 1U : 0U;
    const quint64 expected = overdue + numbered;
    return 100.0 * static_cast<double>(expected - came) / static_cast<double>(expected);
}

} // namespace lockstep
