// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/StaleDisks.h"

#include "fakes/FakeHost.h"
#include "pair/ShadowBuild.h"
#include "replication/ImageFiles.h"

#include <QProcess>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

const auto size = Bytes::fromMiB(64);

QString xmlWith(const QString& disks)
{
    return u"<domain "
           u"type='qemu'><name>web</name><uuid>%1</uuid><memory>65536</memory><vcpu>1</vcpu>"
           "<os><type arch='x86_64' machine='pc-q35-11.1'>hvm</type></os><devices>%2</devices></domain>"_s
               .arg(toString(webUuid()), disks);
}

QString diskXml(const QString& target, const QString& path, const QString& format)
{
    return u"<disk type='file' device='disk'><driver name='qemu' type='%3'/><source file='%2'/>"
           "<target dev='%1' bus='virtio'/></disk>"_s.arg(target, path, format);
}

/// A host whose domain is out of date, with one image.
struct Stale
{
    FakeHost host{u"alpha"_s};
    QString path{host.images.filePath(u"web.qcow2"_s)};

    Stale()
    {
        host.put(host.record(Role::Primary, PairState::Stale, 2));
        host.putDomain(DomainState::Off);
        host.hypervisor.setXml(webUuid(), xmlWith(diskXml(u"vda"_s, path, u"qcow2"_s)));
    }
    [[nodiscard]] bool makeImage()
    {
        return QCoro::waitFor(createImage({path, u"qcow2"_s, size})).has_value();
    }
    [[nodiscard]] QList<StaleDisk> found()
    {
        return QCoro::waitFor(staleDisks(host.parts, webUuid()));
    }
};

DiskSpec wanted()
{
    DiskSpec disk;
    disk.target = u"vda"_s;
    disk.source = u"/images/web.qcow2"_s;
    disk.format = u"qcow2"_s;
    disk.size = size;
    return disk;
}

} // namespace

/// Which image of a host that comes back a new replica may become.
class StaleDisksTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void findsTheImageOfAnOutOfDateDomain();
    void findsNothingOfADomainThatMayRunHere_data();
    void findsNothingOfADomainThatMayRunHere();
    void leavesWhatItCannotRead();
    void leavesAnImageThatOthersMayShare();
    void fitsOnlyTheSameDisk_data();
    void fitsOnlyTheSameDisk();
    void takesNoMoreThanFits();
    void keepsTheImageThatWasThere();
};

void StaleDisksTest::findsTheImageOfAnOutOfDateDomain()
{
    Stale stale;
    QVERIFY(stale.makeImage());
    const auto found = stale.found();
    QCOMPARE(found.size(), qsizetype{1});
    QCOMPARE(found[0].target, u"vda"_s);
    QCOMPARE(found[0].path, stale.path);
    QCOMPARE(found[0].format, u"qcow2"_s);
    QCOMPARE(found[0].size, size);
}

void StaleDisksTest::findsNothingOfADomainThatMayRunHere_data()
{
    QTest::addColumn<PairState>("state");
    QTest::addColumn<DomainState>("domain");
    QTest::newRow("alone") << PairState::Alone << DomainState::Off;
    QTest::newRow("off") << PairState::Off << DomainState::Off;
    QTest::newRow("protected") << PairState::Protected << DomainState::Running;
    QTest::newRow("stale, and runs") << PairState::Stale << DomainState::Running;
}

void StaleDisksTest::findsNothingOfADomainThatMayRunHere()
{
    QFETCH(const PairState, state);
    QFETCH(const DomainState, domain);
    Stale stale;
    QVERIFY(stale.makeImage());
    stale.host.put(stale.host.record(Role::Primary, state, 3));
    stale.host.putDomain(domain);
    stale.host.hypervisor.setXml(webUuid(), xmlWith(diskXml(u"vda"_s, stale.path, u"qcow2"_s)));
    QVERIFY(stale.found().isEmpty());
}

void StaleDisksTest::leavesWhatItCannotRead()
{
    Stale stale; // its image is gone
    QVERIFY(stale.found().isEmpty());
    QFile image{stale.path};
    QVERIFY(image.open(QIODevice::WriteOnly) && image.write("no qcow2 image") > 0);
    image.close();
    QVERIFY(stale.found().isEmpty());
}

void StaleDisksTest::leavesAnImageThatOthersMayShare()
{
    Stale stale;
    const QString base = stale.host.images.filePath(u"base.qcow2"_s);
    QVERIFY(QCoro::waitFor(createImage({base, u"qcow2"_s, size})));
    QProcess program;
    program.start(u"qemu-img"_s,
                  {u"create"_s, u"-q"_s, u"-f"_s, u"qcow2"_s, u"-b"_s, base, u"-F"_s, u"qcow2"_s,
                   stale.path});
    QVERIFY(program.waitForFinished() && program.exitCode() == 0);
    QVERIFY(stale.found().isEmpty());
    QVERIFY(QFile::remove(stale.path));
    QVERIFY(QFile::link(base, stale.path));
    QVERIFY(stale.found().isEmpty());
}

void StaleDisksTest::fitsOnlyTheSameDisk_data()
{
    QTest::addColumn<StaleDisk>("stale");
    QTest::addColumn<bool>("fits");
    const QString path = u"/old/web.qcow2"_s;
    QTest::newRow("the same") << StaleDisk{u"vda"_s, path, u"qcow2"_s, size} << true;
    QTest::newRow("another") << StaleDisk{u"vdb"_s, path, u"qcow2"_s, size} << false;
    QTest::newRow("format") << StaleDisk{u"vda"_s, path, u"raw"_s, size} << false;
    QTest::newRow("size") << StaleDisk{u"vda"_s, path, u"qcow2"_s, Bytes::fromMiB(65)} << false;
    // On storage that both hosts share it would be the primary's own.
    QTest::newRow("the primary's own")
        << StaleDisk{u"vda"_s, wanted().source, u"qcow2"_s, size} << false;
}

void StaleDisksTest::fitsOnlyTheSameDisk()
{
    QFETCH(const StaleDisk, stale);
    QTEST(stale.fits(wanted()), "fits");
}

void StaleDisksTest::takesNoMoreThanFits()
{
    FakeHost host{u"alpha"_s};
    PairRecord record = host.record(Role::Secondary, PairState::Stale, 3);
    DiskSpec other = wanted();
    other.target = u"vdb"_s;
    record.spec.disks = {wanted(), other};
    ShadowBuild::nameImages(record);
    const QString fresh = record.spec.disks[1].replica;
    reuse(record, {{u"vda"_s, u"/old/web.qcow2"_s, u"qcow2"_s, size}});
    QCOMPARE(record.spec.disks[0].replica, u"/old/web.qcow2"_s);
    QVERIFY(record.spec.disks[0].reused);
    QCOMPARE(record.spec.disks[1].replica, fresh);
    QVERIFY(!record.spec.disks[1].reused);
}

void StaleDisksTest::keepsTheImageThatWasThere()
{
    // A protection that fails takes away what it has made, and nothing else.
    Stale stale;
    QVERIFY(stale.makeImage());
    PairRecord record = stale.host.record(Role::Secondary, PairState::Copying, 3);
    record.spec.disks = {wanted()};
    record.imageDirectory = stale.host.images.path();
    ShadowBuild::nameImages(record);
    reuse(record, stale.found());
    const QString hidden = record.spec.disks[0].hidden;
    QVERIFY(QDir{}.mkpath(QFileInfo{hidden}.path()));
    QVERIFY(QCoro::waitFor(createImage({hidden, u"qcow2"_s, size})));
    QVERIFY(QCoro::waitFor(ShadowBuild::discard(stale.host.parts, record)));
    QVERIFY(!QFileInfo::exists(hidden));
    QVERIFY(QFileInfo::exists(stale.path));
}

QTEST_GUILESS_MAIN(StaleDisksTest)
#include "StaleDisksTest.moc"
