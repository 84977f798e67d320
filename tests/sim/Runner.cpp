// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Schedule.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

namespace lockstep::sim {

namespace {

constexpr int shownAtMost = 10;

const char* nameOf(Arbitration arbitration)
{
    switch (arbitration) {
    case Arbitration::Record:
        return "record";
    case Arbitration::Fence:
        return "fence";
    case Arbitration::Manual:
        return "manual";
    }
    return "";
}

void add(Outcome& sum, const Outcome& one)
{
    sum.takeovers += one.takeovers;
    sum.detachments += one.detachments;
    sum.denials += one.denials;
    sum.boots += one.boots;
    sum.promises += one.promises;
    sum.steps += one.steps;
}

struct Broken
{
    Break rule;
    const char* what;
};
constexpr std::array brokenRules{
    Broken{Break::SkipGrant, "skip the grant"},
    Broken{Break::IgnoreDenial, "ignore a denial"},
    Broken{Break::TrustStale, "trust a stale shadow"},
    Broken{Break::NoSave, "record before saving"},
    Broken{Break::ForgetPromise, "forget a promise"},
    Broken{Break::KeepOldCopy, "keep a copy that lost"},
    Broken{Break::NoCutOff, "claim without cutting off"},
};

/// The first seed below `end` whose violation was one of the two that must never happen.
bool isSeen(Break rule, std::uint64_t end, std::string& how)
{
    for (std::uint64_t seed = 0; seed < end; ++seed) {
        for (const auto arbitration : {Arbitration::Record, Arbitration::Fence}) {
            auto setting = settingOf(seed, arbitration);
            setting.broken = rule;
            // Else one needs many more to see it.
            setting.primaryContinues = setting.primaryContinues || rule == Break::ForgetPromise;
            const auto outcome = run(setting);
            if (!outcome.isUnsafe)
                continue;
            how = outcome.violation + " (seed " + std::to_string(seed) + ", " + nameOf(arbitration)
                + ")";
            return true;
        }
    }
    return false;
}

} // namespace

Setting settingOf(std::uint64_t seed, Arbitration arbitration)
{
    Setting setting;
    setting.seed = seed;
    setting.arbitration = arbitration;
    setting.faults = 1 + int(seed % 6);
    setting.primaryContinues = seed % 3 == 0;
    return setting;
}

std::uint64_t runMany(std::uint64_t first, std::uint64_t count, Arbitration arbitration)
{
    std::atomic<std::uint64_t> next{first};
    std::mutex mutex;
    Outcome sum;
    std::uint64_t bad = 0;
    const auto work = [&] {
        Outcome part;
        for (std::uint64_t seed = next++; seed < first + count; seed = next++) {
            const auto outcome = run(settingOf(seed, arbitration));
            add(part, outcome);
            if (outcome.violation.empty())
                continue;
            const std::lock_guard lock{mutex};
            if (++bad <= shownAtMost)
                std::printf(
                    "seed %llu: %s\n  to see it: tests/lab/lab sim --arbiter %s --seed %llu\n",
                    (unsigned long long)seed, outcome.violation.c_str(), nameOf(arbitration),
                    (unsigned long long)seed);
        }
        const std::lock_guard lock{mutex};
        add(sum, part);
    };
    std::vector<std::jthread> threads;
    for (unsigned number = 0; number < std::max(1U, std::thread::hardware_concurrency()); ++number)
        threads.emplace_back(work);
    threads.clear();
    std::printf(
        "%llu schedules with arbiter '%s', %llu bad: %llu steps, %d takeovers, %d times alone, "
        "%d claims denied, %d promises, %d boots\n",
        (unsigned long long)count, nameOf(arbitration), (unsigned long long)bad,
        (unsigned long long)sum.steps, sum.takeovers, sum.detachments, sum.denials, sum.promises,
        sum.boots);
    return bad;
}

bool runBreaks()
{
    bool all = true;
    for (const auto& [rule, what] : brokenRules) {
        std::string how;
        const bool seen = isSeen(rule, 40'000, how);
        std::printf("%-28s %s\n", what, seen ? how.c_str() : "NOT SEEN");
        all = all && seen;
    }
    return all;
}

std::string diagram()
{
    Transitions seen;
    for (const auto arbitration : {Arbitration::Record, Arbitration::Fence, Arbitration::Manual}) {
        for (std::uint64_t seed = 0; seed < 3000; ++seed) {
            auto setting = settingOf(seed, arbitration);
            setting.collect = true;
            seen.merge(run(setting).transitions);
        }
    }
    std::string text = "stateDiagram-v2\n";
    const auto id = [](std::string name) {
        std::ranges::replace_if(name, [](char c) { return c == ' ' || c == '-'; }, '_');
        return name;
    };
    std::set<std::string> states;
    for (const auto& [from, to] : seen) {
        states.insert(from);
        states.insert(to);
    }
    for (const auto& state : states)
        text += "    " + id(state) + ": " + state + "\n";
    for (const auto& [from, to] : seen)
        text += "    " + id(from) + " --> " + id(to) + "\n";
    return text;
}

} // namespace lockstep::sim
