// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Figures.h"
#include "Server.h"

#include <CLI/CLI.hpp>
#include <sdbus-c++/sdbus-c++.h>
#include <spdlog/spdlog.h>

#include <QCoreApplication>
#include <QElapsedTimer>

#include <cstdio>

// What listing a thousand pairs costs the daemon and a client, and how long `lockstep list` takes:
// one JSON line per figure, as tests/bench/run prints them. Client and service are processes of
// their own, with a dbus-daemon between them. Goals: 100 ms for a thousand pairs, 50 ms for a list
// of ten. No test looks at the figures.

using namespace Qt::StringLiterals;
using namespace lockstep::bench;

namespace {

constexpr int exitFailed = 1;
constexpr int pairsOfList = 10;

using Properties = std::map<sdbus::PropertyName, sdbus::Variant>;
using Managed = std::map<sdbus::ObjectPath, std::map<sdbus::InterfaceName, Properties>>;

/// The other process: asks once, prints how many objects it got, the time to the answer, and the
/// time to read it.
int beClient()
{
    const auto bus = sdbus::createSystemBusConnection();
    const auto proxy = sdbus::createProxy(*bus, sdbus::ServiceName{"org.lockstep.Lockstep1"},
                                          sdbus::ObjectPath{"/org/lockstep/Lockstep1"});
    const auto call =
        proxy->createMethodCall(sdbus::InterfaceName{"org.freedesktop.DBus.ObjectManager"},
                                sdbus::MethodName{"GetManagedObjects"});
    QElapsedTimer time;
    time.start();
    auto reply = proxy->callMethod(call);
    const double answered = double(time.nsecsElapsed()) / 1e6;
    Managed objects;
    reply >> objects;
    const double read = double(time.nsecsElapsed()) / 1e6 - answered;
    std::printf("%zu %f %f\n", objects.size(), answered, read);
    return 0;
}

bool measureObjects(const QString& self, int pairs, int rounds)
{
    const Server server{pairs};
    Figure answer{u"GetManagedObjects, %1 pairs: to the answer"_s.arg(pairs), {}};
    Figure read{u"GetManagedObjects, %1 pairs: client reads it"_s.arg(pairs), {}};
    Figure daemon{u"GetManagedObjects, %1 pairs: daemon's CPU"_s.arg(pairs), {}};
    for (int round = 0; round < rounds; ++round) {
        const auto asked = server.run(self, {u"--client"_s});
        const auto words = asked ? asked->out.simplified().split(' ') : QByteArrayList{};
        // The pairs, and a peer and a job.
        if (words.size() != 3 || words[0].toInt() != pairs + 2)
            return false;
        answer.rounds << words[1].toDouble();
        read.rounds << words[2].toDouble();
        daemon.rounds << asked->cpuHere;
    }
    for (const auto& figure : {answer, read, daemon})
        print(figure);
    return true;
}

bool measureList(int rounds)
{
    const Server server{pairsOfList};
    Figure list{u"lockstep list, %1 pairs: start to end"_s.arg(pairsOfList), {}};
    Figure help{u"lockstep --version: start to end"_s, {}};
    for (int round = 0; round < rounds; ++round) {
        const auto listed = server.run(QStringLiteral(LOCKSTEP_CLI), {u"list"_s});
        const auto bare = server.run(QStringLiteral(LOCKSTEP_CLI), {u"--version"_s});
        if (!listed || !bare || listed->out.count('\n') != pairsOfList + 1)
            return false;
        list.rounds << listed->milliseconds;
        help.rounds << bare->milliseconds;
    }
    for (const auto& figure : {list, help})
        print(figure);
    return true;
}

} // namespace

int main(int argc, char* argv[])
{
    CLI::App app{"Measures the D-Bus service and the command line; one JSON line per figure"};
    int rounds = 15;
    int pairs = 1000;
    bool isClient = false;
    app.add_option("--rounds", rounds, "How often each is measured")->check(CLI::Range(1, 10'000));
    app.add_option("--pairs", pairs, "How many pairs there are")->check(CLI::Range(1, 50'000));
    app.add_flag("--client", isClient)->group(""); // the other process
    CLI11_PARSE(app, argc, argv);
    if (isClient)
        return beClient();
    QCoreApplication application{argc, argv};
    spdlog::set_level(spdlog::level::warn);
    const bool done = measureObjects(QCoreApplication::applicationFilePath(), pairs, rounds)
        && measureList(rounds);
    if (!done)
        std::fputs("a client failed, or saw too little\n", stderr);
    return done ? 0 : exitFailed;
}
