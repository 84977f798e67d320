// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/HostFiles.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

class HostFilesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsTotalAndAvailableMemory();
    void reportsMeminfoWithoutAvailable();
    void findsBridgesOnly();
    void saysWhyLibvirtRunsNoHook();
    void readsVersionAndPackage_data();
    void readsVersionAndPackage();
    void reportsWhatIsNoQemu();
};

void HostFilesTest::readsTotalAndAvailableMemory()
{
    const auto memory = parseMeminfo("MemTotal:       24684084 kB\nMemFree:        12345678 kB\n"
                                     "MemAvailable:   23700000 kB\nBuffers:         1 kB\n");
    QVERIFY(memory);
    QCOMPARE(memory->total.kib(), 24684084);
    QCOMPARE(memory->available.kib(), 23700000);
}

void HostFilesTest::reportsMeminfoWithoutAvailable()
{
    const auto memory = parseMeminfo("MemTotal: 24684084 kB\nMemFree: 12345678 kB\n");
    QVERIFY(!memory);
    QCOMPARE(memory.error().code(), Errc::Malformed);
}

void HostFilesTest::findsBridgesOnly()
{
    const QTemporaryDir net;
    const QDir directory{net.path()};
    for (const QString& path : {u"virbr0/bridge"_s, u"br0/bridge"_s, u"eth0/queues"_s, u"lo"_s})
        QVERIFY(directory.mkpath(path));
    QCOMPARE(bridgesIn(net.path()), (QStringList{u"br0"_s, u"virbr0"_s}));
    QVERIFY(bridgesIn(net.filePath(u"nothere"_s)).isEmpty());
}

void HostFilesTest::saysWhyLibvirtRunsNoHook()
{
    const QTemporaryDir hooks;
    const QString path = hooks.filePath(u"lockstep"_s);
    QVERIFY(hookProblem(path).contains(u"missing"_s));
    QFile hook{path};
    QVERIFY(hook.open(QIODevice::WriteOnly));
    QVERIFY(hookProblem(path).contains(u"executed"_s));
    QVERIFY(hook.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
    QCOMPARE(hookProblem(path), QString{});
    QVERIFY(hookProblem(hooks.path()).contains(u"missing"_s));
}

void HostFilesTest::readsVersionAndPackage_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("package");
    QTest::newRow("Debian")
        << QByteArray{"QEMU emulator version 11.1.3 (Debian 1:11.1.3+ds-1~bpo13+1)\n"
                      "Copyright (c) 2003-2026 Fabrice Bellard\n"}
        << u"11.1.3"_s << u"Debian 1:11.1.3+ds-1~bpo13+1"_s;
    QTest::newRow("Fedora") << QByteArray{"QEMU emulator version 11.1.0 (qemu-11.1.0-2.fc44)\n"}
                            << u"11.1.0"_s << u"qemu-11.1.0-2.fc44"_s;
    QTest::newRow("by hand") << QByteArray{"QEMU emulator version 11.1.3\n"} << u"11.1.3"_s
                             << QString{};
    QTest::newRow("git") << QByteArray{"QEMU emulator version 11.1.50 (v11.1.0-77-gabc)"}
                         << u"11.1.50"_s << u"v11.1.0-77-gabc"_s;
}

void HostFilesTest::readsVersionAndPackage()
{
    QFETCH(QByteArray, text);
    const auto qemu = parseQemuVersion(text);
    QVERIFY(qemu);
    QTEST(qemu->version, "version");
    QTEST(qemu->package, "package");
}

void HostFilesTest::reportsWhatIsNoQemu()
{
    for (const QByteArray& text : {QByteArray{}, QByteArray{"bash: not found\n"}})
        QCOMPARE(parseQemuVersion(text).error().code(), Errc::Malformed);
}

QTEST_GUILESS_MAIN(HostFilesTest)
#include "HostFilesTest.moc"
