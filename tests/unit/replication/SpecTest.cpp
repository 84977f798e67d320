// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/Spec.h"
#include "fakes/FakeHost.h"

#include <QJsonArray>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

class SpecTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void comesBackAsItWas();
    void refusesWhatIsNoSpec_data();
    void refusesWhatIsNoSpec();
    void takesAPortThatIsNoneForNone_data();
    void takesAPortThatIsNoneForNone();
};

namespace {

QJsonObject withDisk(const QString& member, const QJsonValue& value)
{
    QJsonObject json = webSpec().toJson();
    QJsonObject disk = json[u"disks"][0].toObject();
    disk[member] = value;
    json[u"disks"] = QJsonArray{disk};
    return json;
}

QJsonObject with(const QString& member, const QJsonValue& value)
{
    QJsonObject json = webSpec().toJson();
    json[member] = value;
    return json;
}

} // namespace

void SpecTest::comesBackAsItWas()
{
    auto spec = webSpec();
    spec.primaryAddress = QHostAddress{u"10.77.0.1"_s};
    spec.secondaryAddress = QHostAddress{u"fd00::2"_s};
    spec.nbdPort = 49510;
    spec.migrationPort = 65535;
    spec.nics[0].requestPort = 49512;
    spec.nics[0].responsePort = 49513;
    spec.nics[0].vnetHeader = false;
    spec.disks[0].replica = u"/r"_s;
    spec.disks[0].hidden = u"/h"_s;
    spec.disks[0].active = u"/a"_s;
    spec.disks[0].late = u"/l"_s;
    spec.disks[0].size = {9'007'199'254'740'993}; // no double holds it
    spec.kvm = true;
    spec.copy = u"0b6c1c5e-6a0e-4a53-9f5a-0d7f7d3a4c11"_s;
    spec.base = u"0b6c1c5e-6a0e-4a53-9f5a-0d7f7d3a4c12"_s;
    const auto read = ReplicationSpec::fromJson(spec.toJson());
    QVERIFY2(read, read ? "" : qPrintable(read.error().message()));
    QCOMPARE(read->toJson(), spec.toJson());
    QCOMPARE(read->disks[0].size, spec.disks[0].size);
    QCOMPARE(read->secondaryAddress, spec.secondaryAddress);
    QVERIFY(!read->nics[0].vnetHeader);
}

void SpecTest::refusesWhatIsNoSpec_data()
{
    QTest::addColumn<QJsonObject>("json");
    QTest::newRow("nothing") << QJsonObject{};
    QTest::newRow("no uuid") << with(u"uuid"_s, u"web"_s);
    QTest::newRow("no name") << with(u"domain"_s, {});
    QTest::newRow("disk is no object") << with(u"disks"_s, QJsonArray{1});
    QTest::newRow("nic is no object") << with(u"nics"_s, QJsonArray{u"net0"_s});
    // Targets become parts of paths, aliases parts of QOM paths: a peer must not choose where they
    // point.
    QTest::newRow("target leaves the folder") << withDisk(u"target"_s, u"../vda"_s);
    QTest::newRow("a copy that is no identity") << with(u"copy"_s, u"x, y"_s);
    QTest::newRow("a base that is no identity") << with(u"base"_s, u"../vda"_s);
    QTest::newRow("target with newline") << withDisk(u"target"_s, u"vda\n"_s);
    QTest::newRow("alias leaves the path") << withDisk(u"alias"_s, u"x/../y"_s);
    QTest::newRow("target too long for a node name") << withDisk(u"target"_s, QString(16, u'v'));
    QTest::newRow("name leaves the folder") << with(u"domain"_s, u"../web"_s);
    QTest::newRow("name with an escape sequence") << with(u"domain"_s, u"web\x1b[2J"_s);
    QTest::newRow("endless name") << with(u"domain"_s, u"w"_s.repeated(256));
    QTest::newRow("replica with newline") << withDisk(u"replica"_s, u"/r\nx"_s);
    QTest::newRow("endless source") << withDisk(u"source"_s, u"/"_s.repeated(5000));
    QTest::newRow("version with an escape sequence") << with(u"qemu-version"_s, u"\x1b]0;"_s);
    QTest::newRow("endless list of disks") << with(u"disks"_s, [] {
        QJsonArray disks;
        for (int i = 0; i < 300; ++i)
            disks.append(webSpec().toJson()[u"disks"][0]);
        return disks;
    }());
    QTest::newRow("format") << withDisk(u"format"_s, u"vmdk"_s);
    QTest::newRow("no size") << withDisk(u"size"_s, 0);
    QTest::newRow("negative size") << withDisk(u"size"_s, -512);
}

void SpecTest::refusesWhatIsNoSpec()
{
    QFETCH(const QJsonObject, json);
    const auto read = ReplicationSpec::fromJson(json);
    QVERIFY(!read);
    QCOMPARE(read.error().code(), Errc::Malformed);
}

void SpecTest::takesAPortThatIsNoneForNone_data()
{
    QTest::addColumn<QJsonValue>("port");
    QTest::newRow("text") << QJsonValue{u"49510"_s};
    QTest::newRow("too big") << QJsonValue{65536};
    QTest::newRow("negative") << QJsonValue{-1};
}

void SpecTest::takesAPortThatIsNoneForNone()
{
    QFETCH(const QJsonValue, port);
    QCOMPARE(ReplicationSpec::fromJson(with(u"nbd-port"_s, port)).value().nbdPort, quint16{0});
}

QTEST_GUILESS_MAIN(SpecTest)
#include "SpecTest.moc"
