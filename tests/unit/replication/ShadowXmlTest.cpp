// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ShadowXml.h"

#include "XmlFixtures.h"
#include "replication/DomainModel.h"
#include "replication/XmlElement.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

class ShadowXmlTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void isByteForByteWhatIsExpected();
    static void isTheSameWhenDoneTwice();
    static void keepsAddressesAndIdentity();
    static void usesReplicasForMappedDisksOnly();
    static void replacesBlockDevicesAndWhatHangsOnThem();
    static void mapsBridgesAndDropsMadeTapNames();
    static void leavesNetworksWithoutMappingAlone();
    static void mapsFiles();
    static void dropsMadeLabelsAndKeepsChosenOnes();
    static void refusesDisksThatAreNotThere();
    static void refusesRelativePaths();
    static void refusesXmlThatIsNoDomain();
    static void plainKeepsTheUsersArguments();
    static void plainTakesTheNamespaceAwayWhenNothingNeedsIt();
    static void plainLeavesPlainDomainsAlone();
};

namespace {

ShadowMapping webMapping()
{
    return {.disks = {{u"vda"_s, u"/var/lib/lockstep/images/web-vda.qcow2"_s, u"qcow2"_s},
                      {u"vdb"_s, u"/var/lib/lockstep/images/web-vdb.raw"_s, u"raw"_s}},
            .bridges = {{u"52:54:00:aa:00:01"_s, u"br0"_s}, {u"52:54:00:aa:00:02"_s, u"br7"_s}},
            .files = {}};
}

XmlElement shadow(const QString& file, const ShadowMapping& mapping)
{
    const auto xml = shadowXml(fixture(file), mapping);
    return xml ? parseXml(*xml).value_or(XmlElement{}) : XmlElement{};
}

} // namespace

void ShadowXmlTest::isByteForByteWhatIsExpected()
{
    const auto xml = shadowXml(fixture(u"web-migratable.xml"_s), webMapping());
    QVERIFY(xml);
    QCOMPARE(*xml, fixture(u"web-shadow.xml"_s));
}

void ShadowXmlTest::isTheSameWhenDoneTwice()
{
    for (const auto& file : {u"web-migratable.xml"_s, u"web-live.xml"_s}) {
        const auto once = shadowXml(fixture(file), webMapping());
        QVERIFY(once);
        const auto twice = shadowXml(*once, webMapping());
        QVERIFY(twice);
        QCOMPARE(*twice, *once);
    }
}

void ShadowXmlTest::keepsAddressesAndIdentity()
{
    const auto before = parseDomain(fixture(u"web-migratable.xml"_s));
    const auto xml = shadowXml(fixture(u"web-migratable.xml"_s), webMapping());
    QVERIFY(before && xml);
    const auto after = parseDomain(*xml);
    QVERIFY(after);
    QCOMPARE(after->uuid.value, before->uuid.value);
    QCOMPARE(after->name, before->name);
    QCOMPARE(after->machine, before->machine);
    QCOMPARE(after->memory, before->memory);
    QCOMPARE(after->disks.size(), before->disks.size());
    QCOMPARE(after->qemuArguments,
             (QStringList{u"-name"_s, u"web,debug-threads=on"_s, u"-incoming"_s, u"defer"_s}));
    QCOMPARE(xml->count(u"<address "_s), fixture(u"web-migratable.xml"_s).count(u"<address "_s));
}

void ShadowXmlTest::usesReplicasForMappedDisksOnly()
{
    auto mapping = webMapping();
    mapping.disks.removeLast();
    const auto xml = shadowXml(fixture(u"web-live.xml"_s), mapping);
    QVERIFY(xml);
    const auto after = parseDomain(*xml);
    QVERIFY(after);
    QCOMPARE(after->disk(u"vda")->source, u"/var/lib/lockstep/images/web-vda.qcow2"_s);
    QVERIFY(!after->disk(u"vda")->hasBackingChain);
    QCOMPARE(after->disk(u"vda")->cache, u"none"_s);
    QCOMPARE(after->disk(u"vda")->ioThread, 1U);
    QCOMPARE(after->disk(u"vdb")->source, u"/var/lib/libvirt/images/data.raw"_s);
    QVERIFY(after->disk(u"sda")->isEmpty());
}

void ShadowXmlTest::replacesBlockDevicesAndWhatHangsOnThem()
{
    const auto xml =
        shadowXml(fixture(u"uefi-migratable.xml"_s),
                  {.disks = {{u"vda"_s, u"/r/vda.raw"_s, u"raw"_s}}, .bridges = {}, .files = {}});
    QVERIFY(xml);
    const auto after = parseDomain(*xml);
    QVERIFY(after);
    const auto vda = *after->disk(u"vda");
    QCOMPARE(vda.type, u"file"_s);
    QCOMPARE(vda.source, u"/r/vda.raw"_s);
    QCOMPARE(vda.format, u"raw"_s);
    QVERIFY(!vda.hasMirror && !vda.hasBackingChain);
    QVERIFY(!xml->contains(u"/dev/vg0/uefi"_s));
}

void ShadowXmlTest::mapsBridgesAndDropsMadeTapNames()
{
    const auto root =
        shadow(u"uefi-migratable.xml"_s,
               {.disks = {}, .bridges = {{u"52:54:00:00:00:0a"_s, u"br9"_s}}, .files = {}});
    QVERIFY(root.child(u"devices"));
    const auto nics = root.child(u"devices")->childrenNamed(u"interface");
    QCOMPARE(nics.size(), 2U);
    QCOMPARE(nics[0]->attribute(u"type"), u"bridge"_s);
    QCOMPARE(nics[0]->childAttribute(u"source", u"bridge"), u"br9"_s);
    QVERIFY(!nics[0]->child(u"source")->hasAttribute(u"network"));
    QVERIFY(!nics[0]->hasChild(u"target"));
    QCOMPARE(nics[1]->childAttribute(u"source", u"bridge"), u"br1"_s);
    QCOMPARE(nics[1]->childAttribute(u"target", u"dev"), u"uefi-lan"_s);
}

void ShadowXmlTest::leavesNetworksWithoutMappingAlone()
{
    const auto root = shadow(u"uefi-migratable.xml"_s, {});
    QVERIFY(root.child(u"devices"));
    const auto* const nic = root.child(u"devices")->child(u"interface");
    QVERIFY(nic);
    QCOMPARE(nic->attribute(u"type"), u"network"_s);
    QCOMPARE(nic->childAttribute(u"source", u"network"), u"default"_s);
    QVERIFY(!nic->child(u"source")->hasAttribute(u"portid")); // of the other host's network
}

void ShadowXmlTest::mapsFiles()
{
    const ShadowMapping mapping{
        .disks = {},
        .bridges = {},
        .files = {{u"/boot/guest/vmlinuz"_s, u"/b/vmlinuz"_s},
                  {u"/var/lib/libvirt/qemu/nvram/uefi_VARS.fd"_s, u"/b/vars.fd"_s}}};
    const auto xml = shadowXml(fixture(u"uefi-migratable.xml"_s), mapping);
    QVERIFY(xml);
    const auto after = parseDomain(*xml);
    QVERIFY(after);
    QCOMPARE(after->kernel, u"/b/vmlinuz"_s);
    QCOMPARE(after->initrd, u"/boot/guest/initrd.img"_s);
    QCOMPARE(after->nvram, u"/b/vars.fd"_s);
}

void ShadowXmlTest::dropsMadeLabelsAndKeepsChosenOnes()
{
    const auto root = shadow(u"uefi-migratable.xml"_s, {});
    const auto labels = root.childrenNamed(u"seclabel");
    QCOMPARE(labels.size(), 2U);
    QCOMPARE(labels[0]->attribute(u"model"), u"selinux"_s);
    QCOMPARE(labels[0]->childText(u"baselabel"), u"system_u:object_r:vm_t:s0"_s);
    QVERIFY(!labels[0]->hasChild(u"label"));
    QCOMPARE(labels[1]->attribute(u"type"), u"none"_s);
}

void ShadowXmlTest::refusesDisksThatAreNotThere()
{
    const auto xml =
        shadowXml(fixture(u"web-migratable.xml"_s),
                  {.disks = {{u"vdq"_s, u"/r/q"_s, u"raw"_s}}, .bridges = {}, .files = {}});
    QVERIFY(!xml);
    QCOMPARE(xml.error().code(), Errc::InvalidArgument);
    QVERIFY(xml.error().message().contains(u"vdq"_s));
}

void ShadowXmlTest::refusesRelativePaths()
{
    const auto xml =
        shadowXml(fixture(u"web-migratable.xml"_s),
                  {.disks = {{u"vda"_s, u"r/q"_s, u"raw"_s}}, .bridges = {}, .files = {}});
    QVERIFY(!xml);
    QCOMPARE(xml.error().code(), Errc::InvalidArgument);
}

void ShadowXmlTest::refusesXmlThatIsNoDomain()
{
    for (const auto& text : {u"<network/>"_s, u"<domain/>"_s, u"<domain>"_s}) {
        const auto xml = shadowXml(text, {});
        QVERIFY(!xml);
        QCOMPARE(xml.error().code(), Errc::Malformed);
    }
    QCOMPARE(plainXml(u"<network/>"_s).error().code(), Errc::Malformed);
}

void ShadowXmlTest::plainKeepsTheUsersArguments()
{
    const auto plain = plainXml(fixture(u"web-shadow.xml"_s));
    QVERIFY(plain);
    const auto model = parseDomain(*plain);
    QVERIFY(model);
    QCOMPARE(model->qemuArguments, (QStringList{u"-name"_s, u"web,debug-threads=on"_s}));
    QVERIFY(plain->contains(u"xmlns:qemu"_s));
}

void ShadowXmlTest::plainTakesTheNamespaceAwayWhenNothingNeedsIt()
{
    const auto xml = shadowXml(fixture(u"uefi-migratable.xml"_s), {});
    QVERIFY(xml);
    QVERIFY(xml->contains(u"<qemu:arg value=\"-incoming\"/>"_s));
    const auto plain = plainXml(*xml);
    QVERIFY(plain);
    QVERIFY(!plain->contains(u"qemu:"_s));
    QVERIFY(!plain->contains(u"xmlns"_s));
}

void ShadowXmlTest::plainLeavesPlainDomainsAlone()
{
    const auto original = parseXml(fixture(u"web-inactive.xml"_s));
    const auto plain = plainXml(fixture(u"web-inactive.xml"_s));
    QVERIFY(original && plain);
    QCOMPARE(*plain, toXml(*original));
}

QTEST_GUILESS_MAIN(ShadowXmlTest)
#include "ShadowXmlTest.moc"
