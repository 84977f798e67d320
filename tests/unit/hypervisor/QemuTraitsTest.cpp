// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/QemuTraits.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

class QemuTraitsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void knowsWhichVersionsWork_data();
    void knowsWhichVersionsWork();
    void namesVersionAndRemedy();
    void aTrialCountsMoreThanTheVersion();
    void refusesWhatIsNoVersion_data();
    void refusesWhatIsNoVersion();
};

void QemuTraitsTest::knowsWhichVersionsWork_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<bool>("kvm");
    QTest::addColumn<bool>("works");
    QTest::addColumn<bool>("returnPath");
    const auto row = [](const char* version, bool kvm, bool works, bool returnPath) {
        QTest::addRow("%s %s", version, kvm ? "kvm" : "tcg")
            << QString::fromLatin1(version) << kvm << works << returnPath;
    };
    row("6.2.0", true, false, false);
    row("7.2.22", true, true, false);
    row("7.2.22", false, false, false);
    row("8.2.2", true, false, false);
    row("10.0.2", true, false, false);
    row("10.0.2", false, false, false);
    row("10.0.8", true, false, false);
    row("10.0.13", true, true, false);
    row("10.0.13", false, false, false);
    row("10.2.0", true, false, false);
    row("11.0.0", true, false, false);
    row("11.0.90", true, false, false); // release candidates of 11.1
    row("11.1.0", false, true, true);
    row("11.1.3", true, true, true);
    row("11.1.3", false, true, true);
    row("12.0.0", false, true, true);
}

void QemuTraitsTest::knowsWhichVersionsWork()
{
    QFETCH(QString, version);
    QFETCH(bool, kvm);
    QFETCH(bool, works);
    QFETCH(bool, returnPath);
    const auto traits = qemuTraits(version, kvm);
    QCOMPARE(traits.has_value(), works);
    if (!works) {
        QCOMPARE(traits.error().code(), Errc::NotSupported);
        return;
    }
    QCOMPARE(traits->returnPath, returnPath);
    QCOMPARE(traits->targetIsZero, returnPath); // of those that work, the same have both
    QCOMPARE(traits->multifd, returnPath); // both came with the same version
    QCOMPARE(traits->capabilities, QStringList{u"x-colo"_s});
}

void QemuTraitsTest::namesVersionAndRemedy()
{
    const auto traits = qemuTraits(u"10.0.13"_s, false);
    QVERIFY(!traits);
    QVERIFY(traits.error().message().contains("10.0.13"_L1));
    QVERIFY(traits.error().remedy().contains("11.1"_L1));
    QVERIFY(traits.error().remedy().contains("KVM"_L1));
}

void QemuTraitsTest::aTrialCountsMoreThanTheVersion()
{
    const auto probe = [](const QString& version, bool kvm, bool works) {
        return ProbedQemu{.version = version,
                          .kvm = kvm,
                          .works = works,
                          .returnPath = false,
                          .reason = works ? QString{} : u"it deadlocks under COLO"_s,
                          .when = QDateTime::fromString(u"2026-11-23T12:00:00Z"_s, Qt::ISODate)};
    };
    // A version that nobody knows, with one accelerator only.
    const QList unknown{probe(u"10.2.0"_s, true, true)};
    const auto traits = qemuTraits(u"10.2.0"_s, true, unknown);
    QVERIFY(traits);
    QVERIFY(!traits->returnPath);
    QVERIFY(!traits->multifd);
    QVERIFY(!traits->targetIsZero);
    QVERIFY(!qemuTraits(u"10.2.0"_s, false, unknown));
    QVERIFY(!qemuTraits(u"10.2.1"_s, true, unknown));
    QVERIFY(qemuTraits(u"10.2.0"_s, true).error().remedy().contains("doctor --probe"_L1));
    // One that is known to work, and does not here.
    const auto failed = qemuTraits(u"11.1.3"_s, true, {probe(u"11.1.3"_s, true, false)});
    QVERIFY(!failed);
    QCOMPARE(failed.error().code(), Errc::NotSupported);
    QVERIFY(failed.error().message().contains("it deadlocks under COLO"_L1));
    QVERIFY(failed.error().message().contains("2026-11-23"_L1));
    // One that is known to work, and does: with all that it is known for.
    const auto known = qemuTraits(u"11.1.3"_s, true, {probe(u"11.1.3"_s, true, true)});
    QVERIFY(known);
    QVERIFY(known->returnPath);
    QVERIFY(known->multifd);
}

void QemuTraitsTest::refusesWhatIsNoVersion_data()
{
    QTest::addColumn<QString>("text");
    for (const char* text : {"", "eleven", "11", "v11.1.3"})
        QTest::addRow("'%s'", text) << QString::fromLatin1(text);
}

void QemuTraitsTest::refusesWhatIsNoVersion()
{
    QFETCH(QString, text);
    const auto traits = qemuTraits(text, true);
    QVERIFY(!traits);
    QCOMPARE(traits.error().code(), Errc::Malformed);
}

QTEST_GUILESS_MAIN(QemuTraitsTest)
#include "QemuTraitsTest.moc"
