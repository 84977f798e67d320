// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ModeHosts.h"
#include "replication/Names.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;
using Hosts = ModeHosts;

namespace {

const QString colo = u"mirror answers 300/50"_s;

} // namespace

/// A protected pair changes its mode.
class ModesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void followsEachMode();
    void followsEachTime();
    void changesNothingIfAnyStepFails_data();
    void changesNothingIfAnyStepFails();
    void canBeSetAgain();
    void beginsAModeWithItsPeriod();
    void isBroughtInLineByWhoIsBack();
    void keepsTheModeOfASuspendedGuest();
};

void ModesTest::followsEachMode()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QCOMPARE(hosts.rules(), colo);
    QVERIFY(hosts.set(pair_setting::mode, u"remus"_s));
    QCOMPARE(hosts.rules(), u"25/5"_s);
    QVERIFY(hosts.set(pair_setting::mode, u"kemari"_s));
    QCOMPARE(hosts.rules(), u"1/1"_s);
    QVERIFY(hosts.set(pair_setting::mode, u"colo"_s));
    QCOMPARE(hosts.rules(), colo);
    QVERIFY(hosts.isSafe());
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
}

void ModesTest::followsEachTime()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set(pair_setting::compareTimeout, 500'000));
    QCOMPARE(hosts.rules(), u"mirror answers 500/50"_s);
    QVERIFY(hosts.set(pair_setting::scanCycle, 100'000));
    QCOMPARE(hosts.rules(), u"mirror answers 500/100"_s);
    QVERIFY(hosts.set(pair_setting::queueLimit, 64));
    QCOMPARE(hosts.object(hosts.alpha, u"compare")[u"max_queue_size"].toInt(), 64);
    QVERIFY(hosts.set(pair_setting::mode, u"remus"_s));
    QVERIFY(hosts.set(pair_setting::period, 100'000));
    QCOMPARE(hosts.rules(), u"100/20"_s);
    QVERIFY(!hosts.set(pair_setting::period, 100));
    QCOMPARE(hosts.rules(), u"100/20"_s);
}

void ModesTest::changesNothingIfAnyStepFails_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::addColumn<bool>("onAlpha");
    QTest::addColumn<bool>("tookEffect");
    for (const bool onAlpha : {true, false}) {
        for (const bool tookEffect : {true, false}) {
            const auto* const where = onAlpha ? "primary" : "shadow";
            const auto* const what = tookEffect ? "answers late" : "refuses";
            QTest::addRow("out of colo, the %s %s", where, what)
                << u"colo"_s << u"remus"_s << onAlpha << tookEffect;
            QTest::addRow("into colo, the %s %s", where, what)
                << u"remus"_s << u"colo"_s << onAlpha << tookEffect;
        }
    }
}

void ModesTest::changesNothingIfAnyStepFails()
{
    QFETCH(const QString, before);
    QFETCH(const QString, after);
    QFETCH(const bool, onAlpha);
    QFETCH(const bool, tookEffect);
    int failed = 0;
    while (true) {
        Hosts hosts;
        QVERIFY(hosts.start());
        QVERIFY(hosts.set(pair_setting::mode, before));
        const QString rules = hosts.rules();
        FakeMonitor& faulty = onAlpha ? hosts.alpha.qemu() : hosts.beta.qemu();
        faulty.fault = tookEffect ? FakeMonitor::Fault::TookEffect : FakeMonitor::Fault::Refused;
        faulty.failAt = faulty.commands + failed;
        const bool changed = hosts.set(pair_setting::mode, after).has_value();
        QVERIFY2(hosts.isSafe(), QByteArray::number(failed));
        QCOMPARE(hosts.savedMode(hosts.alpha), changed ? after : before);
        QCOMPARE(hosts.savedMode(hosts.beta), changed ? after : before);
        if (changed)
            break;
        QCOMPARE(hosts.rules(), rules);
        ++failed;
    }
    QVERIFY(failed > 0);
}

void ModesTest::canBeSetAgain()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set(pair_setting::mode, u"remus"_s));
    const QString rules = hosts.rules();
    // Neither does it, nor lets itself be brought back.
    hosts.alpha.qemu().refused = u"qom-set"_s;
    QVERIFY(!hosts.set(pair_setting::mode, u"colo"_s));
    hosts.alpha.qemu().refused.clear();
    hosts.beta.qemu().refused = u"qom-set"_s;
    QVERIFY(!hosts.set(pair_setting::mode, u"colo"_s));
    hosts.beta.qemu().refused.clear();
    QVERIFY(hosts.set(pair_setting::mode, u"remus"_s));
    QCOMPARE(hosts.rules(), rules);
    QVERIFY(hosts.isSafe());
}

void ModesTest::beginsAModeWithItsPeriod()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set(pair_setting::mode, u"remus"_s));
    QVERIFY(hosts.set(pair_setting::period, 50'000));
    QVERIFY(hosts.set(pair_setting::autoProtect, true));
    QCOMPARE(hosts.rules(), u"50/10"_s);
    // Twenty checkpoints a second are not what colo is chosen for.
    QVERIFY(hosts.set(pair_setting::mode, u"colo"_s));
    QCOMPARE(hosts.alpha.pairs.find(webUuid())->settings.protocol.period, 0ms);
    SettingsChange change;
    change.settings.insert(pair_setting::mode, u"remus"_s);
    change.settings.insert(pair_setting::period, 100'000);
    QVERIFY(QCoro::waitFor(hosts.onAlpha->change(webUuid(), change)));
    QCOMPARE(hosts.rules(), u"100/20"_s);
}

void ModesTest::isBroughtInLineByWhoIsBack()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set(pair_setting::mode, u"remus"_s));
    // As a daemon leaves it that dies between saving and the rest.
    auto& objects = hosts.alpha.qemu().objects;
    objects[names::nic(u"net0"_s, u"mirror")].insert(u"status"_s, u"on"_s);
    QCoro::waitFor(hosts.onAlpha->tellAll(hosts.beta.peers.ownId()));
    QCOMPARE(hosts.rules(), u"25/5"_s);
    QVERIFY(hosts.isSafe());
}

void ModesTest::keepsTheModeOfASuspendedGuest()
{
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(QCoro::waitFor(
        hosts.alpha.pairs.update(webUuid(), [](PairRecord& record) { record.suspended = true; })));
    const auto changed = hosts.set(pair_setting::mode, u"remus"_s);
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), Errc::Busy);
    QCOMPARE(hosts.rules(), colo);
    QVERIFY(hosts.set(pair_setting::autoProtect, true));
}

QTEST_GUILESS_MAIN(ModesTest)
#include "ModesTest.moc"
