// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/DiskCopy.h"
#include "fakes/FakeHost.h"
#include "fakes/FakeHypervisor.h"
#include "replication/ChangeMaps.h"
#include "replication/Names.h"
#include "replication/PrimaryGraph.h"

#include <spdlog/spdlog.h>

#include <QSet>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using Fault = FakeMonitor::Fault;

namespace {

const QString before = u"0b6c1c5e-6a0e-4a53-9f5a-0d7f7d3a4c11"_s;
const QString now = u"0b6c1c5e-6a0e-4a53-9f5a-0d7f7d3a4c12"_s;
const QString node = u"libvirt-1-format"_s;

/// A running domain whose last replica is back; maps of what has changed since are there.
struct Primary
{
    QStringList journal;
    FakeHypervisor hypervisor{&journal};
    FakeMonitor& qemu;
    PrimaryGraph graph;
    Plan plan;

    explicit Primary(bool partial = true)
        : qemu{hypervisor.put({.uuid = webUuid(),
                               .name = u"web"_s,
                               .id = 1,
                               .state = DomainState::Running,
                               .persistent = true})},
          graph{hypervisor, spec(partial), u"alpha"_s}
    {
        qemu.addDisk(u"virtio-disk0"_s, node, Bytes::fromMiB(64));
        qemu.rounds = 1;
        qemu.bitmaps[node] = {names::changes(before, 3), names::changes(before, 4)};
        graph.setResume(true);
        graph.addSteps(plan);
    }
    static ReplicationSpec spec(bool partial)
    {
        auto spec = webSpec();
        spec.copy = now;
        if (partial)
            spec.base = before;
        return spec;
    }
    Result<void> protect() { return QCoro::waitFor(plan.run({}, {})); }
    [[nodiscard]] qsizetype at(const QString& command) const
    {
        return journal.indexOf(u"qmp "_s + command);
    }
    [[nodiscard]] bool isPlain() const
    {
        return !qemu.ranParked && qemu.status == u"running" && qemu.nodes.size() == 1
            && qemu.drives.value(u"virtio-disk0"_s) == node && qemu.jobs.isEmpty()
            && qemu.objects.isEmpty() && qemu.chardevs.isEmpty() && qemu.coloMode == u"none";
    }
};

} // namespace

/// A copy of what has changed, step by step.
class DiskCopyTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { spdlog::set_level(spdlog::level::off); }
    void copiesOnlyWhatHasChanged();
    void copiesAllWithoutABase();
    void leavesNoNoteIfNobodyCouldUseIt();
    void keepsTheNoteWhenItGoesAlone();
    void needsTheNoteOfEachDisk();
    void tellsThatTheCopyFailed();
    void tellsThatAWriteFailed();
    void tellsThatTheMirrorFailedLater();
    void tellsThatTheMirrorFailedAtItsEnd_data();
    void tellsThatTheMirrorFailedAtItsEnd();
    void leavesAPlainDomainWhateverFails_data();
    void leavesAPlainDomainWhateverFails();
    void leavesAPlainDomainWhenCancelled();
    void goesByTheLimit();
    void knowsItsMaps();
};

void DiskCopyTest::copiesOnlyWhatHasChanged()
{
    Primary primary;
    const auto done = primary.protect();
    QVERIFY2(done, done ? "" : qPrintable(done.error().message()));
    // What is written after the maps were looked at must be followed already.
    QVERIFY(primary.at(u"blockdev-mirror"_s) >= 0);
    QVERIFY(primary.at(u"blockdev-mirror"_s) < primary.at(u"stop"_s));
    QVERIFY(primary.at(u"stop"_s) < primary.at(u"block-dirty-bitmap-merge"_s));
    QVERIFY(primary.at(u"block-dirty-bitmap-merge"_s) < primary.at(u"blockdev-backup"_s));
    QVERIFY(primary.at(u"job-dismiss"_s) < primary.at(u"migrate"_s));
    QVERIFY(primary.qemu.jobs.isEmpty());
    const auto& nodes = primary.qemu.nodes;
    QVERIFY(!nodes.contains(names::follower(u"vda"_s)));
    QVERIFY(!nodes.contains(names::nbdChanges(u"vda"_s)));
    QVERIFY(!nodes.contains(names::latch(u"vda"_s)));
    const auto children = nodes.value(names::quorum(u"vda"_s)).children.values();
    QCOMPARE(QSet<QString>(children.begin(), children.end()),
             (QSet<QString>{node, names::replication(u"vda"_s)}));
    // The next loss begins with its own map.
    QCOMPARE(primary.qemu.bitmaps.value(node), QStringList{names::changes(now, 1)});
    QVERIFY(!primary.qemu.bitmaps.contains(names::quorum(u"vda"_s)));
}

void DiskCopyTest::copiesAllWithoutABase()
{
    Primary primary{false};
    QVERIFY(primary.protect());
    QCOMPARE(primary.at(u"blockdev-backup"_s), qsizetype{-1});
    QVERIFY(primary.at(u"stop"_s) < primary.at(u"blockdev-mirror"_s));
    QCOMPARE(primary.qemu.bitmaps.value(node), QStringList{names::changes(now, 1)});
}

void DiskCopyTest::leavesNoNoteIfNobodyCouldUseIt()
{
    // The other host is an older version: what is left of an earlier copy would only grow.
    Primary primary{false};
    auto spec = Primary::spec(false);
    spec.copy.clear();
    primary.graph.setSpec(spec);
    QVERIFY(primary.protect());
    QVERIFY(primary.qemu.bitmaps.isEmpty());
}

void DiskCopyTest::keepsTheNoteWhenItGoesAlone()
{
    Primary primary;
    QVERIFY(primary.protect());
    QVERIFY(QCoro::waitFor(primary.graph.stopHolding()));
    QVERIFY(QCoro::waitFor(primary.graph.goAlone()));
    QVERIFY(QCoro::waitFor(primary.plan.undoAll()));
    QVERIFY(primary.isPlain());
    QCOMPARE(primary.qemu.bitmaps.value(node), QStringList{names::changes(now, 1)});
}

void DiskCopyTest::needsTheNoteOfEachDisk()
{
    Primary primary;
    primary.qemu.bitmaps.clear();
    const auto done = primary.protect();
    QVERIFY(!done);
    QVERIFY2(done.error().message().contains(u"has changed"), qPrintable(done.error().message()));
    QVERIFY(primary.isPlain());
}

void DiskCopyTest::tellsThatTheCopyFailed()
{
    Primary primary;
    primary.qemu.backupError = u"No space left on device"_s;
    const auto done = primary.protect();
    QVERIFY(!done);
    QVERIFY2(done.error().message().contains(u"vda: No space left on device"),
             qPrintable(done.error().message()));
    QVERIFY(primary.isPlain());
}

void DiskCopyTest::tellsThatAWriteFailed()
{
    // What waits to be written over is copied first. If that fails the guest must not notice.
    Primary primary;
    QString target;
    primary.qemu.seen = [&](int) {
        const QString to = primary.qemu.jobs.value(names::changesJob(u"vda"_s));
        if (!to.isEmpty())
            target = to;
    };
    primary.qemu.replicationError = u"I/O error occurred"_s;
    const auto done = primary.protect();
    QVERIFY(!done);
    QVERIFY2(done.error().message().contains(u"I/O error occurred"),
             qPrintable(done.error().message()));
    QCOMPARE(target, names::latch(u"vda"_s));
    QVERIFY(primary.at(u"xen-set-replication"_s) >= 0);
    QVERIFY(primary.at(u"xen-set-replication"_s) < primary.at(u"blockdev-backup"_s));
    QCOMPARE(primary.at(u"migrate"_s), qsizetype{-1});
    QVERIFY(primary.isPlain());
}

void DiskCopyTest::tellsThatTheMirrorFailedLater()
{
    // While memory is copied: a replica that is not equal any more must not be trusted.
    Primary primary;
    primary.qemu.seen = [&primary](int) {
        if (primary.qemu.migration == u"active")
            primary.qemu.mirrorError = u"Input/output error"_s;
    };
    const auto done = primary.protect();
    QVERIFY(!done);
    QVERIFY2(done.error().message().contains(u"vda: Input/output error"),
             qPrintable(done.error().message()));
    QVERIFY(primary.isPlain());
}

void DiskCopyTest::tellsThatTheMirrorFailedAtItsEnd_data()
{
    QTest::addColumn<bool>("partial");
    QTest::newRow("what has changed") << true;
    QTest::newRow("all") << false;
}

void DiskCopyTest::tellsThatTheMirrorFailedAtItsEnd()
{
    // The last of what the guest wrote did not get there: the guest stands still, COLO is near.
    QFETCH(const bool, partial);
    Primary primary{partial};
    primary.qemu.mirrorEndError = u"No space left on device"_s;
    const auto done = primary.protect();
    QVERIFY(!done);
    QVERIFY2(done.error().message().contains(u"the copy of disk vda: ")
                 && done.error().message().contains(u"No space left on device"),
             qPrintable(done.error().message()));
    QVERIFY(primary.isPlain());
}

void DiskCopyTest::leavesAPlainDomainWhateverFails_data()
{
    QTest::addColumn<bool>("tookEffect");
    QTest::newRow("refused") << false;
    QTest::newRow("late answer") << true;
}

void DiskCopyTest::leavesAPlainDomainWhateverFails()
{
    QFETCH(const bool, tookEffect);
    bool failed = true;
    int command = 0;
    for (; failed; ++command) {
        Primary primary;
        primary.qemu.failAt = command;
        primary.qemu.fault = tookEffect ? Fault::TookEffect : Fault::Refused;
        const auto done = primary.protect();
        failed = primary.qemu.commands > command;
        if (!done)
            QVERIFY2(primary.isPlain(),
                     qPrintable(u"at command %1: %2"_s.arg(command).arg(done.error().message())));
    }
    QVERIFY(command > 50);
}

void DiskCopyTest::leavesAPlainDomainWhenCancelled()
{
    bool cancelled = true;
    for (int at = 0; cancelled; ++at) {
        Primary primary;
        primary.qemu.rounds = 3;
        std::stop_source stop;
        primary.qemu.seen = [&](int number) {
            if (number == at)
                stop.request_stop();
        };
        const auto done = QCoro::waitFor(primary.plan.run(stop.get_token(), {}));
        cancelled = !done;
        if (cancelled)
            QVERIFY2(primary.isPlain(), qPrintable(u"at command %1"_s.arg(at)));
    }
}

void DiskCopyTest::goesByTheLimit()
{
    Primary primary;
    primary.qemu.rounds = 3;
    primary.graph.setCopyLimit([] { return Bytes::fromMiB(7); });
    QVERIFY(primary.protect());
    QCOMPARE(primary.qemu.speeds.value(names::changesJob(u"vda"_s)), Bytes::fromMiB(7).value);
    QVERIFY2(!primary.qemu.speeds.contains(names::copyJob(u"vda"_s)),
             "what follows the guest is never held back");
}

void DiskCopyTest::knowsItsMaps()
{
    Primary primary;
    auto disks = webSpec().disks;
    primary.qemu.addDisk(u"virtio-disk1"_s, u"libvirt-2-format"_s, Bytes::fromMiB(8));
    disks.append(disks.constFirst());
    disks[1].target = u"vdb"_s;
    disks[1].node = u"libvirt-2-format"_s;
    const ChangeMaps maps{Qmp{primary.hypervisor.monitor(webUuid())}, disks};
    QCOMPARE(QCoro::waitFor(maps.generations(before)).value(), QList<int>{});
    QVERIFY(QCoro::waitFor(maps.hasAny(before)).value());
    QVERIFY(!QCoro::waitFor(maps.hasAny(now)).value());
    primary.qemu.bitmaps[u"libvirt-2-format"_s] = {names::changes(before, 4), u"somebody's"_s};
    QCOMPARE(QCoro::waitFor(maps.generations(before)).value(), QList<int>{4});
    QVERIFY(QCoro::waitFor(maps.begin(before, 5)));
    QVERIFY(QCoro::waitFor(maps.begin(before, 5)));
    QCOMPARE(QCoro::waitFor(maps.generations(before)).value(), (QList<int>{4, 5}));
    QVERIFY(QCoro::waitFor(maps.drop(before, 4)));
    QVERIFY(QCoro::waitFor(maps.drop(before, 4)));
    QCOMPARE(QCoro::waitFor(maps.generations(before)).value(), QList<int>{5});
    QVERIFY(QCoro::waitFor(maps.dropOthers()));
    QCOMPARE(primary.qemu.bitmaps.value(u"libvirt-2-format"_s), QStringList{u"somebody's"_s});
    QVERIFY(!primary.qemu.bitmaps.contains(node));
}

QTEST_GUILESS_MAIN(DiskCopyTest)
#include "DiskCopyTest.moc"
