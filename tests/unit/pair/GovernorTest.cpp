// SPDX-License-Identifier: LGPL-2.1-or-later
#include "GovernedGuest.h"

#include <QTest>

#include <array>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr qint64 oneSecond = 1'000'000;

constexpr Load equal{.name = "equal answers", .clients = 4, .think = 20};
constexpr Load differing{.name = "answers differ", .clients = 4, .think = 20, .differing = 0.9};
constexpr Load busy{.name = "many clients, all differ",
                    .clients = 40,
                    .think = 2,
                    .work = 0.3,
                    .differing = 1,
                    .base = 12,
                    .perMs = 0.1};
constexpr Load late{.name = "the shadow is late", .clients = 2, .think = 200, .late = 0.9};
constexpr Load mixed{.name = "some answers differ", .clients = 8, .think = 20, .differing = 0.1};
constexpr Load dirty{.name = "much is written",
                     .clients = 1,
                     .think = 300,
                     .differing = 0.2,
                     .base = 15,
                     .perMs = 0.3,
                     .most = 80};
constexpr Load silent{.name = "silent", .clients = 0};
constexpr std::array loads{equal, differing, busy, late, mixed, dirty};

constexpr std::array fixedChoices{Choice{Mode::Colo, 0ms},    Choice{Mode::Remus, 10ms},
                                  Choice{Mode::Remus, 25ms},  Choice{Mode::Remus, 60ms},
                                  Choice{Mode::Remus, 100ms}, Choice{Mode::Kemari, 0ms}};

/// A pair under a governor, second by second.
class Governed
{
public:
    explicit Governed(Governing limits = {.automatic = true}) : m_limits{limits} { }

    /// Runs one second; what clients waited, in ms.
    double step(const Load& load)
    {
        const double noise = 1 + m_noise * m_normal(m_random);
        const auto was = second(load, m_choice, std::clamp(noise, 0.2, 3.0));
        m_now += oneSecond;
        const auto change = m_governor.look(m_now, was.seen);
        m_shares.push_back(was.seen.stoppedShare());
        if (change) {
            m_changes.push_back(m_now / oneSecond);
            m_why = change->why;
            if (m_fails) {
                m_governor.failed(m_now);
            } else {
                m_choice = change->choice;
                m_governor.applied(m_now, m_choice);
            }
        }
        return was.wait;
    }
    /// Mean of what answers waited: each second counts as often as there are answers in it would
    /// favour what is slow for a while, so seconds count alike.
    double run(const Load& load, int seconds)
    {
        double sum = 0;
        for (int i = 0; i < seconds; ++i)
            sum += step(load);
        return sum / seconds;
    }
    void setNoise(double noise) { m_noise = noise; }
    void setFails(bool fails) { m_fails = fails; }
    void setLimits(const Governing& limits) { m_governor.setLimits(limits); }
    [[nodiscard]] const Choice& choice() const { return m_choice; }
    [[nodiscard]] const QString& why() const { return m_why; }
    [[nodiscard]] qsizetype changes() const { return qsizetype(m_changes.size()); }
    /// So many changes were made after that second.
    [[nodiscard]] qsizetype changesAfter(qint64 begin) const
    {
        return std::ranges::count_if(m_changes, [begin](qint64 at) { return at > begin; });
    }
    /// Of the last so many seconds.
    [[nodiscard]] double shareStopped(int seconds) const
    {
        double sum = 0;
        for (auto i = m_shares.end() - seconds; i != m_shares.end(); ++i)
            sum += *i;
        return sum / seconds;
    }

private:
    Governing m_limits;
    Choice m_choice;
    qint64 m_now{0};
    Governor m_governor{m_limits, m_choice, 0};
    std::vector<qint64> m_changes;
    std::vector<double> m_shares;
    QString m_why;
    double m_noise{0};
    bool m_fails{false};
    std::mt19937 m_random{7};
    std::normal_distribution<> m_normal;
};

/// The best that a fixed choice comes to, of those that keep to the limit.
double bestFixed(const Load& load, double most = 1)
{
    double best = 1e9;
    for (const auto& choice : fixedChoices) {
        const auto was = second(load, choice);
        if (was.seen.stoppedShare() <= most)
            best = std::min(best, was.wait);
    }
    return best;
}

void addLoads()
{
    QTest::addColumn<Load>("load");
    for (const auto& load : loads)
        QTest::newRow(load.name) << load;
}

} // namespace

class GovernorTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void staysInColoWhileAnswersAreEqual();
    void leavesColoForWhatCostsLess();
    void comesBackWhenTheyAgreeAgain();
    void keepsToTheLargestShareStopped();
    void keepsToTheLargestExposure();
    void exposureWinsOverTheShare();
    void neverFlaps_data();
    void neverFlaps();
    void neverFlapsBetweenEquals();
    void silenceChangesNothing();
    void isAsGoodAsTheBestFixedChoice_data();
    void isAsGoodAsTheBestFixedChoice();
    void beatsEveryFixedChoiceOnAChangingLoad();
    void restsAfterAFailure();
    void aLookWithoutTimeCountsNothing();
};

void GovernorTest::staysInColoWhileAnswersAreEqual()
{
    for (const auto& load : {equal, mixed}) {
        Governed pair;
        (void)pair.run(load, 600);
        QCOMPARE(pair.changes(), 0);
    }
}

void GovernorTest::leavesColoForWhatCostsLess()
{
    Governed pair{{.automatic = true, .maxStopped = 50}};
    (void)pair.run(equal, 20);
    (void)pair.run(late, 5);
    QVERIFY(pair.choice().mode == Mode::Kemari);
    QVERIFY2(pair.why().contains(u"100 % of the output waits"), qPrintable(pair.why()));
    QVERIFY2(pair.why().contains(u"kemari should take"), qPrintable(pair.why()));
    // Where all of them differ, and there are more than the guest can stand.
    (void)pair.run(busy, 5);
    QVERIFY(pair.choice() == (Choice{Mode::Remus, 25ms}));
    QVERIFY2(pair.why().contains(u"stop the guest for 90 % of the time, more than max-stopped"),
             qPrintable(pair.why()));
}

void GovernorTest::comesBackWhenTheyAgreeAgain()
{
    Governed pair;
    (void)pair.run(late, 120);
    (void)pair.run(equal, 15); // more than it looks like: another load is seen at once
    QVERIFY(pair.choice().mode == Mode::Colo);
    // One that looks the same is found out in time.
    Load alike = late;
    alike.late = 0;
    Governed other;
    (void)other.run(late, 60);
    (void)other.run(alike, 120);
    QVERIFY(other.choice().mode == Mode::Colo);
}

void GovernorTest::keepsToTheLargestShareStopped()
{
    for (const int most : {20, 35, 50, 70}) {
        for (const auto& load : loads) {
            Governed pair{{.automatic = true, .maxStopped = most}};
            (void)pair.run(load, 60);
            QVERIFY2(pair.shareStopped(50) <= most / 100.0 + 0.04, load.name);
            // To go back to colo now and then, to see whether answers are equal, costs little.
            (void)pair.run(load, 300);
            QVERIFY2(pair.shareStopped(300) <= most / 100.0 + 0.01,
                     qPrintable(u"%1, %2: %3"_s.arg(QLatin1StringView{load.name})
                                    .arg(most)
                                    .arg(pair.shareStopped(300))));
        }
    }
}

void GovernorTest::keepsToTheLargestExposure()
{
    for (const auto most : {10ms, 30ms, 100ms}) {
        for (const auto& load : loads) {
            Governed pair{{.automatic = true, .maxExposure = most, .maxStopped = 20}};
            for (int i = 0; i < 120; ++i) {
                (void)pair.step(load);
                QVERIFY2(pair.choice().mode != Mode::Remus || pair.choice().period <= most,
                         load.name);
            }
        }
    }
    // Set while a longer period is in force it counts at once.
    Governed pair{{.automatic = true, .maxStopped = 20}};
    (void)pair.run(busy, 60);
    QVERIFY(pair.choice().mode == Mode::Remus && pair.choice().period > 15ms);
    pair.setLimits({.automatic = true, .maxExposure = 15ms, .maxStopped = 20});
    (void)pair.run(busy, 1);
    QVERIFY(pair.choice() == (Choice{Mode::Remus, 15ms}));
    QVERIFY2(pair.why().contains(u"max-exposure"), qPrintable(pair.why()));
}

void GovernorTest::exposureWinsOverTheShare()
{
    Governed pair{{.automatic = true, .maxExposure = 10ms, .maxStopped = 5}};
    (void)pair.run(busy, 4);
    QVERIFY(pair.choice() == (Choice{Mode::Remus, 10ms}));
    QVERIFY2(pair.why().contains(u"the least that max-exposure allows"), qPrintable(pair.why()));
    const auto before = pair.changes();
    (void)pair.run(busy, 300);
    QVERIFY2(pair.changes() - before <= 14, qPrintable(QString::number(pair.changes())));
}

void GovernorTest::neverFlaps_data() { addLoads(); }

void GovernorTest::neverFlaps()
{
    QFETCH(const Load, load);
    for (const int most : {20, 50, 80}) {
        for (const double noise : {0.0, 0.2, 0.4}) {
            Governed pair{{.automatic = true, .maxStopped = most}};
            pair.setNoise(noise);
            (void)pair.run(load, 600);
            const QString told =
                u"share %1, noise %2: %3 changes, %4 in the second half"_s.arg(most)
                    .arg(noise)
                    .arg(pair.changes())
                    .arg(pair.changesAfter(300));
            QVERIFY2(pair.changes() <= 24, qPrintable(told));
            // It gets ever rarer.
            QVERIFY2(pair.changesAfter(300) <= 8, qPrintable(told));
        }
    }
}

void GovernorTest::neverFlapsBetweenEquals()
{
    // Somewhere on the way from equal to differing answers two modes are as good as each other.
    for (int percent = 0; percent <= 100; percent += 5) {
        for (const double noise : {0.0, 0.3}) {
            Load load = differing;
            load.differing = percent / 100.0;
            Governed pair;
            pair.setNoise(noise);
            (void)pair.run(load, 600);
            QVERIFY2(pair.changes() <= 24 && pair.changesAfter(300) <= 8,
                     qPrintable(u"%1 %, noise %2: %3 and %4"_s.arg(percent)
                                    .arg(noise)
                                    .arg(pair.changes())
                                    .arg(pair.changesAfter(300))));
        }
    }
    // So do checkpoints that take as long as a period allows.
    for (int base = 2; base <= 40; base += 2) {
        Load load = busy;
        load.base = base;
        Governed pair;
        pair.setNoise(0.2);
        (void)pair.run(load, 600);
        QVERIFY2(
            pair.changes() <= 30 && pair.changesAfter(300) <= 10,
            qPrintable(
                u"%1 ms: %2 and %3"_s.arg(base).arg(pair.changes()).arg(pair.changesAfter(300))));
    }
}

void GovernorTest::silenceChangesNothing()
{
    Governed fresh;
    (void)fresh.run(silent, 300);
    QCOMPARE(fresh.changes(), 0);
    Governed pair;
    (void)pair.run(late, 30);
    QVERIFY(pair.choice().mode == Mode::Kemari);
    const auto before = pair.changes();
    (void)pair.run(silent, 300);
    QCOMPARE(pair.changes(), before);
}

void GovernorTest::isAsGoodAsTheBestFixedChoice_data() { addLoads(); }

void GovernorTest::isAsGoodAsTheBestFixedChoice()
{
    QFETCH(const Load, load);
    Governed pair;
    (void)pair.run(load, 10);
    const double ratio = pair.run(load, 600) / bestFixed(load);
    qInfo("%s: %.2f times the best fixed choice", load.name, ratio);
    QVERIFY(ratio <= 1.15);
}

void GovernorTest::beatsEveryFixedChoiceOnAChangingLoad()
{
    std::array order{equal, differing, busy, late, dirty};
    double worst = 0;
    int orders = 0;
    std::ranges::sort(order, {}, [](const Load& load) { return std::string_view{load.name}; });
    do {
        Governed pair;
        double governed = 0;
        std::array<double, fixedChoices.size()> others{};
        for (int round = 0; round < 3; ++round) {
            for (const auto& load : order) {
                governed += pair.run(load, 20);
                for (std::size_t i = 0; i < fixedChoices.size(); ++i)
                    others.at(i) += second(load, fixedChoices.at(i)).wait;
            }
        }
        governed /= 15;
        const double best = *std::ranges::min_element(others) / 15;
        worst = std::max(worst, governed / best);
        ++orders;
    } while (std::ranges::next_permutation(order, {}, [](const Load& load) {
                 return std::string_view{load.name};
             }).found);
    qInfo("%d orders: at worst %.2f times the best fixed choice", orders, worst);
    QCOMPARE(orders, 120);
    QVERIFY(worst < 1);
}

void GovernorTest::restsAfterAFailure()
{
    Governed pair;
    pair.setFails(true);
    (void)pair.run(late, 600);
    QVERIFY(pair.changes() >= 3);
    QVERIFY2(pair.changes() <= 9, qPrintable(QString::number(pair.changes())));
    QVERIFY(pair.choice().mode == Mode::Colo);
    pair.setFails(false);
    (void)pair.run(late, 300);
    QVERIFY(pair.choice().mode == Mode::Kemari);
}

void GovernorTest::aLookWithoutTimeCountsNothing()
{
    Governor governor{{.automatic = true}, {}, 0};
    auto seen = second(differing, {}).seen;
    seen.length = 0;
    for (int i = 0; i < 100; ++i)
        QVERIFY(!governor.look(qint64{10} * oneSecond, seen));
}

QTEST_GUILESS_MAIN(GovernorTest)
#include "GovernorTest.moc"
