// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/Capabilities.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

namespace {

/// What libvirt 11.3 says, shortened.
QByteArray capabilities(const QByteArray& kvm)
{
    return R"(<capabilities>
  <host><uuid>cdf3f194-43ac-46ac-8bb1-72e54146bd13</uuid>
    <cpu><arch>x86_64</arch><model>EPYC</model></cpu></host>
  <guest><os_type>hvm</os_type>
    <arch name='i686'><wordsize>32</wordsize><emulator>/usr/bin/qemu-system-i386</emulator>
      <machine maxCpus='1'>isapc</machine><domain type='qemu'/></arch></guest>
  <guest><os_type>hvm</os_type>
    <arch name='x86_64'><wordsize>64</wordsize><emulator>/usr/bin/qemu-system-x86_64</emulator>
      <machine maxCpus='255'>pc-i440fx-11.1</machine>
      <machine canonical='pc-i440fx-11.1' maxCpus='255'>pc</machine>
      <machine canonical='pc-q35-11.1' maxCpus='4096'>q35</machine>
      <domain type='qemu'/>)"
        + kvm + "</arch></guest></capabilities>";
}

} // namespace

class CapabilitiesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsTheX86Guest();
    void tellsWhetherKvmIsOffered();
    void reportsWhatIsNoCapabilities_data();
    void reportsWhatIsNoCapabilities();
    void readsTheCpuOfADomain();
    void leavesOutWhatTheDomainLeavesOut();
    void takesTheTypeOfOsNotOfDevices();
    void reportsWhatIsNoDomain();
};

void CapabilitiesTest::readsTheX86Guest()
{
    const auto found = parseCapabilities(capabilities("<domain type='kvm'/>"));
    QVERIFY(found);
    QCOMPARE(found->hostUuid, QUuid{u"cdf3f194-43ac-46ac-8bb1-72e54146bd13"_s});
    QCOMPARE(found->emulator, u"/usr/bin/qemu-system-x86_64"_s);
    QCOMPARE(found->emulators, QStringList{u"/usr/bin/qemu-system-x86_64"_s});
    QCOMPARE(found->machineTypes,
             (QStringList{u"pc-i440fx-11.1"_s, u"pc"_s, u"pc-q35-11.1"_s, u"q35"_s}));
}

void CapabilitiesTest::tellsWhetherKvmIsOffered()
{
    QCOMPARE(parseCapabilities(capabilities("<domain type='kvm'/>"))->kvmOffered, true);
    QCOMPARE(parseCapabilities(capabilities({}))->kvmOffered, false);
    // Machine types may be listed for one accelerator only.
    const auto own = parseCapabilities(
        capabilities("<domain type='kvm'><machine maxCpus='1'>microvm</machine></domain>"));
    QVERIFY(own->kvmOffered);
    QVERIFY(own->machineTypes.contains(u"microvm"_s));
}

void CapabilitiesTest::reportsWhatIsNoCapabilities_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::newRow("empty") << QByteArray{};
    QTest::newRow("other document") << QByteArray{"<domain/>"};
    QTest::newRow("cut") << capabilities({}).left(600);
    QTest::newRow("no host") << QByteArray{"<capabilities/>"};
}

void CapabilitiesTest::reportsWhatIsNoCapabilities()
{
    QFETCH(QByteArray, xml);
    const auto found = parseCapabilities(xml);
    QVERIFY(!found);
    QCOMPARE(found.error().code(), Errc::Malformed);
}

void CapabilitiesTest::readsTheCpuOfADomain()
{
    const auto cpu = parseDomainCpu(uR"(<domain type='kvm' id='3'><name>web</name>
  <os><type arch='x86_64' machine='pc-q35-11.1'>hvm</type><boot dev='hd'/></os>
  <cpu mode='custom' match='exact'><model fallback='forbid'>EPYC &amp; co</model>
    <feature policy='require' name='x2apic'/></cpu>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <graphics type='vnc'/></devices></domain>)"_s);
    QVERIFY(cpu);
    QCOMPARE(cpu->virtType, u"kvm"_s);
    QCOMPARE(cpu->arch, u"x86_64"_s);
    QCOMPARE(cpu->machine, u"pc-q35-11.1"_s);
    QCOMPARE(cpu->emulator, u"/usr/bin/qemu-system-x86_64"_s);
    QCOMPARE(cpu->mode, u"custom"_s);
    QVERIFY(cpu->cpuXml.startsWith("<cpu mode=\"custom\" match=\"exact\">"_L1));
    QVERIFY(cpu->cpuXml.endsWith("</cpu>"_L1));
    QVERIFY(cpu->cpuXml.contains("EPYC &amp; co"_L1));
    QVERIFY(cpu->cpuXml.contains("x2apic"_L1));
    QVERIFY(!cpu->cpuXml.contains("graphics"_L1));
}

void CapabilitiesTest::leavesOutWhatTheDomainLeavesOut()
{
    const auto cpu =
        parseDomainCpu(u"<domain type='qemu'><os><type arch='x86_64'>hvm</type></os></domain>"_s);
    QVERIFY(cpu);
    QVERIFY(cpu->cpuXml.isEmpty());
    QVERIFY(cpu->mode.isEmpty());
    QVERIFY(cpu->emulator.isEmpty());
}

void CapabilitiesTest::takesTheTypeOfOsNotOfDevices()
{
    const auto cpu = parseDomainCpu(u"<domain type='qemu'><os><type arch='x86_64'>hvm</type></os>"
                                    "<devices><type arch='none'/></devices></domain>"_s);
    QVERIFY(cpu);
    QCOMPARE(cpu->arch, u"x86_64"_s);
}

void CapabilitiesTest::reportsWhatIsNoDomain()
{
    for (const QString& xml : {QString{}, u"<network/>"_s, u"<domain type='qemu'><cpu>"_s}) {
        const auto cpu = parseDomainCpu(xml);
        QVERIFY(!cpu);
        QCOMPARE(cpu.error().code(), Errc::Malformed);
    }
}

QTEST_GUILESS_MAIN(CapabilitiesTest)
#include "CapabilitiesTest.moc"
