// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Fleet.h"

#include <CLI/CLI.hpp>

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>

// A thousand pairs on fifty hosts, in virtual time: that the rules hold for all of them at once,
// and what the decisions and heartbeats of so many cost. One JSON line; what is not by the rules
// goes to the standard error, and makes it fail. No test looks at the figures.

using namespace lockstep::sim;
using namespace Qt::StringLiterals;

namespace {

constexpr double second = 1'000;

/// The most that this process has held at any time.
double mostMib()
{
    std::ifstream file{"/proc/self/status"};
    std::string word;
    while (file >> word) {
        if (word == "VmHWM:") {
            double kib = 0;
            file >> kib;
            return kib / 1024;
        }
    }
    return 0;
}

/// Nearest rank; null of nothing.
QJsonValue percentile(std::vector<Milliseconds> values, int percent)
{
    if (values.empty())
        return {};
    std::ranges::sort(values);
    const auto rank = (values.size() * size_t(percent) + 99) / 100;
    return double(values[std::max<size_t>(rank, 1) - 1]) / second;
}

QJsonObject outages(const std::vector<Milliseconds>& values)
{
    return {{u"n"_s, qint64(values.size())},
            {u"p50"_s, percentile(values, 50)},
            {u"p95"_s, percentile(values, 95)},
            {u"max"_s, percentile(values, 100)}};
}

QJsonObject report(const FleetSetting& setting, const FleetFigures& figures, double wall,
                   double cpu)
{
    return {{u"hosts"_s, setting.hosts},
            {u"pairs"_s, figures.pairs},
            {u"seed"_s, qint64(setting.seed)},
            {u"simulated_s"_s, double(figures.time) / second},
            {u"wall_s"_s, wall},
            {u"cpu_s"_s, cpu},
            {u"events"_s, qint64(figures.events)},
            {u"events_per_s"_s, double(figures.events) / wall},
            {u"heartbeats"_s, qint64(figures.datagrams)},
            {u"mib"_s, mostMib()},
            {u"protected_after_s"_s, double(figures.protectedAfter) / second},
            {u"takeovers"_s, figures.takeovers},
            {u"alone"_s, figures.detachments},
            {u"takeover_outage_s"_s, outages(figures.takeoverOutages)},
            {u"alone_outage_s"_s, outages(figures.aloneOutages)}};
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Runs a fleet of hosts that share pairs in virtual time; prints a JSON line"};
    FleetSetting setting;
    app.add_option("--hosts", setting.hosts, "How many hosts there are")
        ->check(CLI::Range(2, 1'000));
    app.add_option("--pairs", setting.pairs, "Of how many pairs each is the primary")
        ->check(CLI::Range(1, 1'000));
    app.add_option("--neighbours", setting.neighbours, "How many hosts have the shadows of one")
        ->check(CLI::Range(1, 999));
    app.add_option("--killed", setting.killed, "How many hosts lose power; the first for good")
        ->check(CLI::Range(1, 500));
    app.add_option("--seed", setting.seed, "Another one is another order of things");
    CLI11_PARSE(app, argc, argv);
    if (!Fleet::isPossible(setting)) {
        std::fputs("the hosts that are killed are no further apart than neighbours: a pair would "
                   "lose both of its hosts\n",
                   stderr);
        return 2;
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto cpuBefore = std::clock();
    Fleet fleet{setting};
    const auto wrong = fleet.run();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const double cpu = double(std::clock() - cpuBefore) / CLOCKS_PER_SEC;
    const auto line = report(setting, fleet.figures(), wall.count(), cpu);
    std::printf("%s\n", QJsonDocument{line}.toJson(QJsonDocument::Compact).constData());
    for (const std::string& text : wrong)
        std::fprintf(stderr, "%s (seed %llu)\n", text.c_str(), (unsigned long long)setting.seed);
    return wrong.empty() ? 0 : 1;
}
