// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakeHost.h"
#include "pair/Statistics.h"
#include "store/SqliteStatistics.h"

#include <CLI/CLI.hpp>

#include <QCoreApplication>
#include <QCoroTask>
#include <QElapsedTimer>
#include <QJsonDocument>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

// What recording checkpoints costs lockstepd: one JSON line per figure, as tests/bench/run prints
// them. The recorder is the daemon's own, fed with QEMU's events, with real TCP connections and a
// real device to count on, and the real file. Goals: less than 1 % of a core at 100 checkpoints a
// second; of an idle pair, a day, 0.5 MiB. No test looks at the figures.

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 microsecond = 1;
constexpr qint64 millisecond = 1'000 * microsecond;
constexpr qint64 second = 1'000 * millisecond;
constexpr double perCent = 100;

void print(const QString& name, double value, const QString& unit)
{
    const QJsonObject line{{u"figure"_s, name}, {u"value"_s, value}, {u"unit"_s, unit}};
    std::printf("%s\n", QJsonDocument{line}.toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
}

/// Seconds of CPU that this process has used.
double cpu()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

double mebibytesInUse() { return double(::mallinfo2().uordblks) / (1'024.0 * 1'024.0); }

/// Whether all was measured that there is: with a device or connections that are not found
/// recording would cost less.
bool isWhole(const PairStatistics& statistics, int checkpoints)
{
    const CheckpointRing& ring = statistics.checkpoints();
    return statistics.lifetime().count() == quint64(checkpoints) && statistics.lifetime().memory > 0
        && ring.at(ring.next() - 1).released.isKnown();
}

/// A protected pair whose channels are connections on the loopback, and whose tap is the loopback.
struct Scene
{
    Scene()
    {
        server.listen(QHostAddress{QHostAddress::LocalHost});
        client.connectToHost(QHostAddress{QHostAddress::LocalHost}, server.serverPort());
        client.waitForConnected();
        server.waitForNewConnection(10'000);
        PairRecord record = host.record(Role::Primary, PairState::Protected, 1);
        record.spec.primaryAddress = record.spec.secondaryAddress =
            QHostAddress{QHostAddress::LocalHost};
        record.spec.migrationPort = record.spec.nbdPort = server.serverPort();
        host.put(record);
        host.putDomain();
        host.hypervisor.setXml(webUuid(), webXml().replace(u"vnet0"_s, u"lo"_s));
    }

    QTcpServer server;
    QTcpSocket client;
    FakeHost host{u"alpha"_s};
};

bool measureCheckpoints(int checkpoints)
{
    Scene scene;
    const QTemporaryDir folder;
    SqliteStatistics store{folder.path()};
    // The fakes have one, too.
    QObject::disconnect(&scene.host.hypervisor, nullptr, &scene.host.statistics, nullptr);
    Statistics statistics{scene.host.hypervisor, scene.host.pairs, &store};
    QCoro::waitFor(statistics.load());
    const qint64 begin = QDateTime::currentMSecsSinceEpoch() * millisecond;
    const double before = cpu();
    for (int n = 0; n < checkpoints; ++n) {
        const qint64 time = begin + n * 10 * millisecond; // a hundred a second
        Q_EMIT scene.host.hypervisor.qmpEvent(webUuid(), u"STOP"_s, time, {});
        Q_EMIT scene.host.hypervisor.qmpEvent(webUuid(), u"RESUME"_s, time + 5 * millisecond, {});
        if (n % 100 == 0) // once a second
            scene.client.write("memory");
        QCoreApplication::processEvents();
        if (n % 6'000 == 5'999) // once a minute
            QCoro::waitFor(statistics.save());
    }
    QCoro::waitFor(statistics.save());
    const double used = cpu() - before;
    const auto* const found = statistics.find(webUuid());
    const bool good = found && isWhole(*found, checkpoints);
    print(u"recording a checkpoint: CPU"_s, used / checkpoints * 1e6, u"us"_s);
    print(u"recording 100 checkpoints a second: CPU"_s, used / checkpoints * 100 * perCent,
          u"% of a core"_s);
    QElapsedTimer reportTime;
    reportTime.start();
    const auto report = found
        ? found->report(
              {.since = 0, .until = begin + 86'400 * second, .points = 240, .checkpoints = 0})
        : StatisticsReport{};
    print(u"a report of a day: time"_s, double(reportTime.nsecsElapsed()) / 1e6, u"ms"_s);
    QCoro::waitFor(statistics.stop());
    return good && report.sums.checkpoints > 0;
}

/// What a day of `pairs` takes, with a checkpoint every `period` seconds.
void measureMemory(int pairs, int period)
{
    const double before = mebibytesInUse();
    std::vector<PairStatistics> all(static_cast<std::size_t>(pairs));
    for (auto& pair : all) {
        for (qint64 n = 0; n < 86'400; ++n) {
            const qint64 now = 1'780'000'000 + n;
            pair.observe(now, n % period == 0 ? 2'000'000 : 0, 0);
            if (n % period != 0)
                continue;
            Checkpoint checkpoint;
            checkpoint.time = now * second;
            checkpoint.stopped = quint32(20'000 + n % 30'000);
            checkpoint.memory = 2'000'000;
            pair.add(checkpoint);
        }
        (void)pair.takeChanges(); // as if they were saved
    }
    print(u"memory of a pair, a day, a checkpoint every %1 s"_s.arg(period),
          (mebibytesInUse() - before) / pairs, u"MiB"_s);
}

} // namespace

int main(int argc, char* argv[])
{
    CLI::App app{"Measures what statistics cost; one JSON line per figure"};
    int checkpoints = 60'000;
    int pairs = 100;
    app.add_option("--checkpoints", checkpoints, "How many are recorded")
        ->check(CLI::Range(1, 10'000'000));
    app.add_option("--pairs", pairs, "How many pairs' memory is measured")
        ->check(CLI::Range(1, 1'000));
    CLI11_PARSE(app, argc, argv);
    QCoreApplication application{argc, argv};
    const bool good = measureCheckpoints(checkpoints);
    measureMemory(pairs, 20);
    measureMemory(std::max(pairs / 20, 1), 1);
    if (!good)
        std::fputs("not all of it was recorded\n", stderr);
    return good ? 0 : 1;
}
