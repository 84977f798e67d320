// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/HeartbeatSettings.h"

#include <QTest>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class HeartbeatSettingsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void checksSettings_data();
    void checksSettings();
    void recordComesBackAsItWas();
    void refusesADamagedRecord();
};

void HeartbeatSettingsTest::checksSettings_data()
{
    QTest::addColumn<int>("interval");
    QTest::addColumn<int>("timeout");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("good");
    QTest::newRow("defaults") << 100 << 300 << QString{} << true;
    QTest::newRow("least") << 20 << 40 << u"192.0.2.1"_s << true;
    QTest::newRow("most") << 1000 << 10'000 << u"2001:db8::1"_s << true;
    QTest::newRow("too often") << 19 << 300 << QString{} << false;
    QTest::newRow("too seldom") << 1001 << 3000 << QString{} << false;
    QTest::newRow("less than two") << 100 << 199 << QString{} << false;
    QTest::newRow("too patient") << 100 << 10'001 << QString{} << false;
    QTest::newRow("name") << 100 << 300 << u"beta"_s << false;
    QTest::newRow("any") << 100 << 300 << u"0.0.0.0"_s << false;
    QTest::newRow("multicast") << 100 << 300 << u"224.0.0.1"_s << false;
}

void HeartbeatSettingsTest::checksSettings()
{
    QFETCH(const int, interval);
    QFETCH(const int, timeout);
    QFETCH(const QString, path);
    QFETCH(const bool, good);
    const HeartbeatSettings settings{
        .timing = {std::chrono::milliseconds{interval}, std::chrono::milliseconds{timeout}},
        .secondPath = path};
    const auto result = checked(settings);
    QCOMPARE(result.has_value(), good);
    if (good)
        QCOMPARE(*result, settings);
    else
        QCOMPARE(result.error().code(), Errc::InvalidArgument);
}

namespace {

HeartbeatRecord sample()
{
    return {.settings = {.timing = {50ms, 200ms}, .secondPath = u"2001:db8::1"_s},
            .secrets = {.current = QByteArray(heartbeatSecretSize, 'c'),
                        .offered = QByteArray(heartbeatSecretSize, 'o'),
                        .previous = {}}};
}

} // namespace

void HeartbeatSettingsTest::recordComesBackAsItWas()
{
    const auto back = heartbeatFromJson(toJson(sample()));
    QVERIFY(back);
    QCOMPARE(back->settings, sample().settings);
    QCOMPARE(back->secrets, sample().secrets);
}

void HeartbeatSettingsTest::refusesADamagedRecord()
{
    for (const QString& key : toJson(sample()).keys()) {
        if (key == u"secondPath")
            continue; // may be missing
        QJsonObject json = toJson(sample());
        json.remove(key);
        QVERIFY2(!heartbeatFromJson(json), qPrintable(key));
        json[key] = u"c2hvcnQ="_s; // base64, but no secret
        QVERIFY2(!heartbeatFromJson(json), qPrintable(key));
    }
}

QTEST_GUILESS_MAIN(HeartbeatSettingsTest)
#include "HeartbeatSettingsTest.moc"
