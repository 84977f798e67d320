// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Governor.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace lockstep::test {

/// A load: some clients that ask, wait for the answer, think, and ask again.
struct Load
{
    const char* name{""};
    double clients{1};
    double think{10}; ///< ms
    double work{0.5}; ///< ms of the guest's CPU for an answer
    double differing{0}; ///< Share of answers that differ.
    double late{0}; ///< Share of answers that the shadow does not give in time.
    double base{6}; ///< ms: a checkpoint of a guest that has written nothing.
    double perMs{0.05}; ///< ms more for each ms since the one before
    double most{40}; ///< ms: a checkpoint that copies all that is written again and again.
};

/// What a guest under that load does for a second while a choice is in force: a fixed point of
/// clients' waiting, checkpoints' rate and their cost. No guest is like that; what governs well
/// here has at least understood what each mode costs.
struct GuestSecond
{
    GovernorInput seen;
    double wait{0}; ///< ms, mean of the clients' answers
};

inline GuestSecond second(const Load& load, const Choice& choice, double noise = 1)
{
    const double hold = choice.mode == Mode::Kemari ? 1.5
        : choice.mode == Mode::Remus
        ? double(choice.period.count()) * (1 + 1 / std::max(1.0, load.clients)) / 2
        : 1.5;
    const bool compares = choice.mode == Mode::Colo;
    const double patience = 325;
    double wait = 5;
    double cost = load.base;
    double rate = 0; // checkpoints a ms
    double answers = 0; // a ms
    double share = 0;
    for (int i = 0; i < 200; ++i) {
        answers = load.clients / (load.think + wait);
        const double held = compares ? load.differing + load.late : 1;
        const double gap = choice.mode == Mode::Remus ? double(choice.period.count()) : 1.5;
        const double wanted = answers * held;
        rate = (rate + 1 / (1 / std::max(wanted, 1e-9) + cost + (compares ? 0 : gap - 1.5))) / 2;
        rate = std::min(rate, 1 / (cost + gap));
        cost = std::min(load.base + load.perMs / std::max(rate, 1e-5), load.most);
        share = rate * cost;
        const double work = load.work / std::max(0.02, 1 - share);
        const double now = compares ? work + 0.3 + load.differing * (cost + hold)
                + load.late * (patience + cost) + share * cost / 2
                                    : work + hold + cost + share * cost / 2;
        wait += (now - wait) / 4;
    }
    GuestSecond result;
    result.wait = wait;
    const double count = std::round(rate * 1'000 * noise);
    auto& seen = result.seen;
    seen.length = 1'000'000;
    seen.checkpoints = quint64(count);
    seen.asked = seen.checkpoints;
    seen.stopped = quint64(std::min(count * cost * 1'000, 999'000.0));
    seen.longest = quint64(cost * 1'300);
    seen.sent = quint64(std::round(answers * 1'000 * noise));
    const double held = compares ? load.differing + load.late : 1;
    seen.released = std::max<quint64>(quint64(std::round(double(*seen.sent) * held)), seen.asked);
    seen.sent = std::max(*seen.sent, seen.released);
    seen.patience = quint64(compares ? patience * 1'000 : hold * 1'000);
    const double rest = 1 / std::max(rate, 1e-9) - cost;
    seen.patient = compares ? quint64(std::round(count * std::exp(-300 / std::max(rest, 1.0)))) : 0;
    return result;
}

} // namespace lockstep::test
