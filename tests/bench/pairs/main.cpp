// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../api/Figures.h"
#include "fakes/FakeHost.h"
#include "replication/PrimaryGraph.h"
#include "replication/ShadowGraph.h"

#include <CLI/CLI.hpp>

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>
#include <QTimer>

#include <cstdio>

// What idle pairs cost where a machine is too small for their QEMUs: the real pair/ and
// replication/ of both their hosts in this process, over models of QEMU (at the level of QMP), of
// libvirt and of the link. One JSON line as tests/bench/measuring/daemons.py has it: CPU is half of
// the process's, memory all of it. D-Bus, TLS and libvirt's own calls are not in it; heartbeats
// come five times too often. No test looks at the figures.

namespace lockstep::bench {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using test::FakeHost;

namespace {

constexpr auto settling = 120s;
constexpr auto forgetting = 1s;

DomainUuid uuidOf(int number) { return {QUuid::createUuidV5(QUuid{}, QString::number(number))}; }

/// The tests' record, of a domain of its own.
PairRecord numbered(PairRecord record, int number)
{
    const QString name = u"idle%1"_s.arg(number);
    record.definition.replace(u"<name>web</name>"_s, u"<name>%1</name>"_s.arg(name));
    record.definition.replace(toString(record.uuid), toString(uuidOf(number)));
    record.uuid = uuidOf(number);
    record.spec.uuid = record.uuid;
    record.domain = name;
    record.spec.domain = name;
    return record;
}

test::FakeMonitor& putDomain(FakeHost& host, const PairRecord& record, int number)
{
    const bool isPrimary = record.role == Role::Primary;
    auto& qemu =
        host.hypervisor.put({.uuid = record.uuid,
                             .name = record.domain,
                             .id = number,
                             .state = isPrimary ? DomainState::Running : DomainState::Paused,
                             .persistent = isPrimary});
    qemu.addDisk(u"virtio-disk0"_s, u"libvirt-1-format"_s, Bytes::fromMiB(64));
    qemu.rounds = 1;
    host.hypervisor.setXml(record.uuid, record.definition);
    return qemu;
}

/// A pair that is protected, on both hosts and in both QEMUs. False if it could not be built.
bool putProtected(FakeHost& alpha, FakeHost& beta, int number)
{
    const auto primary = numbered(alpha.record(Role::Primary, PairState::Protected, 1), number);
    const auto secondary = numbered(beta.record(Role::Secondary, PairState::Protected, 1), number);
    alpha.put(primary);
    putDomain(alpha, primary, number);
    beta.put(secondary);
    auto& qemu = putDomain(beta, secondary, number);
    const ShadowGraph shadow{Qmp{beta.hypervisor.monitor(secondary.uuid)}, secondary.spec};
    const bool hasShadow = QCoro::waitFor(shadow.buildDisks()).has_value()
        && QCoro::waitFor(shadow.exportDisks()).has_value()
        && QCoro::waitFor(shadow.connectNetwork(true)).has_value();
    qemu.status = u"paused"_s;
    PrimaryGraph graph{alpha.hypervisor, primary.spec, u"alpha"_s};
    Plan plan;
    graph.addSteps(plan);
    return hasShadow && QCoro::waitFor(plan.run({}, {})).has_value();
}

/// Whether each of its drivers has heard that the other side's QEMU is in COLO.
bool isInStep(const FakeHost& host, int pairs)
{
    for (int number = 1; number <= pairs; ++number) {
        const auto* const driver = host.drivers->find(uuidOf(number));
        if (!driver || driver->mind().theirs.qemu != failover::QemuSense::Colo)
            return false;
    }
    return true;
}

double residentMib()
{
    QFile file{u"/proc/self/status"_s};
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const auto lines = file.readAll().split('\n');
    for (const QByteArray& line : lines) {
        if (line.startsWith("VmRSS:"))
            return line.simplified().split(' ').at(1).toDouble() / 1024;
    }
    return 0;
}

} // namespace

/// False if the pairs do not come to stand as they should.
bool measure(int pairs, int seconds)
{
    FakeHost alpha{u"alpha"_s};
    FakeHost beta{u"beta"_s};
    FakeHost::join(alpha, beta);
    for (int number = 1; number <= pairs; ++number) {
        if (!putProtected(alpha, beta, number))
            return false;
    }
    alpha.begin();
    beta.begin();
    if (!QTest::qWaitFor([&] { return isInStep(alpha, pairs) && isInStep(beta, pairs); }, settling))
        return false;
    // The models note all that is asked of them.
    QTimer forget;
    QObject::connect(&forget, &QTimer::timeout, &forget, [&alpha, &beta] {
        alpha.journal.clear();
        beta.journal.clear();
    });
    forget.start(forgetting);
    const double before = cpuTime();
    QTest::qWait(seconds * 1000);
    const double share = (cpuTime() - before) / 1e3 / seconds / 2;
    const QJsonObject line{
        {u"pairs"_s, pairs}, {u"stubbed"_s, true}, {u"cpu"_s, share}, {u"mib"_s, residentMib()}};
    std::printf("%s\n", QJsonDocument{line}.toJson(QJsonDocument::Compact).constData());
    return true;
}

} // namespace lockstep::bench

int main(int argc, char* argv[])
{
    CLI::App app{"Measures what idle pairs cost, without QEMU; prints a JSON line"};
    int pairs = 100;
    int seconds = 60;
    app.add_option("--pairs", pairs, "How many pairs there are")->check(CLI::Range(1, 10'000));
    app.add_option("--seconds", seconds, "How long it is measured")->check(CLI::Range(1, 3'600));
    CLI11_PARSE(app, argc, argv);
    const QCoreApplication application{argc, argv};
    if (lockstep::bench::measure(pairs, seconds))
        return 0;
    std::fputs("the pairs do not come to be in step\n", stderr);
    return 1;
}
