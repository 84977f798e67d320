// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/PrimaryGraph.h"
#include "fakes/FakeHost.h"
#include "fakes/FakeHypervisor.h"
#include "replication/Names.h"
#include "replication/PrimaryMigration.h"
#include "replication/PrimaryNetwork.h"

#include <spdlog/spdlog.h>

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using Fault = FakeMonitor::Fault;

namespace {

/// A running domain and the whole plan that protects it.
struct Primary
{
    FakeHypervisor hypervisor;
    FakeMonitor& qemu;
    PrimaryGraph graph;
    Plan plan;

    Primary()
        : qemu{hypervisor.put({.uuid = webUuid(),
                               .name = u"web"_s,
                               .id = 1,
                               .state = DomainState::Running,
                               .persistent = true})},
          graph{hypervisor, webSpec(), u"alpha"_s}
    {
        qemu.addDisk(u"virtio-disk0"_s, u"libvirt-1-format"_s, Bytes::fromMiB(64));
        qemu.rounds = 1;
        graph.setResume(true); // only running guests are protected
        graph.addSteps(plan);
    }
    Result<void> protect() { return QCoro::waitFor(plan.run({}, {})); }
    /// What the guest's user would call untouched; empty if it is.
    [[nodiscard]] QString trace() const
    {
        if (qemu.ranParked)
            return u"the guest ran on a placeholder"_s;
        if (qemu.status != u"running")
            return u"the guest is "_s + qemu.status;
        if (qemu.drives.value(u"virtio-disk0"_s) != u"libvirt-1-format" || qemu.nodes.size() != 1)
            return u"nodes are left: "_s + QStringList{qemu.nodes.keys()}.join(u' ');
        if (!qemu.objects.isEmpty() || !qemu.chardevs.isEmpty() || !qemu.jobs.isEmpty())
            return u"left: "_s
                + (qemu.objects.keys() + qemu.chardevs + qemu.jobs.keys()).join(u' ');
        if (qemu.coloMode != u"none")
            return u"it is still in COLO"_s;
        return {};
    }
};

} // namespace

class PrimaryGraphTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { spdlog::set_level(spdlog::level::off); }
    void protectsAndGoesAlone();
    void standsStillWhileLoggingBegins_data();
    void standsStillWhileLoggingBegins();
    void copiesMemoryAsItIsSetByThen();
    void leavesAPlainDomainWhateverFails_data();
    void leavesAPlainDomainWhateverFails();
    void leavesAPlainDomainWhenCancelled();
    void reportsAMigrationThatFails();
    void reportsAMigrationThatDoesNotEnterColo();
    void reportsACopyThatFails();
    void reportsAGuestThatEnds();
    void goesAloneTwice();
    void leavesColoOnlyOnce();
};

void PrimaryGraphTest::protectsAndGoesAlone()
{
    Primary primary;
    int checkpoints = 0;
    const auto watch = connect(
        &primary.hypervisor, &Hypervisor::qmpEvent, this,
        [&](const DomainUuid&, const QString& name) { checkpoints += name == u"RESUME" ? 1 : 0; });
    const auto result = primary.protect();
    disconnect(watch);
    QVERIFY2(result, result ? "" : qPrintable(result.error().message()));
    QCOMPARE(checkpoints, 3); // nobody trusts a shadow before
    QCOMPARE(primary.qemu.coloMode, u"primary"_s);
    QCOMPARE(primary.qemu.nodes.value(names::quorum(u"vda"_s)).children.size(), 2);
    QVERIFY(primary.qemu.jobs.isEmpty());
    QCOMPARE(primary.qemu.objects.value(names::nic(u"net0"_s, u"mirror"))[u"status"].toString(),
             u"on"_s);
    QCOMPARE(primary.qemu.objects.value(names::nic(u"net0"_s, u"hold"))[u"status"].toString(),
             u"off"_s);
    const auto status = [&](QStringView part) {
        return primary.qemu.objects.value(names::nic(u"net0"_s, part))[u"status"].toString();
    };
    const PrimaryNetwork network{Qmp{primary.hypervisor.monitor(webUuid())}, webSpec()};
    QVERIFY(QCoro::waitFor(network.setKeeping(true)));
    QCOMPARE(status(u"keep"), u"on"_s);
    QStringList order;
    primary.qemu.seen = [&](int) { order << status(u"divert") + u' ' + status(u"keep"); };
    QVERIFY(QCoro::waitFor(primary.graph.stopHolding()));
    primary.qemu.seen = {};
    // What was kept must not go to compare, which would be the end of it.
    QVERIFY2(!order.contains(u"on off"), qPrintable(order.join(u", ")));
    QCOMPARE(status(u"keep"), u"off"_s);
    QVERIFY(QCoro::waitFor(primary.graph.goAlone()));
    // From here on clients are served: nothing may still wait for the shadow.
    QCOMPARE(primary.qemu.status, u"running"_s);
    QCOMPARE(primary.qemu.nodes.value(names::quorum(u"vda"_s)).children.size(), 1);
    QCOMPARE(primary.qemu.objects.value(names::nic(u"net0"_s, u"divert"))[u"status"].toString(),
             u"off"_s);
    QVERIFY(QCoro::waitFor(primary.plan.undoAll()));
    QCOMPARE(primary.trace(), QString{});
    QCOMPARE(QCoro::waitFor(primary.graph.leftovers()).value(), QStringList{});
}

void PrimaryGraphTest::standsStillWhileLoggingBegins_data()
{
    QTest::addColumn<bool>("kvm");
    QTest::newRow("emulated") << false;
    QTest::newRow("kvm") << true; // has a log of its own, and needs no stop
}

void PrimaryGraphTest::standsStillWhileLoggingBegins()
{
    QFETCH(const bool, kvm);
    Primary primary;
    auto spec = webSpec();
    spec.kvm = kvm;
    primary.graph.setSpec(spec);
    QVERIFY(primary.protect());
    QCOMPARE(primary.qemu.ranAtLogStart, kvm);
    QCOMPARE(primary.qemu.status, u"running"_s);
}

void PrimaryGraphTest::copiesMemoryAsItIsSetByThen()
{
    Primary primary;
    MemoryTransfer transfer{.bandwidth = {}, .channels = 4, .compression = Compression::Zstd};
    primary.graph.setTransfer([&transfer] { return transfer; });
    // It is changed while the disks are copied.
    primary.qemu.seen = [&](int) {
        if (!primary.qemu.jobs.isEmpty())
            transfer.bandwidth = Bytes::fromMiB(10);
    };
    QVERIFY(primary.protect());
    QVERIFY(primary.qemu.capabilities.contains(u"multifd"_s));
    QCOMPARE(primary.qemu.parameters[u"multifd-channels"].toInt(), 4);
    QCOMPARE(primary.qemu.parameters[u"multifd-compression"].toString(), u"zstd"_s);
    QCOMPARE(primary.qemu.parameters[u"max-bandwidth"].toInteger(), Bytes::fromMiB(10).value);
    QVERIFY(QCoro::waitFor(primary.plan.undoAll()));
    // What libvirt finds when it migrates the domain one day.
    QCOMPARE(primary.qemu.capabilities, QSet<QString>{});
    QCOMPARE(primary.qemu.parameters[u"multifd-channels"].toInt(), 2);
    QCOMPARE(primary.qemu.parameters[u"multifd-compression"].toString(), u"none"_s);
    QCOMPARE(primary.qemu.parameters[u"max-bandwidth"].toInteger(), Bytes::fromMiB(128).value);
}

void PrimaryGraphTest::leavesAPlainDomainWhateverFails_data()
{
    QTest::addColumn<bool>("tookEffect");
    QTest::newRow("refused") << false;
    QTest::newRow("late answer") << true;
}

void PrimaryGraphTest::leavesAPlainDomainWhateverFails()
{
    QFETCH(const bool, tookEffect);
    bool failed = true;
    int command = 0;
    for (; failed; ++command) {
        Primary primary;
        primary.qemu.failAt = command;
        primary.qemu.fault = tookEffect ? Fault::TookEffect : Fault::Refused;
        const auto result = primary.protect();
        failed = primary.qemu.commands > command;
        if (!result)
            QVERIFY2(primary.trace().isEmpty(),
                     qPrintable(u"at command %1 (%2): %3"_s.arg(command).arg(
                         result.error().message(), primary.trace())));
    }
    QVERIFY(command > 40);
}

void PrimaryGraphTest::leavesAPlainDomainWhenCancelled()
{
    // At each command, so before each step, in the middle of the copies and on the way into COLO.
    bool cancelled = true;
    for (int at = 0; cancelled; ++at) {
        Primary primary;
        primary.qemu.rounds = 3;
        std::stop_source stop;
        primary.qemu.seen = [&](int number) {
            if (number == at)
                stop.request_stop();
        };
        const auto result = QCoro::waitFor(primary.plan.run(stop.get_token(), {}));
        cancelled = !result;
        if (cancelled) {
            QCOMPARE(result.error().code(), Errc::Cancelled);
            QVERIFY2(primary.trace().isEmpty(),
                     qPrintable(u"at command %1: %2"_s.arg(at).arg(primary.trace())));
        } else {
            QVERIFY(at > 40);
        }
    }
}

void PrimaryGraphTest::reportsAMigrationThatFails()
{
    Primary primary;
    primary.qemu.migrationEnd = u"failed"_s;
    const auto result = primary.protect();
    QVERIFY(!result);
    QVERIFY2(result.error().message().contains(u"failed"), qPrintable(result.error().message()));
    QCOMPARE(primary.trace(), QString{});
}

void PrimaryGraphTest::reportsAMigrationThatDoesNotEnterColo()
{
    // QEMU 10.0.2: the migration is "completed", the guest stays stopped.
    Primary primary;
    primary.qemu.coloEnd = u"completed"_s;
    const auto result = primary.protect();
    QVERIFY(!result);
    QVERIFY2(result.error().message().contains(u"completed"), qPrintable(result.error().message()));
    QCOMPARE(primary.trace(), QString{});
}

void PrimaryGraphTest::reportsACopyThatFails()
{
    Primary primary;
    primary.qemu.mirrorError = u"No space left on device"_s;
    const auto result = primary.protect();
    QVERIFY(!result);
    QVERIFY2(result.error().message().contains(u"vda: No space left on device"),
             qPrintable(result.error().message()));
    QCOMPARE(primary.trace(), QString{});
}

void PrimaryGraphTest::reportsAGuestThatEnds()
{
    Primary primary;
    primary.qemu.off = true;
    QCOMPARE(primary.protect().error().code(), Errc::MonitorLost);
}

void PrimaryGraphTest::goesAloneTwice()
{
    // A daemon that was restarted in the middle does it again.
    Primary primary;
    QVERIFY(primary.protect());
    QVERIFY(QCoro::waitFor(primary.graph.stopHolding()));
    QVERIFY(QCoro::waitFor(primary.graph.goAlone()));
    QVERIFY(QCoro::waitFor(primary.graph.stopHolding()));
    QVERIFY(QCoro::waitFor(primary.graph.goAlone()));
    QVERIFY(QCoro::waitFor(primary.plan.undoAll()));
    QVERIFY(QCoro::waitFor(primary.graph.stopHolding()));
    QVERIFY(QCoro::waitFor(primary.graph.goAlone()));
    QVERIFY(QCoro::waitFor(primary.plan.undoAll()));
    QCOMPARE(primary.trace(), QString{});
}

void PrimaryGraphTest::leavesColoOnlyOnce()
{
    Primary primary;
    const PrimaryMigration migration{Qmp{primary.hypervisor.monitor(webUuid())}, webSpec()};
    primary.qemu.refused = u"x-colo-lost-heartbeat"_s;
    QVERIFY(QCoro::waitFor(migration.end())); // never was in COLO: nothing to leave
    QVERIFY(QCoro::waitFor(migration.end()));
}

QTEST_GUILESS_MAIN(PrimaryGraphTest)
#include "PrimaryGraphTest.moc"
