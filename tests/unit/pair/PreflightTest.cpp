// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Preflight.h"

#include "PreflightFixture.h"

#include <QTest>

#include <algorithm>

using namespace lockstep;
using namespace Qt::StringLiterals;

namespace {

constexpr auto error = Severity::Error;
constexpr auto warning = Severity::Warning;
constexpr auto info = Severity::Info;

using Change = void (*)(PreflightFixture& facts);

/// One change to facts that nothing speaks against, and the finding that it makes.
struct Case
{
    const char* name;
    const char* id;
    Severity severity;
    const char* host;
    Change change;
};

const Case domainCases[]{
    {"off", "domain-off", error, "alpha",
     [](PreflightFixture& f) { f.local.info.state = DomainState::Off; }},
    {"crashed", "domain-off", error, "alpha",
     [](PreflightFixture& f) { f.local.info.state = DomainState::Crashed; }},
    {"shutting down", "domain-off", error, "alpha",
     [](PreflightFixture& f) { f.local.info.state = DomainState::ShuttingDown; }},
    {"paused", "domain-paused", error, "alpha",
     [](PreflightFixture& f) { f.local.info.state = DomainState::Paused; }},
    {"asleep", "domain-paused", error, "alpha",
     [](PreflightFixture& f) { f.local.info.state = DomainState::Suspended; }},
    {"unknown state", "domain-paused", error, "alpha",
     [](PreflightFixture& f) { f.local.info.state = DomainState::Unknown; }},
    {"architecture", "architecture", error, "alpha",
     [](PreflightFixture& f) { f.local.live.arch = u"aarch64"_s; }},
    {"managed save", "managed-save", error, "alpha",
     [](PreflightFixture& f) { f.local.info.hasManagedSave = true; }},
    {"snapshots", "snapshots", error, "alpha",
     [](PreflightFixture& f) { f.local.info.snapshots = 2; }},
    {"QEMU arguments", "qemu-arguments", error, "alpha",
     [](PreflightFixture& f) {
         f.local.live.qemuArguments = {u"-incoming"_s, u"defer"_s, u"-s"_s};
     }},
    {"UEFI", "uefi-nvram", error, "alpha", [](PreflightFixture& f) { f.local.live.pflash = true; }},
    {"pending memory", "pending-changes", warning, "alpha",
     [](PreflightFixture& f) { f.local.inactive->memory = Bytes::fromMiB(1); }},
    {"pending disk", "pending-changes", warning, "alpha",
     [](PreflightFixture& f) { f.local.inactive->disks.removeLast(); }},
    {"pending NIC", "pending-changes", warning, "alpha",
     [](PreflightFixture& f) { f.local.inactive->nics.front().model = u"e1000"_s; }},
    {"transient", "transient-domain", info, "alpha",
     [](PreflightFixture& f) {
         f.local.info.persistent = false;
         f.local.inactive.reset();
     }},
    {"no way there", "link", error, "alpha",
     [](PreflightFixture& f) { f.local.linkProblem = u"no route"_s; }},
};

const Case diskCases[]{
    {"bus", "disk-bus", error, "alpha",
     [](PreflightFixture& f) {
         f.local.inactive.reset();
         f.disk().bus = u"sata"_s;
     }},
    {"writable floppy", "disk-bus", error, "alpha",
     [](PreflightFixture& f) {
         f.local.inactive.reset();
         f.local.live.disks += PreflightFixture::drive(u"fda"_s, u"floppy"_s, u"fdc"_s);
         f.local.live.disks.back().source = u"/f.img"_s;
         f.local.live.disks.back().format = u"raw"_s;
     }},
    {"network disk", "disk-type", error, "alpha",
     [](PreflightFixture& f) { f.disk().type = u"network"_s; }},
    {"network CD", "disk-type", error, "alpha",
     [](PreflightFixture& f) {
         f.local.inactive.reset();
         f.local.live.disks.back().type = u"network"_s;
         f.local.live.disks.back().source = u"https:cd"_s;
     }},
    {"format", "disk-format", error, "alpha",
     [](PreflightFixture& f) { f.disk().format = u"vmdk"_s; }},
    {"LUN", "disk-lun", error, "alpha", [](PreflightFixture& f) { f.disk().device = u"lun"_s; }},
    {"shareable", "disk-shared", error, "alpha",
     [](PreflightFixture& f) { f.disk().shareable = true; }},
    {"transient", "disk-transient", error, "alpha",
     [](PreflightFixture& f) { f.disk().transient = true; }},
    {"encrypted", "disk-encrypted", error, "alpha",
     [](PreflightFixture& f) { f.disk().encrypted = true; }},
    {"slice", "disk-slice", error, "alpha", [](PreflightFixture& f) { f.disk().sliced = true; }},
    {"iothread", "disk-iothread", error, "alpha",
     [](PreflightFixture& f) { f.disk().ioThread = 1; }},
    {"iothreads", "disk-iothread", error, "alpha",
     [](PreflightFixture& f) { f.disk().ioThreadMapping = true; }},
    {"mirror", "block-jobs", error, "alpha",
     [](PreflightFixture& f) { f.disk().hasMirror = true; }},
    {"block job", "block-jobs", error, "alpha",
     [](PreflightFixture& f) { f.local.blockJobs = {u"commit-vda"_s}; }},
    {"backing chain", "backing-chain", info, "alpha",
     [](PreflightFixture& f) { f.disk().hasBackingChain = true; }},
    {"internal snapshot", "internal-snapshots", warning, "alpha",
     [](PreflightFixture& f) { f.local.disks.front().internalSnapshots = {u"old"_s}; }},
    {"no disk", "no-disks", info, "alpha",
     [](PreflightFixture& f) {
         f.local.live.disks.clear();
         f.local.inactive.reset();
         f.local.disks.clear();
     }},
};

const Case nicCases[]{
    {"user", "nic-user", error, "alpha",
     [](PreflightFixture& f) {
         f.nic().type = u"user"_s;
         f.nic().bridge.clear();
     }},
    {"macvtap", "nic-macvtap", error, "alpha",
     [](PreflightFixture& f) {
         f.nic().type = u"direct"_s;
         f.nic().bridge.clear();
     }},
    {"host device", "host-devices", error, "alpha",
     [](PreflightFixture& f) {
         f.nic().type = u"hostdev"_s;
         f.nic().bridge.clear();
     }},
    {"vhost-user", "nic-type", error, "alpha",
     [](PreflightFixture& f) {
         f.nic().type = u"vhostuser"_s;
         f.nic().bridge.clear();
     }},
    {"no bridge", "nic-type", error, "alpha",
     [](PreflightFixture& f) {
         f.nic().type = u"network"_s;
         f.nic().bridge.clear();
     }},
    {"vhost", "nic-vhost", error, "alpha",
     [](PreflightFixture& f) {
         f.local.inactive.reset();
         f.nic().driver = u"vhost"_s;
     }},
    {"vhost by default", "nic-vhost", error, "alpha",
     [](PreflightFixture& f) {
         f.local.inactive.reset();
         f.local.live.type = u"kvm"_s;
         f.nic().driver.clear();
     }},
    {"queues", "nic-queues", error, "alpha", [](PreflightFixture& f) { f.nic().queues = 4; }},
    {"no NIC", "no-nics", info, "alpha",
     [](PreflightFixture& f) {
         f.local.inactive.reset();
         f.local.live.nics.clear();
     }},
};

const Case deviceCases[]{
    {"host devices", "host-devices", error, "alpha",
     [](PreflightFixture& f) { f.local.live.hostDevices = {u"pci 0000:03:00.0"_s, u"mdev x"_s}; }},
    {"shared folders", "shared-folders", error, "alpha",
     [](PreflightFixture& f) { f.local.live.sharedFolders = {u"share (virtiofs)"_s}; }},
    {"TPM", "tpm", error, "alpha",
     [](PreflightFixture& f) { f.local.live.tpms = {u"emulator"_s}; }},
    {"shmem", "shared-memory", error, "alpha",
     [](PreflightFixture& f) { f.local.live.sharedMemory = {u"ring"_s}; }},
    {"NVDIMM", "memory-devices", error, "alpha",
     [](PreflightFixture& f) { f.local.live.memoryDevices = {u"nvdimm"_s}; }},
    {"shared memory", "memory-backing", error, "alpha",
     [](PreflightFixture& f) { f.local.live.memoryShared = true; }},
    {"memory in a file", "memory-backing", error, "alpha",
     [](PreflightFixture& f) { f.local.live.memorySource = u"file"_s; }},
    {"huge pages", "huge-pages", warning, "alpha",
     [](PreflightFixture& f) { f.local.live.hugePages = true; }},
    {"launch security", "launch-security", error, "alpha",
     [](PreflightFixture& f) { f.local.live.launchSecurity = true; }},
    {"vsock", "vsock", error, "alpha", [](PreflightFixture& f) { f.local.live.vsocks = {u"3"_s}; }},
    {"smartcard", "smartcard", error, "alpha",
     [](PreflightFixture& f) { f.local.live.smartcards = {u"host"_s}; }},
    {"USB redirection", "usb-redirection", warning, "alpha",
     [](PreflightFixture& f) { f.local.live.redirected = {u"spicevmc"_s}; }},
    {"3D", "video-3d", error, "alpha",
     [](PreflightFixture& f) { f.local.live.videos = {u"qxl"_s, u"virtio (3d)"_s}; }},
};

void haveStaleDisk(PreflightFixture& f)
{
    DiskSpec disk;
    disk.target = u"vda"_s;
    disk.source = u"/images/web.qcow2"_s;
    disk.format = u"qcow2"_s;
    disk.size = Bytes::fromMiB(2048);
    f.local.diskSpecs = {disk};
    f.remote.staleDisks = {{u"vda"_s, u"/old/web.qcow2"_s, u"qcow2"_s, disk.size},
                           {u"vdb"_s, u"/old/web-b.qcow2"_s, u"qcow2"_s, disk.size}};
}

const Case hostCases[]{
    {"protocol", "protocol-version", error, "beta",
     [](PreflightFixture& f) { f.remote.protocolVersion = 2; }},
    {"other QEMU", "qemu-mismatch", error, "beta",
     [](PreflightFixture& f) { f.remote.host.qemuVersion = u"11.2.0"_s; }},
    {"other package", "qemu-package", warning, "beta",
     [](PreflightFixture& f) { f.remote.host.qemuPackage = u"Debian 1:11.1.3+ds-2"_s; }},
    {"older libvirt", "libvirt-version", warning, "beta",
     [](PreflightFixture& f) { f.remote.host.libvirtVersion = u"11.2.9"_s; }},
    {"machine type", "machine-type", error, "beta",
     [](PreflightFixture& f) { f.remote.host.machineTypes = {u"q35"_s}; }},
    {"no KVM", "accelerator", error, "beta",
     [](PreflightFixture& f) {
         f.local.live.type = u"kvm"_s;
         f.remote.host.kvmUsable = false;
     }},
    {"CPU", "cpu", error, "beta",
     [](PreflightFixture& f) { f.remote.cpuProblem = u"missing features: avx512f"_s; }},
    {"passthrough CPU", "cpu-passthrough", warning, "beta",
     [](PreflightFixture& f) {
         f.local.live.type = u"kvm"_s;
         f.local.live.cpuMode = u"host-passthrough"_s;
     }},
    {"memory", "memory", error, "beta",
     [](PreflightFixture& f) { f.remote.host.memoryFree = {Bytes::fromMiB(768).value - 1}; }},
    {"image directory", "image-directory", error, "beta",
     [](PreflightFixture& f) {
         f.remote.imageDirectoryProblem = u"Read-only file system"_s;
         f.remote.imageSpaceFree = {};
     }},
    {"disk space", "disk-space", error, "beta",
     [](PreflightFixture& f) { f.remote.imageSpaceFree = Bytes::fromMiB(2048 + 204); }},
    {"bridge", "bridge-missing", error, "beta",
     [](PreflightFixture& f) {
         f.remote.host.bridges = {u"br1"_s};
         f.local.inactive.reset();
         f.local.live.nics += f.nic();
     }},
    {"no way back", "link", error, "beta",
     [](PreflightFixture& f) { f.remote.linkProblem = u"timed out"_s; }},
    {"ports", "ports", error, "beta", [](PreflightFixture& f) { f.remote.freePorts = 3; }},
    {"stale copy", "stale-copy", info, "beta",
     [](PreflightFixture& f) { f.remote.conflict = NameConflict::StaleCopy; }},
    {"name", "name-taken", error, "beta",
     [](PreflightFixture& f) {
         f.remote.conflict = NameConflict::Taken;
         f.remote.conflictingDomain = u"web"_s;
     }},
    {"stale disk", "stale-disk", info, "beta", haveStaleDisk},
    {"stale disk that is reused", "stale-disk", info, "beta",
     [](PreflightFixture& f) {
         haveStaleDisk(f);
         f.local.reuseDisks = true;
         f.remote.imageSpaceFree = Bytes::fromMiB(205); // for its overlays alone
     }},
    {"refusal", "shadow-refused", error, "beta",
     [](PreflightFixture& f) {
         f.remote.refusals = {{u"devices/serial/log/@file"_s, u"must not be"_s, u"Remove it."_s}};
     }},
    {"refusal of what is told elsewhere", "host-devices", error, "alpha",
     [](PreflightFixture& f) {
         f.local.live.hostDevices = {u"pci 0000:03:00.0"_s};
         f.remote.refusals = {{u"devices/hostdev"_s, u"is nothing"_s, u"Remove it."_s}};
     }},
    {"refusal of a bridge", "shadow-refused", error, "beta",
     [](PreflightFixture& f) {
         f.remote.refusals = {
             {u"devices/interface/source/@bridge"_s, u"is not allowed"_s, u"Allow it."_s}};
     }},
    {"no hook here", "start-hook", error, "alpha",
     [](PreflightFixture& f) { f.local.host.startHookProblem = u"it is missing"_s; }},
    {"no hook there", "start-hook", error, "beta",
     [](PreflightFixture& f) { f.remote.host.startHookProblem = u"it is missing"_s; }},
    {"kernel", "file-missing", error, "beta",
     [](PreflightFixture& f) {
         f.local.live.kernel = u"/boot/k"_s;
         f.remote.missingFiles = {u"/boot/k"_s};
     }},
    {"CD", "file-missing", error, "beta",
     [](PreflightFixture& f) {
         f.local.inactive.reset();
         f.local.live.disks.back().source = u"/iso/cd.iso"_s;
         f.remote.missingFiles = {u"/iso/cd.iso"_s};
     }},
};

} // namespace

class PreflightTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void findsNothingWhenNothingIsWrong();
    static void findsExactlyWhatIsWrong_data();
    static void findsExactlyWhatIsWrong();
    static void refusesQemuThatCannotDoIt();
    static void refusesChannelsThatQemuHasNot();
    static void saysHowMuchIsNeeded();
    static void takesWhatIsHarmless_data();
    static void takesWhatIsHarmless();
    static void namesEveryDiskThatIsWrong();
    static void putsErrorsFirst();
    static void looksAtTheDomainAloneWithoutAPeer();
};

void PreflightTest::findsNothingWhenNothingIsWrong()
{
    const PreflightFixture facts;
    QCOMPARE(preflight(facts.local, facts.remote), QList<Finding>{});
}

void PreflightTest::findsExactlyWhatIsWrong_data()
{
    QTest::addColumn<const Case*>("wanted");
    for (const auto& [area, cases] : {std::pair{"domain", std::span<const Case>{domainCases}},
                                      {"disk", diskCases},
                                      {"NIC", nicCases},
                                      {"device", deviceCases},
                                      {"host", hostCases}}) {
        for (const auto& one : cases)
            QTest::addRow("%s: %s", area, one.name) << &one;
    }
}

void PreflightTest::findsExactlyWhatIsWrong()
{
    QFETCH(const Case*, wanted);
    PreflightFixture facts;
    wanted->change(facts);
    const auto findings = preflight(facts.local, facts.remote);
    QCOMPARE(findings.size(), 1);
    const auto& finding = findings.front();
    QCOMPARE(finding.id, QString::fromLatin1(wanted->id));
    QVERIFY(finding.severity == wanted->severity);
    QCOMPARE(finding.host, QString::fromLatin1(wanted->host));
    QVERIFY(!finding.message.isEmpty() && !finding.message.contains(u'%')
            && !finding.message.endsWith(u'.'));
    QCOMPARE(finding.remedy.isEmpty(), wanted->severity == Severity::Info);
    QVERIFY(!finding.remedy.contains(u'%'));
    QVERIFY(finding.remedy.isEmpty() || finding.remedy.endsWith(u'.'));
}

void PreflightTest::refusesQemuThatCannotDoIt()
{
    PreflightFixture facts;
    facts.local.qemuVersion = u"10.0.13"_s;
    facts.remote.host.qemuVersion = u"10.0.13"_s;
    const auto findings = preflight(facts.local, facts.remote);
    QCOMPARE(findings.size(), 2);
    for (const auto& finding : findings) {
        QCOMPARE(finding.id, u"qemu-version"_s);
        QVERIFY(finding.message.contains(u"10.0.13"_s));
        QVERIFY(!finding.remedy.isEmpty());
    }
    QCOMPARE(findings[0].host, u"alpha"_s);
    QCOMPARE(findings[1].host, u"beta"_s);
}

void PreflightTest::refusesChannelsThatQemuHasNot()
{
    PreflightFixture facts;
    facts.local.channels = 4;
    QCOMPARE(preflight(facts.local, facts.remote), QList<Finding>{});
    facts.local.live.type = u"kvm"_s;
    facts.local.inactive.reset();
    facts.local.qemuVersion = u"7.2.22"_s;
    facts.remote.host.qemuVersion = u"7.2.22"_s;
    const auto findings = preflight(facts.local, facts.remote);
    QCOMPARE(findings.size(), 1);
    QCOMPARE(findings[0].id, u"qemu-channels"_s);
    QCOMPARE(findings[0].host, u"alpha"_s);
    QVERIFY(findings[0].message.contains(u"4 channels"_s));
    QVERIFY(findings[0].remedy.contains(u"channels=1"_s));
    facts.local.channels = 1;
    QCOMPARE(preflight(facts.local, facts.remote), QList<Finding>{});
}

void PreflightTest::saysHowMuchIsNeeded()
{
    PreflightFixture facts;
    facts.remote.host.memoryFree = Bytes::fromMiB(500);
    facts.remote.imageSpaceFree = Bytes::fromMiB(100);
    const auto findings = preflight(facts.local, facts.remote);
    QCOMPARE(findings.size(), 2);
    QVERIFY(findings[0].message.contains(u"500 MiB"_s)
            && findings[0].message.contains(u"768 MiB"_s));
    QVERIFY(findings[1].message.contains(u"100 MiB"_s)
            && findings[1].message.contains(u"2252 MiB"_s));
}

void PreflightTest::takesWhatIsHarmless_data()
{
    QTest::addColumn<Change>("change");
    QTest::newRow("block device") << Change{[](PreflightFixture& f) {
        f.disk().type = u"block"_s;
        f.disk().format = u"raw"_s;
    }};
    QTest::newRow("-incoming of an earlier shadow") << Change{
        [](PreflightFixture& f) { f.local.live.qemuArguments = {u"-incoming"_s, u"defer"_s}; }};
    QTest::newRow("cut -incoming")
        << Change{[](PreflightFixture& f) { f.local.live.qemuArguments = {u"-incoming"_s}; }};
    QTest::newRow("NIC without vhost under TCG") << Change{[](PreflightFixture& f) {
        f.local.inactive.reset();
        f.nic().driver.clear();
    }};
    QTest::newRow("e1000 under KVM") << Change{[](PreflightFixture& f) {
        f.local.inactive.reset();
        f.local.live.type = u"kvm"_s;
        f.nic().driver.clear();
        f.nic().model = u"e1000e"_s;
    }};
    QTest::newRow("libvirt network on a bridge")
        << Change{[](PreflightFixture& f) { f.nic().type = u"network"_s; }};
    QTest::newRow("memfd") << Change{
        [](PreflightFixture& f) { f.local.live.memorySource = u"memfd"_s; }};
    QTest::newRow("newer libvirt there")
        << Change{[](PreflightFixture& f) { f.remote.host.libvirtVersion = u"11.10.0"_s; }};
    QTest::newRow("newer QEMU installed than runs") << Change{[](PreflightFixture& f) {
        f.local.host.qemuVersion = u"11.2.0"_s;
        f.local.host.qemuPackage = u"other"_s;
    }};
    QTest::newRow("CD that is there, too") << Change{[](PreflightFixture& f) {
        f.local.inactive.reset();
        f.local.live.disks.back().source = u"/iso/cd.iso"_s;
    }};
    QTest::newRow("just enough memory")
        << Change{[](PreflightFixture& f) { f.remote.host.memoryFree = Bytes::fromMiB(768); }};
    QTest::newRow("just enough ports")
        << Change{[](PreflightFixture& f) { f.remote.freePorts = 4; }};
}

void PreflightTest::takesWhatIsHarmless()
{
    QFETCH(const Change, change);
    PreflightFixture facts;
    change(facts);
    QCOMPARE(preflight(facts.local, facts.remote), QList<Finding>{});
}

void PreflightTest::namesEveryDiskThatIsWrong()
{
    PreflightFixture facts;
    facts.local.inactive.reset();
    facts.local.live.disks += facts.disk();
    facts.local.live.disks.back().target = u"vdb"_s;
    facts.disk().transient = true;
    facts.local.live.disks.back().transient = true;
    const auto findings = preflight(facts.local, facts.remote);
    QCOMPARE(findings.size(), 2);
    QVERIFY(findings[0].message.contains(u"vda"_s));
    QVERIFY(findings[1].message.contains(u"vdb"_s));
}

void PreflightTest::putsErrorsFirst()
{
    PreflightFixture facts;
    facts.disk().hasBackingChain = true;
    facts.local.live.hugePages = true;
    facts.remote.linkProblem = u"timed out"_s;
    QList<Severity> severities;
    const auto findings = preflight(facts.local, facts.remote);
    std::ranges::transform(findings, std::back_inserter(severities), &Finding::severity);
    QVERIFY(severities == (QList{Severity::Error, Severity::Warning, Severity::Info}));
}

void PreflightTest::looksAtTheDomainAloneWithoutAPeer()
{
    PreflightFixture facts;
    facts.local.live.tpms = {u"emulator"_s};
    facts.remote.linkProblem = u"timed out"_s;
    const auto findings = localFindings(facts.local);
    QCOMPARE(findings.size(), 1);
    QCOMPARE(findings.front().id, u"tpm"_s);
}

QTEST_GUILESS_MAIN(PreflightTest)
#include "PreflightTest.moc"
