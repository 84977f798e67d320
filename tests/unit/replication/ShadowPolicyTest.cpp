// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/ShadowPolicy.h"

#include "HostileXml.h"
#include "XmlFixtures.h"
#include "replication/DomainModel.h"
#include "replication/ShadowRules.h"
#include "replication/ShadowXml.h"

#include <QDir>
#include <QFile>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace lockstep;
using namespace Qt::StringLiterals;

class ShadowPolicyTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    static void admitsWhatPeopleHave_data();
    static void admitsWhatPeopleHave();
    static void refusesWhatReachesTheHost_data();
    static void refusesWhatReachesTheHost();
    static void refusesWhatIsNoDomain_data();
    static void refusesWhatIsNoDomain();
    static void refusesAReplicaThatIsMissing();
    static void namesEachRefusalOnceAndNotTooMany();
    static void saysWhatToDo();
    static void readsOnlyBelowItsFolders();
    static void allowsWhatTheHostAllows();
    static void leavesNotesOfOtherProgramsAlone();
    static void rulesAreSound();
};

namespace {

constexpr auto imageFolder = "/var/lib/lockstep/images/"_L1;

ShadowPolicy policyOf(const QString& xml)
{
    ShadowPolicy policy;
    const auto model = parseDomain(xml);
    if (!model)
        return policy;
    policy.uuid = model->uuid;
    policy.domain = model->name;
    policy.folder = imageFolder + toString(model->uuid);
    const auto disks = model->replicatedDisks();
    for (const auto& disk : disks)
        policy.replicas.insert(disk.target,
                               u"%1/%2.1.%3"_s.arg(policy.folder, disk.target, disk.format));
    policy.bridges = {u"br0"_s, u"br1"_s};
    policy.interfaces = {u"lo"_s, u"eth0"_s, u"br0"_s, u"br1"_s, u"tap-vpn"_s, u"vnet0"_s};
    policy.emulators = {u"/usr/bin/qemu-system-x86_64"_s};
    policy.fileFolders = {u"/usr/share"_s};
    return policy;
}

/// As the shadow's host makes it.
QString shadowOf(const QString& xml, const ShadowPolicy& policy)
{
    ShadowMapping mapping;
    const auto model = parseDomain(xml);
    if (!model)
        return {};
    for (const auto& disk : model->disks) {
        if (policy.replicas.contains(disk.target))
            mapping.disks.append({disk.target, policy.replicas[disk.target], disk.format});
    }
    for (const auto& nic : model->nics)
        mapping.bridges.insert(nic.mac, nic.bridge.isEmpty() ? u"br0"_s : nic.bridge);
    return shadowXml(xml, mapping).value_or(QString{});
}

QString good() { return fixture(u"shadow-good.xml"_s); }

QStringList elements(const QList<ShadowRefusal>& refusals)
{
    QStringList all;
    for (const auto& refusal : refusals)
        all += refusal.element;
    return all;
}

QStringList refused(const QString& xml) { return elements(shadowRefusals(xml, policyOf(good()))); }

} // namespace

void ShadowPolicyTest::admitsWhatPeopleHave_data()
{
    QTest::addColumn<QString>("file");
    for (const auto* const file :
         {"lab-db-migratable.xml", "virt-manager-live.xml", "virt-install-migratable.xml"})
        QTest::newRow(file) << QString::fromLatin1(file);
}

void ShadowPolicyTest::admitsWhatPeopleHave()
{
    QFETCH(const QString, file);
    const auto xml = fixture(file);
    const auto policy = policyOf(xml);
    QVERIFY(!policy.domain.isEmpty());
    const auto shadow = shadowOf(xml, policy);
    QVERIFY(!shadow.isEmpty());
    QCOMPARE(elements(shadowRefusals(shadow, policy)), QStringList{});
    // And what it becomes on its way: a shadow that took over is protected the other way round.
    QCOMPARE(elements(shadowRefusals(shadowOf(shadow, policy), policy)), QStringList{});
}

void ShadowPolicyTest::refusesWhatReachesTheHost_data()
{
    QTest::addColumn<const HostileXml*>("hostile");
    for (const auto& hostile : hostileXml)
        QTest::newRow(hostile.name) << &hostile;
}

void ShadowPolicyTest::refusesWhatReachesTheHost()
{
    QFETCH(const HostileXml*, hostile);
    const auto before = good();
    QCOMPARE(refused(before), QStringList{}); // else the rest says nothing
    const auto at = QString::fromLatin1(hostile->at);
    auto xml = before;
    QVERIFY2(before.contains(at), hostile->at);
    const auto place = before.indexOf(at);
    xml.replace(place, at.size(), QString::fromUtf8(hostile->instead));
    const auto found = refused(xml);
    QVERIFY2(found.contains(QString::fromLatin1(hostile->element)),
             qPrintable(found.join(u", "_s)));
}

void ShadowPolicyTest::refusesWhatIsNoDomain_data()
{
    QTest::addColumn<QString>("xml");
    QTest::newRow("nothing") << QString{};
    QTest::newRow("no XML") << u"{}"_s;
    QTest::newRow("a network") << u"<network/>"_s;
    QTest::newRow("cut off") << good().first(good().size() / 2);
    QTest::newRow("entities") << u"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/shadow'>]>"_s
            + good().replace(u"<name>web"_s, u"<name>&x;"_s);
    QTest::newRow("an attribute twice")
        << good().replace(u"type='kvm'"_s, u"type='kvm' type='qemu'"_s);
    QTest::newRow("a million levels") << u"<domain>"_s.repeated(100'000);
}

void ShadowPolicyTest::refusesWhatIsNoDomain()
{
    QFETCH(const QString, xml);
    QCOMPARE(refused(xml), QStringList{u"domain"_s});
}

void ShadowPolicyTest::refusesAReplicaThatIsMissing()
{
    auto policy = policyOf(good());
    policy.replicas.insert(u"vdb"_s, policy.folder + u"/vdb.1.raw"_s);
    QCOMPARE(elements(shadowRefusals(good(), policy)), QStringList{u"devices/disk"_s});
}

void ShadowPolicyTest::namesEachRefusalOnceAndNotTooMany()
{
    const auto with = [](const QString& devices) {
        return good().replace(u"<!--devices-->"_s, devices);
    };
    QCOMPARE(refused(with(u"<tpm/><tpm/>"_s)), QStringList{u"devices/tpm"_s});
    QString many;
    for (int i = 0; i < 1'000; ++i)
        many += u"<x%1/>"_s.arg(i);
    QCOMPARE(refused(with(many)).size(), mostShadowRefusals);
}

void ShadowPolicyTest::saysWhatToDo()
{
    const auto xml = good().replace(u"<!--devices-->"_s, u"<tpm/><vsock/>"_s);
    const auto refusals = shadowRefusals(xml, policyOf(good()));
    const auto verdict = verdictOf(refusals, u"web"_s, u"beta"_s);
    QVERIFY(!verdict);
    QCOMPARE(verdict.error().code(), Errc::ShadowRefused);
    for (const auto& word : {u"beta"_s, u"web"_s, u"devices/tpm"_s, u"1 more"_s})
        QVERIFY2(verdict.error().message().contains(word), qPrintable(verdict.error().message()));
    QVERIFY(verdict.error().remedy().contains(u"virsh edit web"));
    QVERIFY(verdictOf({}, u"web"_s, u"beta"_s));
    for (const auto& hostile : hostileXml) {
        auto changed = good();
        changed.replace(QString::fromLatin1(hostile.at), QString::fromUtf8(hostile.instead));
        for (const auto& refusal : shadowRefusals(changed, policyOf(good()))) {
            QVERIFY2(!refusal.remedy.isEmpty() && !refusal.remedy.contains(u'%'), hostile.name);
            QVERIFY2(!refusal.reason.contains(u"%1"), hostile.name);
        }
    }
}

void ShadowPolicyTest::readsOnlyBelowItsFolders()
{
    const QTemporaryDir outside;
    const QTemporaryDir inside;
    const auto make = [](const QString& path) {
        QFile file{path};
        return file.open(QIODevice::WriteOnly);
    };
    QVERIFY(make(outside.filePath(u"secret"_s)) && make(inside.filePath(u"cd.iso"_s)));
    QVERIFY(QFile::link(outside.filePath(u"secret"_s), inside.filePath(u"link"_s)));
    QVERIFY(QFile::link(outside.path(), inside.filePath(u"folder"_s)));
    QVERIFY(QFile::link(u"/nowhere"_s, inside.filePath(u"dangling"_s)));
    QVERIFY(QFile::link(u"cd.iso"_s, inside.filePath(u"newest.iso"_s)));
    const QStringList folders{inside.path()};
    QVERIFY(mayRead(inside.filePath(u"cd.iso"_s), folders));
    QVERIFY(mayRead(inside.filePath(u"newest.iso"_s), folders));
    QVERIFY2(mayRead(inside.filePath(u"not-there.iso"_s), folders), "preflight tells that");
    for (const auto& path :
         {inside.filePath(u"link"_s), inside.filePath(u"folder/secret"_s),
          inside.filePath(u"dangling"_s), inside.path(), inside.path() + u"x/cd.iso"_s,
          inside.path() + u"/../x"_s, inside.path() + u"//cd.iso"_s, outside.filePath(u"secret"_s),
          u"cd.iso"_s, u""_s, u"/dev/sda"_s})
        QVERIFY2(!mayRead(path, folders), qPrintable(path));
    QVERIFY(!mayRead(inside.filePath(u"cd.iso"_s), {}));
    QVERIFY2(!mayRead(u"/dev/null"_s, {u"/dev"_s}), "a device is no file");
}

void ShadowPolicyTest::allowsWhatTheHostAllows()
{
    const QTemporaryDir folder;
    QFile medium{folder.filePath(u"cd.iso"_s)};
    QVERIFY(medium.open(QIODevice::WriteOnly));
    auto xml = good();
    xml.replace(u"<!--medium-->"_s, u"<source file='%1'/>"_s.arg(medium.fileName()));
    xml.replace(u"address='127.0.0.1'"_s, u"address='fd00::7'"_s);
    xml.replace(u"bridge='br0'"_s, u"bridge='lan'"_s);
    auto policy = policyOf(good());
    QCOMPARE(shadowRefusals(xml, policy).size(), 3);
    policy.fileFolders += folder.path();
    policy.consoleAddresses += QHostAddress{u"fd00::7"_s};
    policy.bridges += u"lan"_s;
    QCOMPARE(elements(shadowRefusals(xml, policy)), QStringList{});
}

void ShadowPolicyTest::leavesNotesOfOtherProgramsAlone()
{
    const auto xml = good().replace(
        u"<!--domain-->"_s,
        u"<metadata><a:b xmlns:a='urn:x' path='/etc/shadow'><a:hostdev/></a:b></metadata>"_s);
    QCOMPARE(refused(xml), QStringList{});
}

void ShadowPolicyTest::rulesAreSound()
{
    QSet<QString> paths;
    for (const auto& rule : shadowRules()) {
        QString path{rule.path};
        if (path.startsWith(u'*'))
            path.remove(0, 1);
        QVERIFY2(!paths.contains(path), "a rule that is never looked at");
        paths.insert(path);
    }
    // What would open all at once.
    for (const auto& path : {u"?"_s, u"devices/?"_s, u"seclabel"_s, u"devices/hostdev"_s})
        QVERIFY2(!paths.contains(path), qPrintable(path));
}

QTEST_GUILESS_MAIN(ShadowPolicyTest)
#include "ShadowPolicyTest.moc"
