// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PreflightFacts.h"

#include "PreflightFixture.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

class PreflightFactsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void survivesTheWire();
    static void sendsTextsAsOneLine();
    static void refusesMissingMembers();
    static void refusesWrongMembers_data();
    static void refusesWrongMembers();
    static void asksForFilesThatAreNotCopied();
    static void countsPortsPerNic();
    static void countsMemoryTwice();
    static void leavesRoomForOverlays();
};

void PreflightFactsTest::survivesTheWire()
{
    PreflightFixture facts;
    facts.remote.conflict = NameConflict::StaleCopy;
    facts.remote.conflictingDomain = u"web"_s;
    facts.remote.cpuProblem = u"missing: avx"_s;
    facts.remote.missingFiles = {u"/boot/k"_s};
    facts.remote.staleDisks = {
        {u"vda"_s, u"/images/web.qcow2"_s, u"qcow2"_s, Bytes::fromMiB(2048)}};
    facts.remote.host.startHookProblem = u"it is missing"_s;
    facts.remote.refusals = {{u"devices/tpm"_s, u"is nothing"_s, u"Remove it."_s}};
    const auto wire = QJsonDocument{facts.remote.toJson()}.toJson();
    const auto read = RemoteFacts::fromJson(QJsonDocument::fromJson(wire).object());
    QVERIFY(read);
    QCOMPARE(read->toJson(), facts.remote.toJson());
    QCOMPARE(read->conflict, NameConflict::StaleCopy);
    QCOMPARE(read->host.machineTypes, facts.remote.host.machineTypes);
    QCOMPARE(read->host.memoryFree, facts.remote.host.memoryFree);
    QCOMPARE(read->host.hostUuid, facts.remote.host.hostUuid);
    QCOMPARE(read->imageSpaceFree, facts.remote.imageSpaceFree);
    QCOMPARE(read->freePorts, 100);
    QCOMPARE(read->missingFiles, QStringList{u"/boot/k"_s});
    QVERIFY(read->staleDisks == facts.remote.staleDisks);
    QCOMPARE(read->host.startHookProblem, u"it is missing"_s);
    QVERIFY(read->refusals == facts.remote.refusals);
}

void PreflightFactsTest::sendsTextsAsOneLine()
{
    PreflightFixture facts;
    facts.remote.cpuProblem = u"missing:\n  a\x1bvx\n"_s + u"x"_s.repeated(9000);
    const auto read = RemoteFacts::fromJson(facts.remote.toJson());
    QVERIFY(read);
    QVERIFY(read->cpuProblem.startsWith(u"missing: a?vx x"_s));
}

void PreflightFactsTest::refusesMissingMembers()
{
    const auto good = PreflightFixture{}.remote.toJson();
    const auto keys = good.keys();
    for (const auto& key : keys) {
        auto json = good;
        json.remove(key);
        const auto read = RemoteFacts::fromJson(json);
        QVERIFY2(!read, qPrintable(key));
        QCOMPARE(read.error().code(), Errc::ProtocolError);
        QVERIFY2(read.error().message().contains(key), qPrintable(read.error().message()));
    }
    const auto host = good.value(u"host"_s).toObject();
    const auto hostKeys = host.keys();
    for (const auto& key : hostKeys) {
        auto lacking = host;
        lacking.remove(key);
        auto json = good;
        json.insert(u"host"_s, lacking);
        const auto read = RemoteFacts::fromJson(json);
        QVERIFY2(!read, qPrintable(key));
        QVERIFY2(read.error().message().contains(u"host."_s + key),
                 qPrintable(read.error().message()));
    }
}

void PreflightFactsTest::refusesWrongMembers_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QJsonValue>("value");
    QTest::newRow("negative space") << u"image-space-free"_s << QJsonValue{-1};
    QTest::newRow("fraction") << u"image-space-free"_s << QJsonValue{1.5};
    QTest::newRow("text for a number") << u"free-ports"_s << QJsonValue{u"4"_s};
    QTest::newRow("too many ports") << u"free-ports"_s << QJsonValue{65536};
    QTest::newRow("protocol overflow") << u"protocol-version"_s << QJsonValue{qint64{1} << 40};
    QTest::newRow("unknown conflict") << u"conflict"_s << QJsonValue{u"maybe"_s};
    QTest::newRow("number for a text") << u"cpu-problem"_s << QJsonValue{1};
    QTest::newRow("escape sequence") << u"cpu-problem"_s << QJsonValue{u"\x1b[2J"_s};
    QTest::newRow("line break") << u"link-problem"_s << QJsonValue{u"a\nb"_s};
    QTest::newRow("endless text") << u"link-problem"_s << QJsonValue{u"a"_s.repeated(5000)};
    QTest::newRow("text for a list") << u"missing-files"_s << QJsonValue{u"/boot/k"_s};
    QTest::newRow("list of numbers") << u"missing-files"_s << QJsonValue{QJsonArray{1}};
    QTest::newRow("endless list") << u"missing-files"_s
                                  << QJsonValue{
                                         QJsonArray::fromStringList(QStringList{5000, u"/a"_s})};
    QTest::newRow("stale disk without a path")
        << u"stale-disks"_s << QJsonValue{QJsonArray{QJsonObject{{u"target"_s, u"vda"_s}}}};
    QTest::newRow("refusal without an element")
        << u"refusals"_s << QJsonValue{QJsonArray{QJsonObject{{u"reason"_s, u"so"_s}}}};
    QTest::newRow("text for refusals") << u"refusals"_s << QJsonValue{u"all"_s};
    QTest::newRow("text for stale disks") << u"stale-disks"_s << QJsonValue{u"vda"_s};
    QTest::newRow("text for an object") << u"host"_s << QJsonValue{u"beta"_s};
}

void PreflightFactsTest::refusesWrongMembers()
{
    QFETCH(const QString, key);
    QFETCH(const QJsonValue, value);
    auto json = PreflightFixture{}.remote.toJson();
    json.insert(key, value);
    const auto read = RemoteFacts::fromJson(json);
    QVERIFY(!read);
    QCOMPARE(read.error().code(), Errc::ProtocolError);
    QVERIFY(read.error().message().contains(key));
}

void PreflightFactsTest::asksForFilesThatAreNotCopied()
{
    PreflightFixture facts;
    QVERIFY(filesNeeded(facts.local.live).isEmpty());
    facts.local.live.kernel = u"/boot/k"_s;
    facts.local.live.initrd = u"/boot/i"_s;
    facts.local.live.loader = u"/firmware.fd"_s;
    facts.local.live.disks.back().source = u"/iso/cd.iso"_s;
    QCOMPARE(filesNeeded(facts.local.live),
             (QStringList{u"/boot/k"_s, u"/boot/i"_s, u"/firmware.fd"_s, u"/iso/cd.iso"_s}));
}

void PreflightFactsTest::countsPortsPerNic()
{
    PreflightFixture facts;
    QCOMPARE(portsNeeded(facts.local.live), 4);
    facts.local.live.nics += facts.nic();
    QCOMPARE(portsNeeded(facts.local.live), 6);
    facts.local.live.nics.clear();
    QCOMPARE(portsNeeded(facts.local.live), 2);
}

void PreflightFactsTest::countsMemoryTwice()
{
    QCOMPARE(memoryNeeded(PreflightFixture{}.local.live), Bytes::fromMiB(2 * 256 + 256));
}

void PreflightFactsTest::leavesRoomForOverlays()
{
    QCOMPARE(imageSpaceNeeded({}), Bytes{0});
    DiskFacts small;
    small.virtualSize = Bytes::fromMiB(100);
    DiskFacts large;
    large.virtualSize = Bytes::fromMiB(10'000);
    QCOMPARE(imageSpaceNeeded({small, large}), Bytes::fromMiB(100 + 64 + 10'000 + 1'000));
    small.target = u"vda"_s;
    QCOMPARE(imageSpaceNeeded({small, large}, {u"vda"_s}), Bytes::fromMiB(64 + 10'000 + 1'000));
}

QTEST_GUILESS_MAIN(PreflightFactsTest)
#include "PreflightFactsTest.moc"
