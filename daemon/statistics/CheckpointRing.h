// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "statistics/Checkpoint.h"

#include <vector>

namespace lockstep {

/// The newest checkpoints of a pair. They are numbered from 0 on, for as long as the pair is known:
/// the store keeps them in blocks of blockSize, by number.
class CheckpointRing final
{
public:
    static constexpr std::size_t capacity = 2'048;
    static constexpr std::size_t blockSize = 64;
    static constexpr std::size_t blocks = capacity / blockSize;
    static_assert(capacity % blockSize == 0);

    void add(const Checkpoint& checkpoint);
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] bool isEmpty() const { return m_entries.empty(); }
    /// How many there ever were: the number of the next one.
    [[nodiscard]] quint64 next() const { return m_next; }
    /// Number of the oldest that is kept.
    [[nodiscard]] quint64 first() const { return m_next - m_entries.size(); }
    /// One that is kept, by its number.
    [[nodiscard]] const Checkpoint& at(quint64 number) const
    {
        return m_entries[(number - m_base) % capacity];
    }
    /// Whether all that there were since that time are kept.
    [[nodiscard]] bool reachesBackTo(qint64 time) const;

    /// The next one to add() has this number; what was there is forgotten.
    void beginAt(quint64 number);

private:
    std::vector<Checkpoint> m_entries; ///< Round, from the one numbered m_base on.
    quint64 m_next{0};
    quint64 m_base{0};
};

} // namespace lockstep
