// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QtTypes>

#include <algorithm>
#include <bitset>

namespace lockstep {

/// The numbers that came, of one stream that is numbered from 1: each is taken once, in any order,
/// unless it is older than the window. Also knows how many are missing.
/// Source: RFC 4303 section 3.4.3 (its appendix A2 has the method), RFC 6479.
class ReplayWindow final
{
public:
    static constexpr quint64 size = 256;       ///< Numbers; older ones are refused.
    static constexpr quint64 lossMeasured = 200; ///< Of the numbers that were expected last.

    /// Whether `sequence` is new; it is not from then on. To be asked for authentic ones only.
    [[nodiscard]] bool take(quint64 sequence);
    /// Refuses `sequence` and all before it.
    void close(quint64 sequence) { m_closed = std::max(m_closed, sequence); }
    /// Share of the last `lossMeasured` numbers that did not come, 0 to 100. `overdue` more are
    /// taken as expected and missing. Nothing before the first that came is missed.
    [[nodiscard]] double lossPercent(quint64 overdue) const;
    [[nodiscard]] quint64 highest() const { return m_highest; }

private:
    std::bitset<size> m_seen; ///< Bit n: highest - n came.
    quint64 m_highest{0}; ///< 0 before the first.
    quint64 m_first{0};
    quint64 m_closed{0};
};

} // namespace lockstep
