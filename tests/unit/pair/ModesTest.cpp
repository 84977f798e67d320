// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/PairSettingTable.h"
#include "fakes/TwoHosts.h"
#include "pair/SettingsFlow.h"
#include "replication/Names.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

struct Hosts : TwoHosts
{
    Hosts() : TwoHosts{ArbiterKind::Manual, false} { }

    [[nodiscard]] bool start()
    {
        if (!beginProtected())
            return false;
        onAlpha = std::make_unique<SettingsFlow>(alpha.parts, *alpha.drivers);
        onBeta = std::make_unique<SettingsFlow>(beta.parts, *beta.drivers);
        for (FakeHost* const host : {&alpha, &beta})
            host->qemu().seen = [this](int) { violated = violated || isUnsafe(); };
        return true;
    }
    [[nodiscard]] Result<void> set(QLatin1StringView name, const QJsonValue& value) const
    {
        SettingsChange change;
        change.settings.insert(name, value);
        return QCoro::waitFor(onAlpha->change(webUuid(), change));
    }
    [[nodiscard]] QJsonObject object(FakeHost& host, QStringView part)
    {
        return host.qemu().objects.value(names::nic(u"net0"_s, part));
    }
    [[nodiscard]] bool isOn(FakeHost& host, QStringView part)
    {
        return object(host, part)[u"status"].toString(u"on"_s) == u"on";
    }
    /// Answers of a shadow count that gets no requests.
    [[nodiscard]] bool isUnsafe() { return isOn(beta, u"answers") && !isOn(alpha, u"mirror"); }
    /// E.g. "mirror answers 300/50".
    [[nodiscard]] QString rules()
    {
        const QJsonObject compare = object(alpha, u"compare");
        return (isOn(alpha, u"mirror") ? u"mirror "_s : QString{})
            + (isOn(beta, u"answers") ? u"answers "_s : QString{})
            + u"%1/%2"_s.arg(compare[u"compare_timeout"].toInt())
                  .arg(compare[u"expired_scan_cycle"].toInt());
    }

    std::unique_ptr<SettingsFlow> onAlpha;
    std::unique_ptr<SettingsFlow> onBeta;
    bool violated{false};
};

const QString colo = u"mirror answers 300/50"_s;

} // namespace

/// A protected pair changes its mode.
class ModesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void followsEachMode();
    void followsEachTime();
    void changesNothingUnlessTheOtherHostAgrees_data();
    void changesNothingUnlessTheOtherHostAgrees();
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
    const auto before = hosts.alpha.qemu().commands;
    QVERIFY(hosts.set(pair_setting::mode, u"colo"_s));
    QVERIFY(hosts.alpha.qemu().commands > before);
    QCOMPARE(hosts.rules(), colo);
    QVERIFY(!hosts.violated);
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

void ModesTest::changesNothingUnlessTheOtherHostAgrees_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::newRow("out of colo") << u"colo"_s << u"remus"_s;
    QTest::newRow("into colo") << u"remus"_s << u"colo"_s;
}

void ModesTest::changesNothingUnlessTheOtherHostAgrees()
{
    QFETCH(const QString, before);
    QFETCH(const QString, after);
    Hosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.set(pair_setting::mode, before));
    const QString rules = hosts.rules();
    hosts.beta.qemu().refused = u"qom-set"_s;
    QVERIFY(!hosts.set(pair_setting::mode, after));
    hosts.beta.qemu().refused.clear();
    // What it is at is saved; whoever meets the peer again brings both in line.
    QCoro::waitFor(hosts.onAlpha->tellAll(hosts.beta.peers.ownId()));
    QCOMPARE(hosts.rules(), rules);
    QVERIFY(!hosts.violated);
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
    QVERIFY(!hosts.violated);
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
