// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ModeHosts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

const QString method = u"pair.settings"_s;

SettingsChange modeOf(const QString& name)
{
    SettingsChange change;
    change.settings.insert(pair_setting::mode, name);
    return change;
}

} // namespace

/// The settings of a pair whose mode is auto.
class AutoSettingsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsWhatIsInForce();
    void readsWhatEarlierVersionsWrote();
    void readsNoGarbageAsInForce();
    void beginsAutoWithColo();
    void boundsWhatIsInForce();
    void picksThePeriodByItself();
    void leavesAuto();
    void tellsToUpdateAPeerThatKnowsNoAuto_data();
    void tellsToUpdateAPeerThatKnowsNoAuto();
};

void AutoSettingsTest::keepsWhatIsInForce()
{
    PairSettings settings;
    settings.governing = {.automatic = true, .maxExposure = 1s, .maxStopped = 20};
    settings.protocol.mode = Mode::Remus;
    settings.protocol.period = 40ms;
    const QJsonObject json = settings.toJson();
    QCOMPARE(json[u"mode"].toString(), u"auto"_s);
    QCOMPARE(json[u"period"].toInteger(), 0);
    QCOMPARE(json[u"mode-in-force"].toString(), u"remus"_s);
    QCOMPARE(json[u"period-in-force"].toInteger(), 40'000);
    const auto read = PairSettings::fromJson(json);
    QVERIFY(read);
    QCOMPARE(*read, settings);
    // Each protocol is one thing only without it.
    settings.governing.automatic = false;
    QVERIFY(!settings.toJson().contains(u"mode-in-force"));
    QCOMPARE(*PairSettings::fromJson(settings.toJson()), settings);
}

void AutoSettingsTest::readsWhatEarlierVersionsWrote()
{
    PairSettings settings;
    settings.protocol.mode = Mode::Remus;
    settings.protocol.period = 50ms;
    QJsonObject json = settings.toJson();
    json.remove(pair_setting::maxExposure);
    json.remove(pair_setting::maxStopped);
    const auto read = PairSettings::fromJson(json);
    QVERIFY(read);
    QCOMPARE(*read, settings);
    QVERIFY(!read->governing.automatic);
}

void AutoSettingsTest::readsNoGarbageAsInForce()
{
    PairSettings settings;
    settings.governing.automatic = true;
    const auto reads = [&settings](const QString& name, const QJsonValue& value) {
        QJsonObject json = settings.toJson();
        json.insert(name, value);
        return PairSettings::fromJson(json).has_value();
    };
    QVERIFY(reads(u"mode-in-force"_s, u"kemari"_s));
    QVERIFY(!reads(u"mode-in-force"_s, u"auto"_s));
    QVERIFY(!reads(u"mode-in-force"_s, 1));
    QVERIFY(!reads(u"period-in-force"_s, -1'000));
    QVERIFY(!reads(u"period-in-force"_s, u"25ms"_s));
    QVERIFY(!reads(u"period-in-force"_s, 601'000'000));
}

void AutoSettingsTest::beginsAutoWithColo()
{
    ModeHosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.change(modeOf(u"kemari"_s)));
    auto change = modeOf(u"auto"_s);
    change.settings.insert(pair_setting::maxStopped, 30);
    QVERIFY(hosts.change(change));
    for (const auto* const host : {&hosts.alpha, &hosts.beta}) {
        const PairSettings saved = ModeHosts::saved(*host);
        QVERIFY(saved.governing.automatic);
        QCOMPARE(saved.governing.maxStopped, 30);
        QVERIFY(saved.protocol.mode == Mode::Colo);
        QCOMPARE(saved.protocol.period, 0ms);
        const PairView view = host->pairs.find(webUuid())->toView();
        QCOMPARE(view.mode, u"auto"_s);
        QCOMPARE(view.modeInForce, u"colo"_s);
    }
}

void AutoSettingsTest::boundsWhatIsInForce()
{
    ModeHosts hosts;
    QVERIFY(hosts.start());
    QVERIFY(hosts.change(modeOf(u"auto"_s)));
    QCOMPARE(ModeHosts::saved(hosts.alpha).interval(), 20'000ms); // as any pair
    const auto bound = [&hosts](std::chrono::microseconds time) {
        return hosts.set(pair_setting::maxExposure, qint64{time.count()}).has_value();
    };
    QVERIFY(bound(500ms));
    QCOMPARE(ModeHosts::saved(hosts.beta).protocol.period, 500ms);
    QCOMPARE(ModeHosts::saved(hosts.alpha).interval(), 500ms);
    QVERIFY(hosts.pick({.mode = Mode::Remus, .period = 100ms}));
    // A guest that says nothing asks for none.
    QCOMPARE(ModeHosts::saved(hosts.alpha).interval(), 500ms);
    QVERIFY(bound(50ms));
    for (const auto* const host : {&hosts.alpha, &hosts.beta}) {
        QVERIFY(ModeHosts::saved(*host).protocol.mode == Mode::Remus);
        QCOMPARE(ModeHosts::saved(*host).protocol.period, 50ms);
    }
    // Nor does what was picked before break them.
    QVERIFY(hosts.pick({.mode = Mode::Remus, .period = 250ms}));
    QCOMPARE(ModeHosts::saved(hosts.alpha).protocol.period, 50ms);
    QVERIFY(!bound(9ms));
    QVERIFY(bound(0ms));
    QCOMPARE(ModeHosts::saved(hosts.alpha).interval(), 20'000ms);
}

void AutoSettingsTest::picksThePeriodByItself()
{
    ModeHosts hosts;
    QVERIFY(hosts.start());
    auto both = modeOf(u"auto"_s);
    both.settings.insert(pair_setting::period, 25'000);
    const auto atOnce = hosts.change(both);
    QVERIFY(!atOnce);
    QCOMPARE(atOnce.error().code(), Errc::InvalidArgument);
    QVERIFY2(atOnce.error().remedy().contains(u"max-exposure"),
             qPrintable(atOnce.error().remedy()));
    QVERIFY(!ModeHosts::saved(hosts.alpha).governing.automatic);
    QVERIFY(hosts.change(modeOf(u"auto"_s)));
    const auto later = hosts.set(pair_setting::period, 25'000);
    QVERIFY(!later);
    QCOMPARE(later.error().code(), Errc::InvalidArgument);
    // What 'set' shows can be given to it again.
    both.settings.insert(pair_setting::period, 0);
    QVERIFY(hosts.change(both));
    QVERIFY(ModeHosts::saved(hosts.alpha).governing.automatic);
}

void AutoSettingsTest::leavesAuto()
{
    ModeHosts hosts;
    QVERIFY(hosts.start());
    auto change = modeOf(u"auto"_s);
    change.settings.insert(pair_setting::maxExposure, 2'000'000);
    QVERIFY(hosts.change(change));
    QVERIFY(hosts.pick({.mode = Mode::Remus, .period = 100ms}));
    QVERIFY(hosts.change(modeOf(u"remus"_s)));
    for (const auto* const host : {&hosts.alpha, &hosts.beta}) {
        const PairSettings saved = ModeHosts::saved(*host);
        QVERIFY(!saved.governing.automatic);
        QCOMPARE(saved.governing.maxExposure, 2'000ms); // for the next time
        QCOMPARE(saved.protocol.hold(), 25ms);
        QCOMPARE(saved.interval(), 20'000ms);
    }
    const auto picked = hosts.pick({.mode = Mode::Colo, .period = 0ms});
    QVERIFY(!picked);
    QCOMPARE(picked.error().code(), Errc::Busy);
    QVERIFY(ModeHosts::saved(hosts.alpha).protocol.mode == Mode::Remus);
}

void AutoSettingsTest::tellsToUpdateAPeerThatKnowsNoAuto_data()
{
    QTest::addColumn<bool>("refuses");
    QTest::newRow("takes no word that it does not know") << true;
    QTest::newRow("answers without it") << false;
}

void AutoSettingsTest::tellsToUpdateAPeerThatKnowsNoAuto()
{
    QFETCH(const bool, refuses);
    ModeHosts hosts;
    QVERIFY(hosts.start());
    QJsonObject without = ModeHosts::saved(hosts.alpha).toJson();
    without.remove(pair_setting::maxExposure);
    without.remove(pair_setting::maxStopped);
    if (refuses)
        hosts.alpha.peers.answers.insert_or_assign(
            method, failure(Errc::ProtocolError, u"settings of a pair without a proper mode"_s));
    else
        hosts.alpha.peers.answers.insert_or_assign(method, QJsonObject{{u"settings"_s, without}});
    const auto changed = hosts.change(modeOf(u"auto"_s));
    QVERIFY(!changed);
    QCOMPARE(changed.error().code(), Errc::NotSupported);
    QCOMPARE(changed.error().remedy(), u"Update it first."_s);
    QVERIFY(!ModeHosts::saved(hosts.alpha).governing.automatic);
    QVERIFY(!ModeHosts::saved(hosts.beta).governing.automatic);
}

QTEST_GUILESS_MAIN(AutoSettingsTest)
#include "AutoSettingsTest.moc"
