// SPDX-License-Identifier: LGPL-2.1-or-later
#include "arbiter/MakeArbiter.h"
#include "base/Config.h"
#include "peer/Certificates.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;

class MakeArbiterTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void kindsHaveNames();
    void manualNeedsNothing();
    void othersNeedSettings();
    void makesThemAsConfigured();
    void keepsTheClusterItIsGiven();
    void namesTheKeyAndTheFile_data();
    void namesTheKeyAndTheFile();

private:
    QString write(const QString& name, const QByteArray& content) const;

    QTemporaryDir m_folder;
};

QString MakeArbiterTest::write(const QString& name, const QByteArray& content) const
{
    QFile file{m_folder.filePath(name)};
    return file.open(QIODevice::WriteOnly) && file.write(content) >= 0 ? file.fileName()
                                                                       : QString{};
}

void MakeArbiterTest::kindsHaveNames()
{
    for (const auto kind : {ArbiterKind::Manual, ArbiterKind::Etcd, ArbiterKind::Fence})
        QCOMPARE(arbiterKindFromName(nameOf(kind)), kind);
    QVERIFY(!arbiterKindFromName(u"coin"));
}

void MakeArbiterTest::manualNeedsNothing()
{
    const auto arbiter = makeArbiter(ArbiterKind::Manual, Config{});
    QVERIFY(arbiter);
    QCOMPARE((*arbiter)->name(), u"manual"_s);
}

void MakeArbiterTest::othersNeedSettings()
{
    for (const auto kind : {ArbiterKind::Etcd, ArbiterKind::Fence}) {
        const auto arbiter = makeArbiter(kind, Config{});
        QVERIFY(!arbiter);
        QCOMPARE(arbiter.error().code(), Errc::ArbiterNotConfigured);
        QVERIFY(arbiter.error().message().contains(nameOf(kind)));
    }
}

void MakeArbiterTest::makesThemAsConfigured()
{
    const auto authority = makeAuthority(u"witness"_s).value();
    const auto leaf = makeLeaf(authority, {.hostName = u"alpha"_s, .address = {}}).value();
    Config config;
    config.etcd.endpoints = QStringList{u"https://10.79.0.10:2379"_s};
    config.etcd.ca = write(u"ca"_s, authority.certificate);
    config.etcd.cert = write(u"cert"_s, leaf.certificate);
    config.etcd.key = write(u"key"_s, leaf.key);
    config.etcd.user = u"lockstep"_s;
    config.etcd.passwordFile = write(u"password"_s, "secret\n");
    config.fence[u"beta"_s].agent = u"/usr/sbin/fence_x"_s;
    for (const auto kind : {ArbiterKind::Etcd, ArbiterKind::Fence}) {
        const auto arbiter = makeArbiter(kind, config);
        QVERIFY2(arbiter, arbiter ? "" : qPrintable(arbiter.error().message()));
        QCOMPARE((*arbiter)->name(), nameOf(kind));
        QVERIFY((*arbiter)->identity().isEmpty());
    }
}

void MakeArbiterTest::keepsTheClusterItIsGiven()
{
    Config config;
    config.etcd.endpoints = QStringList{u"http://10.79.0.10:2379"_s};
    const auto arbiter = makeArbiter(ArbiterKind::Etcd, config, u"18446744073709551615"_s);
    QCOMPARE((*arbiter)->identity(), u"18446744073709551615"_s);
    QCOMPARE(makeArbiter(ArbiterKind::Etcd, config, u"x"_s).error().code(), Errc::InvalidArgument);
}

void MakeArbiterTest::namesTheKeyAndTheFile_data()
{
    const auto leaf =
        makeLeaf(makeAuthority(u"w"_s).value(), {.hostName = u"a"_s, .address = {}}).value();
    const QString good = write(u"good"_s, leaf.certificate);
    const QString garbage = write(u"garbage"_s, "garbage");
    QTest::addColumn<Config>("config");
    QTest::addColumn<QString>("key");
    const auto row = [](const char* tag, const QString& key, const QString& ca, const QString& cert,
                        const QString& privateKey, const QString& password) {
        Config config;
        config.etcd.endpoints = QStringList{u"https://h:1"_s};
        config.etcd.ca = ca;
        config.etcd.cert = cert;
        config.etcd.key = privateKey;
        config.etcd.user = password.isEmpty() ? QString{} : u"lockstep"_s;
        config.etcd.passwordFile = password;
        QTest::newRow(tag) << config << key;
    };
    row("no CA", u"ca"_s, u"/nonexistent"_s, {}, {}, {});
    row("CA is none", u"ca"_s, garbage, {}, {}, {});
    row("no certificate", u"cert"_s, {}, u"/nonexistent"_s, good, {});
    row("key is none", u"key"_s, {}, good, garbage, {});
    row("no password", u"password-file"_s, {}, {}, {}, u"/nonexistent"_s);
}

void MakeArbiterTest::namesTheKeyAndTheFile()
{
    QFETCH(const Config, config);
    QFETCH(const QString, key);
    const auto arbiter = makeArbiter(ArbiterKind::Etcd, config);
    QVERIFY(!arbiter);
    QCOMPARE(arbiter.error().code(), Errc::ArbiterNotConfigured);
    QVERIFY2(arbiter.error().message().startsWith(u"[etcd] %1: /"_s.arg(key)),
             qPrintable(arbiter.error().message()));
}

QTEST_GUILESS_MAIN(MakeArbiterTest)
#include "MakeArbiterTest.moc"
