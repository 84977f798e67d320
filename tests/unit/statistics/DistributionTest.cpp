// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/Distribution.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace lockstep;

namespace {

/// The value that so many of all do not exceed, by counting.
double exact(std::vector<double> values, double share)
{
    std::ranges::sort(values);
    const auto rank = static_cast<std::size_t>(std::ceil(share * double(values.size())));
    return values.at(std::max<std::size_t>(rank, 1) - 1);
}

bool isNear(double found, double wanted)
{
    // The eighth root of 2 is 1.0905: half a bin is 4.5 %, a whole one where few values lie.
    return std::abs(found - wanted) <= 0.0906 * wanted;
}

constexpr auto shares = {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0};

} // namespace

/// Percentiles by Boost.Histogram, against counting.
class DistributionTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void percentilesAreNearTheExactOnes_data();
    void percentilesAreNearTheExactOnes();
    void oneValueIsAllPercentiles();
    void nothingIsZero();
    void countsWhatIsOutOfRangeAtItsEnds();
    void mergingIsAsAddingAll();
    void countsBeyondWhatFitsIntoBytes();
    void copiesAreTheirOwn();
    void octavesAreCumulative();
    void isStoredAndReadAgain();
    void setsMergeFigureByFigure();
};

void DistributionTest::percentilesAreNearTheExactOnes_data()
{
    QTest::addColumn<double>("middle");
    QTest::addColumn<double>("spread");
    QTest::addColumn<bool>("isTime");
    QTest::newRow("stops of 30 ms") << std::log(30e3) << 0.3 << true;
    QTest::newRow("stops from 1 ms to 1 s") << std::log(30e3) << 1.2 << true;
    QTest::newRow("checkpoints of some MiB") << std::log(5e6) << 1.0 << false;
}

void DistributionTest::percentilesAreNearTheExactOnes()
{
    QFETCH(const double, middle);
    QFETCH(const double, spread);
    QFETCH(const bool, isTime);
    std::mt19937_64 random{20'261'120}; // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp)
    std::lognormal_distribution<double> draw{middle, spread};
    Distribution distribution{isTime ? Distribution::Kind::Time : Distribution::Kind::Size};
    std::vector<double> values;
    for (int n = 0; n < 20'000; ++n) {
        values.push_back(draw(random));
        distribution.add(values.back());
    }
    QCOMPARE(distribution.count(), quint64(values.size()));
    for (const double share : shares) {
        const double wanted = exact(values, share);
        const double found = distribution.percentile(share);
        QVERIFY2(isNear(found, wanted),
                 qPrintable(QStringLiteral("%1: %2, not %3").arg(share).arg(found).arg(wanted)));
    }
    QCOMPARE(distribution.most(), std::ranges::max(values));
}

void DistributionTest::oneValueIsAllPercentiles()
{
    Distribution distribution{Distribution::Kind::Time};
    distribution.add(28'000);
    for (const double share : shares) {
        QVERIFY(isNear(distribution.percentile(share), 28'000));
        QVERIFY(distribution.percentile(share) <= 28'000);
    }
}

void DistributionTest::nothingIsZero()
{
    const Distribution distribution{Distribution::Kind::Size};
    QCOMPARE(distribution.percentile(0.5), 0.0);
    QCOMPARE(distribution.count(), quint64{0});
}

void DistributionTest::countsWhatIsOutOfRangeAtItsEnds()
{
    Distribution distribution{Distribution::Kind::Size};
    for (int n = 0; n < 60; ++n)
        distribution.add(0); // no disk write
    for (int n = 0; n < 40; ++n)
        distribution.add(1e15);
    QCOMPARE(distribution.count(), quint64{100});
    QVERIFY(distribution.percentile(0.5) <= 1'024);
    QCOMPARE(distribution.percentile(0.9), 1e15);
}

void DistributionTest::mergingIsAsAddingAll()
{
    Distribution first{Distribution::Kind::Time};
    Distribution second{Distribution::Kind::Time};
    Distribution all{Distribution::Kind::Time};
    for (int n = 1; n <= 500; ++n) {
        (n % 3 == 0 ? first : second).add(n * 1'000.0);
        all.add(n * 1'000.0);
    }
    first.merge(second);
    QCOMPARE(first.count(), all.count());
    QCOMPARE(first.most(), all.most());
    QCOMPARE(first.sum(), all.sum());
    for (const double share : shares)
        QCOMPARE(first.percentile(share), all.percentile(share));
}

void DistributionTest::countsBeyondWhatFitsIntoBytes()
{
    Distribution distribution{Distribution::Kind::Time};
    constexpr int many = 70'000; // a day's of one kind does not fit into 16 bits
    for (int n = 0; n < many; ++n)
        distribution.add(5'000);
    distribution.add(500'000);
    QCOMPARE(distribution.count(), quint64(many) + 1);
    QVERIFY(isNear(distribution.percentile(0.999), 5'000));
}

void DistributionTest::copiesAreTheirOwn()
{
    Distribution one{Distribution::Kind::Time};
    one.add(1'000);
    Distribution copy{one};
    copy.add(2'000);
    QCOMPARE(one.count(), quint64{1});
    QCOMPARE(copy.count(), quint64{2});
    one = copy;
    one.add(3'000);
    QCOMPARE(copy.count(), quint64{2});
}

void DistributionTest::octavesAreCumulative()
{
    Distribution distribution{Distribution::Kind::Time};
    for (const double value : {50.0, 150.0, 250.0, 350.0, 1e9})
        distribution.add(value);
    const auto octaves = distribution.octaves();
    QCOMPARE(octaves.size(), qsizetype{21});
    QCOMPARE(octaves[0].upTo, 100.0);
    QCOMPARE(octaves[0].count, quint64{1});
    QCOMPARE(octaves[1].upTo, 200.0);
    QCOMPARE(octaves[1].count, quint64{2});
    QCOMPARE(octaves[2].count, quint64{4});
    QCOMPARE(octaves.last().count, quint64{4}); // the largest is beyond it
}

void DistributionTest::isStoredAndReadAgain()
{
    Distribution one{Distribution::Kind::Size};
    for (const double value : {0.0, 5e3, 5e3, 7e6, 1e15})
        one.add(value);
    Distribution other{Distribution::Kind::Size};
    other.restore(one.contents());
    QCOMPARE(other.count(), one.count());
    QCOMPARE(other.sum(), one.sum());
    for (const double share : shares)
        QCOMPARE(other.percentile(share), one.percentile(share));
    Distribution::Contents odd = one.contents();
    odd.bins.emplaceBack(100'000, 5); // of a version with more of them
    other.restore(odd);
    QCOMPARE(other.count(), one.count() * 2);
}

void DistributionTest::setsMergeFigureByFigure()
{
    Distributions one;
    one.add(Figure::Stopped, 1'000);
    Distributions other;
    other.add(Figure::Stopped, 2'000);
    other.add(Figure::Disk, 4'096);
    QVERIFY(!one.find(Figure::Disk));
    one.merge(other);
    QCOMPARE(one.find(Figure::Stopped)->count(), quint64{2});
    QCOMPARE(one.find(Figure::Disk)->count(), quint64{1});
    QVERIFY(!one.find(Figure::Hold));
}

QTEST_GUILESS_MAIN(DistributionTest)
#include "DistributionTest.moc"
