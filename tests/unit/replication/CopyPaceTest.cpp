// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/CopyPace.h"

#include <QTest>

#include <algorithm>

using namespace lockstep;
using namespace std::chrono_literals;

namespace {

/// A guest that keeps one request under way at a time, on a disk that the copy shares.
class Guest
{
public:
    /// Microseconds that a request takes without the copy, and how many more for each MiB a second
    /// that is copied; and the same for what the guest computes before each.
    Guest(double alone, double perMiB, double thinks = 0, double thinksPerMiB = 0)
        : m_alone{alone}, m_perMiB{perMiB}, m_thinks{thinks}, m_thinksPerMiB{thinksPerMiB}
    { }

    /// One window in which the copy has this limit; nothing limits it to more than `fastest`.
    CopyPace::Seen window(Bytes limit)
    {
        const double rate = limit.value == 0 ? fastest : std::min(fastest, double(limit.value));
        const double mib = rate / double(Bytes::fromMiB(1).value);
        const double takes = m_alone + (m_perMiB * mib);
        const auto requests = qint64(500'000 / (takes + m_thinks + (m_thinksPerMiB * mib)));
        done += requests;
        possible += qint64(500'000 / (m_alone + m_thinks));
        const auto bytes = qint64(rate / 2);
        copied += bytes;
        const std::chrono::microseconds waited{qint64(double(requests) * takes)};
        return {.requests = requests, .waited = waited, .copied = {bytes}};
    }
    [[nodiscard]] double share() const { return double(done) / double(possible); }

    static constexpr double fastest = 400.0 * 1024 * 1024;
    qint64 done{0};
    qint64 possible{0};
    qint64 copied{0};

private:
    double m_alone;
    double m_perMiB;
    double m_thinks;
    double m_thinksPerMiB;
};

} // namespace

/// That a guest keeps its disk's speed, and that the copy comes to its end all the same.
class CopyPaceTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void leavesTheGuestItsSpeed_data();
    void leavesTheGuestItsSpeed();
    void copiesAsFastAsItCanBesideAnIdleGuest();
    void measuresAnewWhenTheLoadChanges();
    void isNotHeldBackForWhatTheGuestDoesLessByItself();
    void isNotHeldBackOnceItHurries();
};

void CopyPaceTest::leavesTheGuestItsSpeed_data()
{
    QTest::addColumn<double>("alone");
    QTest::addColumn<double>("perMiB");
    QTest::addColumn<double>("thinks");
    QTest::addColumn<double>("thinksPerMiB");
    QTest::newRow("fast disk, light copy") << 100.0 << 0.1 << 0.0 << 0.0;
    QTest::newRow("fast disk, heavy copy") << 100.0 << 5.0 << 0.0 << 0.0;
    QTest::newRow("slow disk") << 4'000.0 << 40.0 << 0.0 << 0.0;
    QTest::newRow("few CPUs") << 1'000.0 << 0.1 << 4'000.0 << 40.0;
    QTest::newRow("few CPUs, few requests") << 5'000.0 << 0.1 << 25'000.0 << 200.0;
}

void CopyPaceTest::leavesTheGuestItsSpeed()
{
    QFETCH(const double, alone);
    QFETCH(const double, perMiB);
    QFETCH(const double, thinks);
    QFETCH(const double, thinksPerMiB);
    Guest guest{alone, perMiB, thinks, thinksPerMiB};
    CopyPace pace;
    Bytes limit;
    for (int i = 0; i < 80; ++i) // until it has found it
        limit = pace.next(guest.window(limit));
    guest.done = guest.possible = guest.copied = 0;
    constexpr int windows = 200;
    for (int i = 0; i < windows; ++i)
        limit = pace.next(guest.window(limit));
    QVERIFY2(guest.share() >= 0.8, qPrintable(QString::number(guest.share())));
    QVERIFY(guest.copied >= CopyPace::least.value * windows / 2 * 3 / 4);
}

void CopyPaceTest::copiesAsFastAsItCanBesideAnIdleGuest()
{
    CopyPace pace;
    for (int i = 0; i < 50; ++i)
        QCOMPARE(pace.next({.requests = i % 3, .waited = 1s, .copied = Bytes::fromMiB(100)}),
                 Bytes{});
}

void CopyPaceTest::measuresAnewWhenTheLoadChanges()
{
    // First small requests, then some that take ten times as long by themselves.
    CopyPace pace;
    Guest small{100, 0.1};
    Guest large{1'000, 0.1};
    Bytes limit;
    for (int i = 0; i < 60; ++i)
        limit = pace.next(small.window(limit));
    for (int i = 0; i < 60; ++i)
        limit = pace.next(large.window(limit));
    large.copied = 0;
    for (int i = 0; i < 60; ++i)
        limit = pace.next(large.window(limit));
    QVERIFY2(large.copied > Bytes::fromMiB(1'000).value, qPrintable(QString::number(large.copied)));
}

void CopyPaceTest::isNotHeldBackForWhatTheGuestDoesLessByItself()
{
    CopyPace pace;
    Guest busy{100, 0.05};
    Guest less{100, 0.05, 900};
    Bytes limit;
    for (int i = 0; i < 60; ++i)
        limit = pace.next(busy.window(limit));
    for (int i = 0; i < 30; ++i)
        limit = pace.next(less.window(limit));
    less.copied = 0;
    for (int i = 0; i < 60; ++i)
        limit = pace.next(less.window(limit));
    QVERIFY2(less.copied > Bytes::fromMiB(3'000).value, qPrintable(QString::number(less.copied)));
}

void CopyPaceTest::isNotHeldBackOnceItHurries()
{
    CopyPace pace;
    Guest guest{100, 5};
    Bytes limit;
    for (int i = 0; i < 20; ++i)
        limit = pace.next(guest.window(limit));
    QVERIFY(limit.value > 0);
    pace.hurry();
    QCOMPARE(pace.next(guest.window(limit)), Bytes{});
}

QTEST_GUILESS_MAIN(CopyPaceTest)
#include "CopyPaceTest.moc"
