// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/SecondRing.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace lockstep {

namespace {

constexpr qint64 minuteLength = Minute::length;

/// Also of times before 1970, which a clock may show that was never set.
qint64 startOf(qint64 second)
{
    const qint64 rest = second % minuteLength;
    return second - (rest < 0 ? rest + minuteLength : rest);
}

int within(qint64 second) { return static_cast<int>(second - startOf(second)); }

template <typename T>
void increase(T& sum, T by)
{
    const auto room = static_cast<T>(std::numeric_limits<T>::max() - sum);
    sum = static_cast<T>(sum + std::min(by, room));
}

} // namespace

void Second::add(const Second& more)
{
    increase(checkpoints, more.checkpoints);
    increase(asked, more.asked);
    increase(stopped, more.stopped);
    longest = std::max(longest, more.longest);
    increase(released, more.released);
    increase(memoryKib, more.memoryKib);
    increase(diskKib, more.diskKib);
}

std::size_t Minute::position(int second) const
{
    const quint64 before = busy & ((quint64{1} << second) - 1);
    return static_cast<std::size_t>(std::popcount(before));
}

Second Minute::at(int second) const
{
    return isBusy(second) ? seconds[position(second)] : Second{};
}

Second& Minute::change(int second)
{
    observed |= quint64{1} << second;
    const std::size_t place = position(second);
    if (!isBusy(second)) {
        busy |= quint64{1} << second;
        seconds.insert(seconds.begin() + static_cast<std::ptrdiff_t>(place), Second{});
    }
    return seconds[place];
}

bool Minute::isSound() const
{
    const quint64 all = (quint64{1} << length) - 1;
    return start % length == 0 && (observed & ~all) == 0 && (busy & ~observed) == 0
        && static_cast<std::size_t>(std::popcount(busy)) == seconds.size();
}

Minute& SecondRing::minuteOf(qint64 second)
{
    const qint64 start = startOf(second);
    if (!m_minutes.empty() && m_minutes.back().start == start)
        return m_minutes.back();
    auto place = std::ranges::lower_bound(m_minutes, start, {}, &Minute::start);
    if (place == m_minutes.end() || place->start != start) {
        Minute made;
        made.start = start;
        place = m_minutes.insert(place, std::move(made));
    }
    return *place;
}

void SecondRing::forgetOld()
{
    constexpr qint64 day = static_cast<qint64>(mostMinutes) * minuteLength;
    const qint64 oldest = m_minutes.back().start - day;
    while (m_minutes.size() > mostMinutes || m_minutes.front().start <= oldest)
        m_minutes.pop_front();
}

void SecondRing::observe(qint64 second)
{
    minuteOf(second).observed |= quint64{1} << within(second);
    forgetOld();
}

Second& SecondRing::change(qint64 second)
{
    observe(second);
    if (second < m_minutes.front().start)
        return m_forgotten = {};
    return minuteOf(second).change(within(second));
}

void SecondRing::add(qint64 second, const Second& what)
{
    if (what.isQuiet())
        observe(second);
    else
        change(second).add(what);
}

void SecondRing::forgetAfter(qint64 second)
{
    while (!m_minutes.empty() && m_minutes.back().start > second)
        m_minutes.pop_back();
}

void SecondRing::visit(qint64 begin, qint64 end,
                       const std::function<void(qint64 second, const Second& what)>& visitor) const
{
    auto place = std::ranges::lower_bound(m_minutes, startOf(begin), {}, &Minute::start);
    for (; place != m_minutes.end() && place->start < end; ++place) {
        for (int n = 0; n < Minute::length; ++n) {
            const qint64 second = place->start + n;
            if (place->isObserved(n) && second >= begin && second < end)
                visitor(second, place->at(n));
        }
    }
}

const Minute* SecondRing::minute(qint64 start) const
{
    const auto place = std::ranges::lower_bound(m_minutes, start, {}, &Minute::start);
    return place == m_minutes.end() || place->start != start ? nullptr : &*place;
}

void SecondRing::restore(Minute minute)
{
    Minute& place = minuteOf(minute.start);
    place = std::move(minute);
    forgetOld();
}

} // namespace lockstep
