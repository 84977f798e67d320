// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/OneShot.h"
#include "base/Task.h"

#include <map>
#include <optional>
#include <utility>

namespace lockstep {

/// Lets those who do the same to one thing through one after the other, in the order in which they
/// came. Belongs to the main thread.
template <typename Key>
class Turns final
{
public:
    /// Is over when it goes.
    class Turn final
    {
    public:
        explicit Turn(OneShot<bool> over) : m_over{std::move(over)} { }
        Turn(Turn&& other) noexcept : m_over{std::exchange(other.m_over, std::nullopt)} { }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        Turn& operator=(Turn&&) = delete;
        ~Turn()
        {
            if (m_over)
                m_over->complete(true);
        }

    private:
        std::optional<OneShot<bool>> m_over;
    };

    /// Returns when all who came before are through.
    [[nodiscard]] Task<Turn> take(Key key)
    {
        const OneShot<bool> mine;
        const auto [last, isFirst] = m_last.try_emplace(std::move(key), mine);
        if (!isFirst)
            (void)co_await std::exchange(last->second, mine);
        co_return Turn{mine};
    }

private:
    std::map<Key, OneShot<bool>> m_last; ///< When the last one who came is through.
};

} // namespace lockstep
