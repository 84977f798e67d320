// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Schedule.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

using namespace lockstep;
using namespace lockstep::failover;
using namespace lockstep::sim;

namespace {

bool isIn(const std::string& path, const std::string& text)
{
    std::ifstream file{path};
    const std::string all{std::istreambuf_iterator<char>{file}, {}};
    if (all.find(text) != std::string::npos)
        return true;
    std::printf("%s does not have the states as they are; they are:\n%s", path.c_str(),
                text.c_str());
    return false;
}

int replay(std::uint64_t seed, Arbitration arbitration)
{
    auto setting = settingOf(seed, arbitration);
    setting.trace = true;
    const auto outcome = run(setting);
    std::printf("%s\n",
                outcome.violation.empty() ? "every rule was kept" : outcome.violation.c_str());
    return outcome.violation.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{
        "Runs the rules of failover against simulated hosts, links and arbiters that fail."};
    std::uint64_t first = 0;
    std::uint64_t count = 10'000;
    std::uint64_t seed = 0;
    auto arbitration = Arbitration::Record;
    std::string document;
    const std::map<std::string, Arbitration> arbiters{{"record", Arbitration::Record},
                                                      {"fence", Arbitration::Fence},
                                                      {"manual", Arbitration::Manual}};
    app.add_option("--arbiter", arbitration, "record (etcd), fence or manual")
        ->transform(CLI::CheckedTransformer(arbiters));
    app.add_option("--first", first, "seed of the first schedule");
    app.add_option("--count", count, "how many schedules");
    const auto* const one =
        app.add_option("--seed", seed, "run this schedule alone, and print what happens");
    const auto* const breaks =
        app.add_flag("--breaks", "break each rule on purpose: every break has to be seen");
    const auto* const shows = app.add_flag("--diagram", "print the states of a pair as Mermaid");
    app.add_option("--check-diagram", document, "fail unless this file has that diagram");
    CLI11_PARSE(app, argc, argv);

    if (one->count() > 0)
        return replay(seed, arbitration);
    if (breaks->count() > 0)
        return runBreaks() ? 0 : 1;
    if (shows->count() > 0)
        return std::fputs(diagram().c_str(), stdout) < 0 ? 1 : 0;
    if (!document.empty())
        return isIn(document, diagram()) ? 0 : 1;
    return runMany(first, count, arbitration) == 0 ? 0 : 1;
}
