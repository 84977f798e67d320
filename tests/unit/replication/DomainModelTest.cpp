// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/DomainModel.h"

#include "XmlFixtures.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

class DomainModelTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void readsTheDomainItself();
    static void readsDisksOfARunningDomain();
    static void readsNicsOfARunningDomain();
    static void readsTheSameDisksFromMigratableAndInactiveXml();
    static void readsUnusualDisks();
    static void readsUnusualNics();
    static void readsDevicesThatCannotBeProtected();
    static void readsMemoryAndFirmware();
    static void numbersIoThreadsLikeLibvirt();
    static void findsTheUserThatQemuRunsAs();
    static void replicatesWhatTheGuestCanWrite();
    static void saysWhatIsMissing_data();
    static void saysWhatIsMissing();
};

namespace {

DomainModel model(const QString& file)
{
    auto parsed = parseDomain(fixture(file));
    return parsed ? *std::move(parsed) : DomainModel{};
}

} // namespace

void DomainModelTest::readsTheDomainItself()
{
    const auto web = model(u"web-live.xml"_s);
    QCOMPARE(web.name, u"web"_s);
    QCOMPARE(toString(web.uuid), u"6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01"_s);
    QCOMPARE(web.type, u"qemu"_s);
    QVERIFY(!web.isKvm());
    QCOMPARE(web.arch, u"x86_64"_s);
    QCOMPARE(web.machine, u"pc-q35-11.1"_s);
    QCOMPARE(web.memory, Bytes::fromMiB(64));
    QCOMPARE(web.maxMemory, Bytes::fromMiB(64));
    QCOMPARE(web.vcpus, 2);
    QCOMPARE(web.cpuMode, u"custom"_s);
    QCOMPARE(web.ioThreads, QList<unsigned>{1});
    QCOMPARE(web.rngSources, QStringList{u"random /dev/urandom"_s});
    QCOMPARE(web.graphics, QStringList{u"vnc"_s});
    QCOMPARE(web.videos, QStringList{u"virtio"_s});
    QCOMPARE(web.watchdogs, QStringList{u"itco reset"_s});
    QCOMPARE(web.qemuArguments, (QStringList{u"-name"_s, u"web,debug-threads=on"_s}));
    QVERIFY(!web.pflash && !web.launchSecurity && !web.memoryShared && !web.hugePages);
}

void DomainModelTest::readsDisksOfARunningDomain()
{
    const auto disks = model(u"web-live.xml"_s).disks;
    QCOMPARE(disks.size(), 3);
    QCOMPARE(disks[0],
             (DomainDisk{.target = u"vda"_s,
                         .alias = u"virtio-disk0"_s,
                         .device = u"disk"_s,
                         .bus = u"virtio"_s,
                         .type = u"file"_s,
                         .source = u"/var/lib/libvirt/images/web.qcow2"_s,
                         .format = u"qcow2"_s,
                         .cache = u"none"_s,
                         .serial = {},
                         .ioThread = 1,
                         .hasBackingChain = true,
                         .snapshot = {}}));
    QCOMPARE(disks[1].serial, u"data1"_s);
    QCOMPARE(disks[1].format, u"raw"_s);
    QVERIFY(!disks[1].hasBackingChain);
    QVERIFY(!disks[1].ioThread);
    QCOMPARE(disks[2].device, u"cdrom"_s);
    QVERIFY(disks[2].isEmpty());
    QVERIFY(disks[2].readOnly);
}

void DomainModelTest::readsNicsOfARunningDomain()
{
    const auto nics = model(u"web-live.xml"_s).nics;
    QCOMPARE(nics.size(), 2);
    QCOMPARE(nics[0],
             (DomainNic{.mac = u"52:54:00:aa:00:01"_s,
                        .alias = u"net0"_s,
                        .type = u"bridge"_s,
                        .network = {},
                        .bridge = u"br0"_s,
                        .tap = u"vnet0"_s,
                        .model = u"virtio"_s,
                        .driver = u"qemu"_s}));
    QCOMPARE(nics[1].network, u"lan"_s);
    QCOMPARE(nics[1].bridge, u"br0"_s);
    QCOMPARE(nics[1].driver, QString{});
}

void DomainModelTest::readsTheSameDisksFromMigratableAndInactiveXml()
{
    for (const auto& file : {u"web-migratable.xml"_s, u"web-inactive.xml"_s}) {
        const auto web = model(file);
        QCOMPARE(web.disks.size(), 3);
        QCOMPARE(web.disks[0].source, u"/var/lib/libvirt/images/web.qcow2"_s);
        QVERIFY(web.disks[0].alias.isEmpty());
        QCOMPARE(web.nics[1].type, u"network"_s);
        QVERIFY(web.nics[1].bridge.isEmpty());
        QVERIFY(web.labels.isEmpty());
    }
}

void DomainModelTest::readsUnusualDisks()
{
    const auto crowded = model(u"crowded.xml"_s);
    QCOMPARE(crowded.disks.size(), 6);
    const auto* const vda = crowded.disk(u"vda");
    QVERIFY(vda);
    QCOMPARE(vda->type, u"block"_s);
    QCOMPARE(vda->source, u"/dev/vg0/crowded"_s);
    QCOMPARE(vda->snapshot, u"external"_s);
    QVERIFY(vda->shareable && vda->transient && vda->hasMirror && vda->ioThreadMapping);
    QVERIFY(!vda->hasBackingChain && !vda->encrypted && !vda->sliced);
    QCOMPARE(crowded.disk(u"sda")->source, u"rbd:pool/image"_s);
    QVERIFY(crowded.disk(u"sda")->encrypted);
    QCOMPARE(crowded.disk(u"sdb")->source, u"default/crowded.img"_s);
    QCOMPARE(crowded.disk(u"sdb")->device, u"lun"_s);
    QVERIFY(crowded.disk(u"sdb")->sliced);
    QCOMPARE(crowded.disk(u"vdb")->source, u"nvme:1"_s);
    QVERIFY(crowded.disk(u"vdc")->readOnly);
    QVERIFY(crowded.disk(u"fda")->isEmpty());
    QVERIFY(!crowded.disk(u"vdz"));
}

void DomainModelTest::readsUnusualNics()
{
    const auto nics = model(u"crowded.xml"_s).nics;
    QCOMPARE(nics.size(), 2);
    QCOMPARE(nics[0].type, u"direct"_s);
    QCOMPARE(nics[0].tap, u"macvtap0"_s);
    QCOMPARE(nics[0].queues, 1);
    QCOMPARE(nics[1].bridge, u"virbr0"_s);
    QCOMPARE(nics[1].network, u"default"_s);
    QCOMPARE(nics[1].driver, u"vhost"_s);
    QCOMPARE(nics[1].queues, 4);
    QVERIFY(nics[1].linkDown);
}

void DomainModelTest::readsDevicesThatCannotBeProtected()
{
    const auto crowded = model(u"crowded.xml"_s);
    QCOMPARE(crowded.hostDevices,
             (QStringList{u"pci 0000:03:1f.2"_s, u"mdev c2177883-f1bb-47f0-914d-32a22e3a8804"_s,
                          u"usb 0x1d6b:0x0002"_s}));
    QCOMPARE(crowded.sharedFolders, (QStringList{u"share (virtiofs)"_s, u"old (9p)"_s}));
    QCOMPARE(crowded.tpms, QStringList{u"emulator"_s});
    QCOMPARE(crowded.sharedMemory, QStringList{u"ring"_s});
    QCOMPARE(crowded.memoryDevices, (QStringList{u"nvdimm"_s, u"dimm"_s}));
    QCOMPARE(crowded.redirected, QStringList{u"spicevmc"_s});
    QCOMPARE(crowded.smartcards, QStringList{u"host"_s});
    QCOMPARE(crowded.vsocks, QStringList{u"3"_s});
    QCOMPARE(crowded.videos, QStringList{u"virtio (3d)"_s});
    QVERIFY(crowded.launchSecurity);
}

void DomainModelTest::readsMemoryAndFirmware()
{
    const auto crowded = model(u"crowded.xml"_s);
    QVERIFY(crowded.isKvm());
    QCOMPARE(crowded.memory, Bytes::fromMiB(3 * 1024));
    QCOMPARE(crowded.maxMemory, Bytes::fromMiB(8 * 1024));
    QCOMPARE(crowded.vcpus, 4);
    QCOMPARE(crowded.memorySource, u"memfd"_s);
    QVERIFY(crowded.memoryShared && crowded.hugePages && crowded.pflash);
    QCOMPARE(crowded.loader, u"/usr/share/OVMF/OVMF_CODE_4M.fd"_s);
    QCOMPARE(crowded.nvram, u"/var/lib/libvirt/qemu/nvram/crowded_VARS.fd"_s);
    QCOMPARE(crowded.kernel, u"/boot/guest/vmlinuz"_s);
    QCOMPARE(crowded.initrd, u"/boot/guest/initrd.img"_s);
    QCOMPARE(model(u"uefi-migratable.xml"_s).nvram, u"/var/lib/libvirt/qemu/nvram/uefi_VARS.fd"_s);
}

void DomainModelTest::numbersIoThreadsLikeLibvirt()
{
    QCOMPARE(model(u"crowded.xml"_s).ioThreads, (QList<unsigned>{2, 7, 1}));
}

void DomainModelTest::findsTheUserThatQemuRunsAs()
{
    QCOMPARE(model(u"web-live.xml"_s).owner(), (UserAndGroup{64055, 994}));
    QCOMPARE(model(u"crowded.xml"_s).owner(), (UserAndGroup{64055, 994}));
    QVERIFY(!model(u"web-inactive.xml"_s).owner());
    DomainModel named;
    named.labels = {{u"dac"_s, u"static"_s, u"qemu:kvm"_s}};
    QVERIFY(!named.owner());
}

void DomainModelTest::replicatesWhatTheGuestCanWrite()
{
    QStringList targets;
    const auto replicated = model(u"crowded.xml"_s).replicatedDisks();
    for (const auto& disk : replicated)
        targets += disk.target;
    QCOMPARE(targets, (QStringList{u"vda"_s, u"sda"_s, u"sdb"_s, u"vdb"_s}));
}

void DomainModelTest::saysWhatIsMissing_data()
{
    QTest::addColumn<QString>("part");
    QTest::addColumn<QString>("replacement");
    QTest::addColumn<QString>("named");
    QTest::newRow("domain") << u"domain"_s << u"network"_s << u"<domain>"_s;
    QTest::newRow("type") << u"<domain type='qemu'"_s << u"<domain"_s << u"domain type"_s;
    QTest::newRow("name") << u"<name>web</name>"_s << QString{} << u"<name>"_s;
    QTest::newRow("uuid") << u"6f5d1b0a-7f0a"_s << u"nonsense"_s << u"<uuid>"_s;
    QTest::newRow("memory") << u"<memory unit='KiB'>65536</memory>"_s << QString{} << u"<memory>"_s;
    QTest::newRow("memory's number") << u">65536<"_s << u">much<"_s << u"<memory>"_s;
    QTest::newRow("memory overflow") << u">65536<"_s << u">9223372036854775807<"_s << u"<memory>"_s;
    QTest::newRow("memory's unit")
        << u"<memory unit='KiB'>"_s << u"<memory unit='acre'>"_s << u"<memory>"_s;
    QTest::newRow("vcpu") << u">2</vcpu>"_s << u">0</vcpu>"_s << u"<vcpu>"_s;
    QTest::newRow("machine") << u" machine='pc-q35-11.1'"_s << QString{} << u"machine type"_s;
    QTest::newRow("os type") << u"type arch"_s << u"typo arch"_s << u"Malformed"_s;
    QTest::newRow("target") << u"<target dev='vdb' bus='virtio'/>"_s << QString{}
                            << u"target of a disk"_s;
    QTest::newRow("mac") << u"<mac address='52:54:00:aa:00:01'/>"_s << QString{}
                         << u"MAC address"_s;
    QTest::newRow("queues") << u"<driver name='qemu'/>\n      <alias"_s
                            << u"<driver name='qemu' queues='-1'/><alias"_s << u"queues"_s;
}

void DomainModelTest::saysWhatIsMissing()
{
    QFETCH(const QString, part);
    QFETCH(const QString, replacement);
    QFETCH(const QString, named);
    auto xml = fixture(u"web-live.xml"_s);
    QVERIFY(xml.contains(part));
    xml.replace(part, replacement);
    const auto parsed = parseDomain(xml);
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().code(), Errc::Malformed);
    if (named != u"Malformed")
        QVERIFY2(parsed.error().message().contains(named), qPrintable(parsed.error().message()));
}

QTEST_GUILESS_MAIN(DomainModelTest)
#include "DomainModelTest.moc"
