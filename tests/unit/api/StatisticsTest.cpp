// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QTest>

#include <chrono>
#include <cmath>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

using wire::Dictionary;
using Numbers = std::vector<uint64_t>;

qint64 now()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Result<Dictionary> ask(Stage& stage, uint64_t since, uint64_t until, const Dictionary& options)
{
    const auto answer = stage.client->call<Dictionary>(pairPath, pairInterface, "GetStatistics",
                                                       since, until, options);
    if (!answer)
        return std::unexpected{answer.error()};
    return std::get<0>(*answer);
}

template <typename T>
T member(const Dictionary& dictionary, const char* name)
{
    const auto found = dictionary.find(name);
    return found != dictionary.end() && found->second.containsValueOfType<T>()
        ? found->second.get<T>()
        : T{};
}

/// Two checkpoints within the last seconds.
void fill(Stage& stage)
{
    PairStatistics& figures = stage.pairs.figures[samplePair().uuid];
    const qint64 time = now() - 5'000'000;
    for (int n = 0; n < 2; ++n) {
        figures.observe(time / 1'000'000 + n, 3'000'000, 40'960);
        figures.add(sampleCheckpoint(time + n * 1'000'000));
    }
}

} // namespace

/// Pair.GetStatistics and Pair.LastMinute.
class StatisticsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsSumsPercentilesAndParts();
    void tellsCheckpointsOneByOneIfAsked();
    void aPairWithoutAnyHasZeros();
    void everybodyMayAsk();
    void refusesWhatItDoesNotKnow_data();
    void refusesWhatItDoesNotKnow();
    void announcesTheLastMinuteAFewTimesOnly();
};

void StatisticsTest::tellsSumsPercentilesAndParts()
{
    Stage stage;
    fill(stage);
    const auto found = ask(stage, 0, 0, {});
    QVERIFY(found);
    const auto totals = member<Dictionary>(*found, "totals");
    QCOMPARE(member<uint64_t>(totals, "checkpoints"), uint64_t{2});
    QCOMPARE(member<uint64_t>(totals, "asked-by-qemu"), uint64_t{2});
    QCOMPARE(member<uint64_t>(totals, "stopped-usec"), uint64_t{60'000});
    QCOMPARE(member<uint64_t>(totals, "released-packets"), uint64_t{8});
    const auto percentiles = member<Dictionary>(*found, "percentiles");
    const auto stopped = member<Dictionary>(percentiles, "stopped-usec");
    QCOMPARE(member<uint64_t>(stopped, "count"), uint64_t{2});
    QVERIFY(std::abs(member<double>(stopped, "p99") - 30'000) < 3'000);
    QVERIFY(!percentiles.contains("duration-usec")); // of none of them
    const auto series = member<Dictionary>(*found, "series");
    const auto times = member<Numbers>(series, "time-usec");
    QVERIFY(!times.empty() && times.size() <= 2);
    QCOMPARE(member<Numbers>(series, "checkpoints").size(), times.size());
    QVERIFY(member<Numbers>(member<Dictionary>(*found, "checkpoints"), "time-usec").empty());
    const auto lifetime = member<Dictionary>(*found, "lifetime");
    QCOMPARE(member<uint64_t>(member<Dictionary>(lifetime, "reasons"), "difference"), uint64_t{2});
    QCOMPARE(member<uint64_t>(lifetime, "memory-bytes"), uint64_t{6'000'000});
}

void StatisticsTest::tellsCheckpointsOneByOneIfAsked()
{
    Stage stage;
    fill(stage);
    const auto found = ask(
        stage, 0, 0,
        {{"checkpoints", sdbus::Variant{uint64_t{1}}}, {"points", sdbus::Variant{uint64_t{0}}}});
    QVERIFY(found);
    const auto checkpoints = member<Dictionary>(*found, "checkpoints");
    QCOMPARE(member<std::vector<std::string>>(checkpoints, "reason"),
             std::vector<std::string>{"difference"});
    QCOMPARE(member<Numbers>(checkpoints, "stopped-usec"), Numbers{30'000});
    QCOMPARE(member<std::vector<int64_t>>(checkpoints, "duration-usec"), std::vector<int64_t>{-1});
    QCOMPARE(member<std::vector<int64_t>>(checkpoints, "hold-usec"), std::vector<int64_t>{350'000});
    QVERIFY(member<Numbers>(member<Dictionary>(*found, "series"), "time-usec").empty());
}

void StatisticsTest::aPairWithoutAnyHasZeros()
{
    Stage stage;
    const auto found = ask(stage, 0, 0, {});
    QVERIFY(found);
    QCOMPARE(member<uint64_t>(member<Dictionary>(*found, "totals"), "seconds"), uint64_t{0});
    QVERIFY(member<Dictionary>(*found, "percentiles").empty());
}

void StatisticsTest::everybodyMayAsk()
{
    Stage stage{BusClient::User::Nobody};
    QVERIFY(ask(stage, 0, 0, {}));
}

void StatisticsTest::refusesWhatItDoesNotKnow_data()
{
    QTest::addColumn<quint64>("since");
    QTest::addColumn<quint64>("until");
    QTest::addColumn<QByteArray>("option");
    QTest::addColumn<quint64>("value");
    QTest::newRow("the wrong way round")
        << quint64{2'000'000} << quint64{1'000'000} << QByteArray{} << quint64{0};
    QTest::newRow("too many parts")
        << quint64{0} << quint64{0} << QByteArray{"points"} << quint64{721};
    QTest::newRow("too many checkpoints")
        << quint64{0} << quint64{0} << QByteArray{"checkpoints"} << quint64{1'001};
    QTest::newRow("unknown") << quint64{0} << quint64{0} << QByteArray{"colour"} << quint64{1};
}

void StatisticsTest::refusesWhatItDoesNotKnow()
{
    QFETCH(const quint64, since);
    QFETCH(const quint64, until);
    QFETCH(const QByteArray, option);
    QFETCH(const quint64, value);
    Stage stage;
    Dictionary options;
    if (!option.isEmpty())
        options.emplace(option.toStdString(), sdbus::Variant{uint64_t{value}});
    const auto found = ask(stage, since, until, options);
    QVERIFY(!found);
    QCOMPARE(found.error().code(), Errc::InvalidArgument);
}

void StatisticsTest::announcesTheLastMinuteAFewTimesOnly()
{
    Stage stage;
    for (quint64 n = 1; n <= 200; ++n) {
        PairView view = samplePair();
        view.lastMinute.insert(u"checkpoints"_s, 1'000 + n);
        stage.pairs.put(view);
    }
    const auto newest = [&stage]() -> uint64_t {
        uint64_t found = 0;
        for (const auto& signal : stage.client->heard(pairPath, "PropertiesChanged")) {
            const auto changed = signal.changed.find(sdbus::PropertyName{"LastMinute"});
            if (changed != signal.changed.end())
                found = member<uint64_t>(changed->second.get<Dictionary>(), "checkpoints");
        }
        return found;
    };
    QTRY_COMPARE(newest(), uint64_t{1'200});
    QVERIFY(stage.client->heard(pairPath, "PropertiesChanged").size() <= 3);
}

QTEST_GUILESS_MAIN(StatisticsTest)
#include "StatisticsTest.moc"
