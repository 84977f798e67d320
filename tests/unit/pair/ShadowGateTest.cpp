// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ShadowGate.h"

#include "fakes/TwoHosts.h"

#include <QDir>
#include <QJsonArray>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

/// The shadow's host, and a peer that is trusted and hostile.
struct Hosts : TwoHosts
{
    Hosts() : TwoHosts{ArbiterKind::Manual, false} { }
};

} // namespace

class ShadowGateTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void startsNothingThatReachesTheHost_data();
    void startsNothingThatReachesTheHost();
    void makesImagesOnlyWhereItMay();
    void tellsBeforehandWhatItRefuses();
    void refusesMoreMemoryThanThereIs();
};

void ShadowGateTest::startsNothingThatReachesTheHost_data()
{
    QTest::addColumn<QString>("at");
    QTest::addColumn<QString>("instead");
    QTest::addColumn<QString>("element");
    QTest::newRow("another domain")
        << u"6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a01</uuid>"_s
        << u"6f5d1b0a-7f0a-4f52-9d3c-3b1c1d0e5a02</uuid>"_s << u"uuid"_s;
    QTest::newRow("another name") << u"<name>web"_s << u"<name>db"_s << u"name"_s;
    QTest::newRow("a program") << u"<devices>"_s << u"<devices><emulator>/bin/sh</emulator>"_s
                               << u"devices/emulator"_s;
    QTest::newRow("a file of the host")
        << u"</devices>"_s
        << u"<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/etc/shadow'/><target dev='sda'/></disk></devices>"_s
        << u"devices/disk/source/@file"_s;
    QTest::newRow("a device of the host")
        << u"</devices>"_s << u"<hostdev mode='subsystem' type='pci'/></devices>"_s
        << u"devices/hostdev"_s;
    QTest::newRow("QEMU's arguments")
        << u"</domain>"_s
        << u"<qemu:commandline><qemu:arg value='-daemonize'/></qemu:commandline></domain>"_s
        << u"qemu:commandline"_s;
    QTest::newRow("no confinement")
        << u"</domain>"_s << u"<seclabel type='none'/></domain>"_s << u"seclabel"_s;
}

void ShadowGateTest::startsNothingThatReachesTheHost()
{
    QFETCH(const QString, at);
    QFETCH(const QString, instead);
    QFETCH(const QString, element);
    Hosts hosts;
    hosts.beta.begin();
    QVERIFY(webXml().contains(at));
    QJsonObject request = Hosts::wanted(5);
    request[u"xml"] = webXml().replace(at, instead);
    const auto reply = hosts.askBeta(u"shadow.prepare"_s, request);
    QVERIFY(!reply);
    QCOMPARE(reply.error().code(), Errc::ShadowRefused);
    QVERIFY2(reply.error().message().contains(element), qPrintable(reply.error().message()));
    QVERIFY(!reply.error().remedy().isEmpty());
    QVERIFY(!hosts.beta.journal.contains(u"create"_s));
    QVERIFY(!hosts.beta.has());
    QCOMPARE(hosts.beta.guard(), QString{});
    QVERIFY(QDir{hosts.beta.images.path()}.isEmpty());
    QVERIFY2(hosts.prepare(), "and what is good is still taken");
}

void ShadowGateTest::makesImagesOnlyWhereItMay()
{
    const QTemporaryDir elsewhere;
    Hosts hosts;
    hosts.beta.begin();
    QJsonObject request = Hosts::wanted(5);
    for (const auto& path : {elsewhere.path(), hosts.beta.images.path() + u"/../x"_s, u"x"_s,
                             u"/"_s, hosts.beta.images.path() + u"x"_s}) {
        request[u"image-directory"] = path;
        const auto reply = hosts.askBeta(u"shadow.prepare"_s, request);
        QVERIFY2(!reply, qPrintable(path));
        QCOMPARE(reply.error().code(), Errc::ShadowRefused);
        QVERIFY(!hosts.beta.has());
    }
    QVERIFY(QDir{elsewhere.path()}.isEmpty());
    hosts.beta.config.shadows.imageDirectories = {elsewhere.path()};
    request[u"image-directory"] = elsewhere.path();
    const auto reply = hosts.askBeta(u"shadow.prepare"_s, request);
    QVERIFY2(reply, qPrintable(reply ? QString{} : reply.error().message()));
    QVERIFY(!QDir{elsewhere.path()}.isEmpty());
}

void ShadowGateTest::tellsBeforehandWhatItRefuses()
{
    Hosts hosts;
    hosts.beta.begin();
    auto& facts = hosts.beta.hypervisor.facts.emplace();
    facts.hostName = u"beta"_s;
    facts.bridges = {u"br0"_s};
    QJsonObject request{
        {u"name"_s, u"web"_s},
        {u"spec"_s, webSpec().toJson()},
        {u"xml"_s, webXml().replace(u"</devices>"_s, u"<tpm/></devices>"_s)},
        {u"files"_s, QJsonArray{u"/etc/lockstep-not-there"_s, u"/usr/share/lockstep-not-there"_s}}};
    const auto reply = hosts.askBeta(u"preflight.facts"_s, request);
    QVERIFY2(reply, qPrintable(reply ? QString{} : reply.error().message()));
    const auto refusals = (*reply)[u"refusals"].toArray();
    QCOMPARE(refusals.size(), 1);
    QCOMPARE(refusals[0][u"element"].toString(), u"devices/tpm"_s);
    // What is in /etc is none of its business.
    QCOMPARE((*reply)[u"missing-files"].toArray(), QJsonArray{u"/usr/share/lockstep-not-there"_s});
    request[u"xml"] = webXml();
    const auto good = hosts.askBeta(u"preflight.facts"_s, request);
    QVERIFY(good && !good->contains(u"refusals"));
    QVERIFY(!hosts.beta.has());
}

void ShadowGateTest::refusesMoreMemoryThanThereIs()
{
    Hosts hosts;
    hosts.beta.begin();
    QJsonObject request = Hosts::wanted(5);
    request[u"xml"] = webXml().replace(u"<memory unit='KiB'>65536"_s, u"<memory unit='GiB'>900"_s);
    const auto reply = hosts.askBeta(u"shadow.prepare"_s, request);
    QVERIFY(!reply);
    QCOMPARE(reply.error().code(), Errc::NoSpace);
    QVERIFY(!hosts.beta.has());
}

QTEST_GUILESS_MAIN(ShadowGateTest)
#include "ShadowGateTest.moc"
