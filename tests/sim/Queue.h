// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <queue>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace lockstep::sim {

using Milliseconds = std::int64_t;

/// Virtual time: what is to happen, in the order of its time, and for equal times in the order it
/// was planned.
class Queue
{
public:
    [[nodiscard]] Milliseconds now() const { return m_now; }
    /// `owner` is whoever asks for it, by a number of his own.
    void after(Milliseconds delay, std::function<void()> what, int owner)
    {
        m_items.push({m_now + delay, m_next++, std::move(what), owner});
    }
    /// False when nothing is left before `end`.
    bool step(Milliseconds end)
    {
        if (m_items.empty() || m_items.top().time > end)
            return false;
        auto item = m_items.top();
        m_items.pop();
        m_now = item.time;
        m_owner = item.owner;
        item.what();
        return true;
    }
    /// Whose the last step was.
    [[nodiscard]] int owner() const { return m_owner; }

private:
    struct Item
    {
        Milliseconds time;
        std::uint64_t number;
        std::function<void()> what;
        int owner;
        bool operator<(const Item& other) const
        {
            return time != other.time ? time > other.time : number > other.number;
        }
    };
    Milliseconds m_now{0};
    std::uint64_t m_next{0};
    int m_owner{0};
    std::priority_queue<Item> m_items;
};

/// The time as one of several that share it sees it: what it plans bears its number.
class Lane
{
public:
    Lane(Queue& queue, int owner) : m_queue{queue}, m_owner{owner} { }
    [[nodiscard]] Milliseconds now() const { return m_queue.now(); }
    void after(Milliseconds delay, std::function<void()> what)
    {
        m_queue.after(delay, std::move(what), m_owner);
    }

private:
    Queue& m_queue;
    int m_owner;
};

class Dice
{
public:
    explicit Dice(std::uint64_t seed) : m_engine{seed * 0x9e3779b97f4a7c15ULL + 1} { }
    /// From 0 to n - 1.
    int below(int n) { return int(m_engine() % std::uint64_t(n)); }
    bool oneIn(int n) { return below(n) == 0; }
    Milliseconds between(Milliseconds low, Milliseconds high)
    {
        return low + Milliseconds(m_engine() % std::uint64_t(high - low + 1));
    }

private:
    std::mt19937_64 m_engine;
};

} // namespace lockstep::sim
