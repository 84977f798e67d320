// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/MigrationSetup.h"

#include "fakes/FakeHost.h"
#include "replication/PrimaryMigration.h"
#include "replication/ShadowGraph.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

struct Domain
{
    FakeHypervisor hypervisor;
    FakeMonitor& monitor;
    ReplicationSpec spec{webSpec()};

    Domain()
        : monitor{hypervisor.put({.uuid = webUuid(),
                                  .name = u"web"_s,
                                  .id = 1,
                                  .state = DomainState::Running,
                                  .persistent = true})}
    { }
    [[nodiscard]] Qmp qmp() { return Qmp{hypervisor.monitor(webUuid())}; }
};

constexpr MemoryTransfer parallel{.bandwidth = {}, .channels = 4, .compression = Compression::Zstd};

} // namespace

/// What primary and shadow are told before memory is copied.
class MigrationSetupTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void setsBothSidesUpAlike_data();
    void setsBothSidesUpAlike();
    void limitsTheCopy();
    void setsBackWhatItHasSet();
    void tellsAnOldQemuNothingNew();
    void refusesWhatQemuHasNot();
    void refusesACompressionThatWasLeftOut();
    void knowsItsWords();
};

void MigrationSetupTest::setsBothSidesUpAlike_data()
{
    QTest::addColumn<int>("channels");
    QTest::newRow("one connection") << 1;
    QTest::newRow("two") << 2;
    QTest::newRow("sixteen") << 16;
}

void MigrationSetupTest::setsBothSidesUpAlike()
{
    QFETCH(const int, channels);
    const MemoryTransfer transfer{
        .bandwidth = {}, .channels = channels, .compression = Compression::None};
    Domain primary;
    Domain shadow;
    QVERIFY(QCoro::waitFor(PrimaryMigration(primary.qmp(), primary.spec).configure(transfer)));
    QVERIFY(QCoro::waitFor(ShadowGraph(shadow.qmp(), shadow.spec).awaitMigration(transfer)));
    QVERIFY(shadow.monitor.incoming); // and they were on when it began to listen
    QCOMPARE(shadow.monitor.incoming->contains(u"multifd"_s), channels > 1);
    QCOMPARE(primary.monitor.capabilities - QSet<QString>{u"pause-before-switchover"_s},
             *shadow.monitor.incoming);
    for (const auto* const domain : {&primary, &shadow}) {
        QVERIFY(domain->monitor.capabilities.contains(u"x-colo"_s));
        if (channels > 1)
            QCOMPARE(domain->monitor.parameters[u"multifd-channels"].toInt(), channels);
        else
            QVERIFY(!domain->monitor.parameters.contains(u"multifd-channels"));
        QVERIFY(!domain->monitor.parameters[u"tls-creds"].toString().isEmpty());
    }
}

void MigrationSetupTest::limitsTheCopy()
{
    Domain primary;
    const PrimaryMigration migration{primary.qmp(), primary.spec};
    QVERIFY(QCoro::waitFor(migration.setBandwidth(Bytes::fromMiB(10))));
    QCOMPARE(primary.monitor.parameters[u"max-bandwidth"].toInteger(), 10'485'760);
    QVERIFY(QCoro::waitFor(migration.setBandwidth({})));
    QCOMPARE(primary.monitor.parameters[u"max-bandwidth"].toInteger(), 107'374'182'400);
}

void MigrationSetupTest::setsBackWhatItHasSet()
{
    Domain domain;
    QVERIFY(QCoro::waitFor(setUpMigration(domain.qmp(), domain.spec, parallel, {})));
    QVERIFY(domain.monitor.capabilities.contains(u"multifd"_s));
    QVERIFY(QCoro::waitFor(resetMigration(domain.qmp(), domain.spec, {})));
    QCOMPARE(domain.monitor.capabilities, QSet<QString>{});
    QCOMPARE(domain.monitor.parameters[u"multifd-channels"].toInt(), 2);
    QCOMPARE(domain.monitor.parameters[u"multifd-compression"].toString(), u"none"_s);
}

void MigrationSetupTest::tellsAnOldQemuNothingNew()
{
    Domain domain;
    domain.spec.qemuVersion = u"7.2.22"_s;
    domain.spec.kvm = true;
    QVERIFY(QCoro::waitFor(setUpMigration(domain.qmp(), domain.spec, {}, {})));
    QCOMPARE(domain.monitor.capabilities, QSet<QString>{u"x-colo"_s});
    QVERIFY(QCoro::waitFor(resetMigration(domain.qmp(), domain.spec, {})));
    QCOMPARE(domain.monitor.capabilities, QSet<QString>{});
    QVERIFY(domain.monitor.parameters.isEmpty());
}

void MigrationSetupTest::refusesWhatQemuHasNot()
{
    Domain domain;
    domain.spec.qemuVersion = u"7.2.22"_s;
    domain.spec.kvm = true;
    const auto set = QCoro::waitFor(setUpMigration(domain.qmp(), domain.spec, parallel, {}));
    QVERIFY(!set);
    QCOMPARE(set.error().code(), Errc::NotSupported);
    QVERIFY2(set.error().message().contains(u"QEMU 7.2.22 of domain web"),
             qPrintable(set.error().message()));
    QCOMPARE(domain.monitor.commands, 0);
}

void MigrationSetupTest::refusesACompressionThatWasLeftOut()
{
    Domain domain;
    domain.monitor.compressions = QStringList{u"none"_s, u"zlib"_s};
    const auto set = QCoro::waitFor(setUpMigration(domain.qmp(), domain.spec, parallel, {}));
    QVERIFY(!set);
    QCOMPARE(set.error().code(), Errc::NotSupported);
    QVERIFY2(set.error().message().contains(u"compression zstd"),
             qPrintable(set.error().message()));
    QVERIFY2(set.error().remedy().contains(u"compression=none"), qPrintable(set.error().remedy()));
}

void MigrationSetupTest::knowsItsWords()
{
    for (const auto compression : {Compression::None, Compression::Zlib, Compression::Zstd})
        QVERIFY(compressionFromName(QString{nameOf(compression)}) == compression);
    QVERIFY(compressionFromName(u"lz4") == Compression::None);
}

QTEST_GUILESS_MAIN(MigrationSetupTest)
#include "MigrationSetupTest.moc"
