// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/DriveSwap.h"
#include "fakes/FakeMonitor.h"
#include "replication/Names.h"
#include "replication/ShadowGraph.h"

#include <spdlog/spdlog.h>

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using lockstep::test::FakeMonitor;
using Fault = FakeMonitor::Fault;

namespace {

QList<DiskSpec> twoDisks()
{
    QList<DiskSpec> disks(2);
    for (int i = 0; i < 2; ++i) {
        disks[i].target = QString(u"vd"_s) + QChar(u'a' + i);
        disks[i].alias = u"virtio-disk%1"_s.arg(i);
        disks[i].node = u"libvirt-%1-format"_s.arg(i + 1);
        disks[i].format = u"qcow2"_s;
        disks[i].size = Bytes::fromMiB(64);
    }
    return disks;
}

std::shared_ptr<FakeMonitor> qemu()
{
    auto monitor = std::make_shared<FakeMonitor>();
    for (const auto& disk : twoDisks())
        monitor->addDisk(disk.alias, disk.node, disk.size);
    return monitor;
}

bool isPlain(const FakeMonitor& monitor)
{
    const auto plain = qemu();
    return monitor.nodes == plain->nodes && monitor.drives == plain->drives;
}

bool usesQuorum(const FakeMonitor& monitor)
{
    return monitor.drives.value(u"virtio-disk0"_s) == names::quorum(u"vda"_s)
        && monitor.drives.value(u"virtio-disk1"_s) == names::quorum(u"vdb"_s)
        && monitor.nodes.size() == 4;
}

} // namespace

/// What must never happen: the guest runs while a disk of it is parked on a placeholder. It would
/// read zeros and lose what it writes.
class DriveSwapTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { spdlog::set_level(spdlog::level::off); }
    void putsQuorumInAndTakesItOut();
    void leavesAPausedGuestPaused();
    void neverRunsParkedWhateverFails_data();
    void neverRunsParkedWhateverFails();
    void recoversFromADeathAtAnyCommand_data();
    void recoversFromADeathAtAnyCommand();
    void takingOutNeverRunsParkedWhateverFails_data();
    void takingOutNeverRunsParkedWhateverFails();
    void staysPausedWhileADiskCannotBeGivenBack();
    void takesOutAllLayersOfAFormerShadow();
    void touchesNothingThatIsPlain();
};

void DriveSwapTest::putsQuorumInAndTakesItOut()
{
    const auto monitor = qemu();
    const DriveSwap swap{Qmp{monitor}, twoDisks()};
    QVERIFY(QCoro::waitFor(swap.insertQuorum()));
    QVERIFY(usesQuorum(*monitor));
    QCOMPARE(monitor->status, u"running"_s);
    QVERIFY(QCoro::waitFor(swap.removeQuorum(false)));
    QVERIFY(isPlain(*monitor));
    QCOMPARE(monitor->status, u"running"_s);
    QVERIFY(!monitor->ranParked);
}

void DriveSwapTest::leavesAPausedGuestPaused()
{
    const auto monitor = qemu();
    monitor->status = u"paused"_s;
    const DriveSwap swap{Qmp{monitor}, twoDisks()};
    QVERIFY(QCoro::waitFor(swap.insertQuorum()));
    QCOMPARE(monitor->status, u"paused"_s);
    QVERIFY(QCoro::waitFor(swap.removeQuorum(false)));
    QCOMPARE(monitor->status, u"paused"_s);
    QVERIFY(isPlain(*monitor));
}

void DriveSwapTest::neverRunsParkedWhateverFails_data()
{
    QTest::addColumn<bool>("tookEffect");
    QTest::newRow("refused") << false;
    QTest::newRow("late answer") << true;
}

void DriveSwapTest::neverRunsParkedWhateverFails()
{
    QFETCH(const bool, tookEffect);
    bool failed = true;
    int command = 0;
    for (; failed; ++command) {
        const auto monitor = qemu();
        monitor->failAt = command;
        monitor->fault = tookEffect ? Fault::TookEffect : Fault::Refused;
        const DriveSwap swap{Qmp{monitor}, twoDisks()};
        const auto inserted = QCoro::waitFor(swap.insertQuorum());
        QVERIFY2(!monitor->ranParked, qPrintable(u"at command %1"_s.arg(command)));
        failed = monitor->commands > command;
        if (inserted && failed)
            continue; // a command whose failure does not matter
        // The plan takes back whatever the failing step left.
        if (!inserted)
            QVERIFY2(QCoro::waitFor(swap.removeQuorum(true)),
                     qPrintable(u"at command %1"_s.arg(command)));
        QVERIFY2(!monitor->ranParked, qPrintable(u"undo, at command %1"_s.arg(command)));
        QVERIFY(inserted ? usesQuorum(*monitor) : isPlain(*monitor));
        QCOMPARE(monitor->status, u"running"_s);
    }
    QVERIFY(command > 12); // it did walk through the commands
}

void DriveSwapTest::recoversFromADeathAtAnyCommand_data()
{
    QTest::addColumn<bool>("out");
    QTest::newRow("putting it in") << false;
    QTest::newRow("taking it out") << true;
}

void DriveSwapTest::recoversFromADeathAtAnyCommand()
{
    QFETCH(const bool, out);
    bool died = true;
    for (int command = 0; died; ++command) {
        const auto monitor = qemu();
        const DriveSwap swap{Qmp{monitor}, twoDisks()};
        if (out)
            QVERIFY(QCoro::waitFor(swap.insertQuorum()));
        const int before = monitor->commands;
        monitor->deafFrom = before + command;
        (void)(out ? QCoro::waitFor(swap.removeQuorum(false))
                   : QCoro::waitFor(swap.insertQuorum()));
        died = monitor->commands > before + command;
        QVERIFY2(!monitor->ranParked, qPrintable(u"at command %1"_s.arg(command)));
        monitor->deafFrom.reset();
        const DriveSwap next{Qmp{monitor}, twoDisks()};
        QVERIFY(QCoro::waitFor(next.removeQuorum(true)));
        QVERIFY2(!monitor->ranParked, qPrintable(u"recovering, at command %1"_s.arg(command)));
        QVERIFY2(isPlain(*monitor), qPrintable(u"at command %1"_s.arg(command)));
        QCOMPARE(monitor->status, u"running"_s);
    }
}

void DriveSwapTest::takingOutNeverRunsParkedWhateverFails_data()
{
    neverRunsParkedWhateverFails_data();
}

void DriveSwapTest::takingOutNeverRunsParkedWhateverFails()
{
    QFETCH(const bool, tookEffect);
    bool failed = true;
    for (int command = 0; failed; ++command) {
        const auto monitor = qemu();
        const DriveSwap swap{Qmp{monitor}, twoDisks()};
        QVERIFY(QCoro::waitFor(swap.insertQuorum()));
        const int before = monitor->commands;
        monitor->failAt = before + command;
        monitor->fault = tookEffect ? Fault::TookEffect : Fault::Refused;
        const auto removed = QCoro::waitFor(swap.removeQuorum(false));
        failed = monitor->commands > before + command;
        monitor->failAt.reset();
        QVERIFY2(!monitor->ranParked, qPrintable(u"at command %1"_s.arg(command)));
        if (removed)
            QVERIFY2(isPlain(*monitor), qPrintable(u"at command %1"_s.arg(command)));
        // Asked again, it comes to an end.
        QVERIFY(QCoro::waitFor(swap.removeQuorum(true)));
        QVERIFY2(isPlain(*monitor) && !monitor->ranParked,
                 qPrintable(u"again, at command %1"_s.arg(command)));
        QCOMPARE(monitor->status, u"running"_s);
    }
}

void DriveSwapTest::staysPausedWhileADiskCannotBeGivenBack()
{
    const auto monitor = qemu();
    const DriveSwap swap{Qmp{monitor}, twoDisks()};
    QVERIFY(QCoro::waitFor(swap.insertQuorum()));
    monitor->refused = u"blockdev-del"_s;
    const auto removed = QCoro::waitFor(swap.removeQuorum(true));
    QVERIFY(!removed);
    QCOMPARE(monitor->status, u"paused"_s);
    QVERIFY(!monitor->ranParked);
    QVERIFY2(removed.error().message().contains(u"vda"), qPrintable(removed.error().message()));
}

void DriveSwapTest::takesOutAllLayersOfAFormerShadow()
{
    const auto monitor = qemu();
    ReplicationSpec spec;
    spec.disks = twoDisks();
    QVERIFY(QCoro::waitFor(ShadowGraph(Qmp{monitor}, spec).buildDisks()));
    QCOMPARE(monitor->nodes.size(), 12);
    QVERIFY(QCoro::waitFor(DriveSwap(Qmp{monitor}, spec.disks).removeQuorum(false)));
    QVERIFY(isPlain(*monitor));
    QVERIFY(!monitor->ranParked);
    QCOMPARE(monitor->status, u"running"_s);
}

void DriveSwapTest::touchesNothingThatIsPlain()
{
    const auto monitor = qemu();
    monitor->refused = u"stop"_s; // a guest without our nodes must not even be stopped
    QVERIFY(QCoro::waitFor(DriveSwap(Qmp{monitor}, twoDisks()).removeQuorum(false)));
    QVERIFY(isPlain(*monitor));
}

QTEST_GUILESS_MAIN(DriveSwapTest)
#include "DriveSwapTest.moc"
