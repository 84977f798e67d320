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
    /// that is copied.
    Guest(double alone, double perMiB) : m_alone{alone}, m_perMiB{perMiB} { }

    /// One window in which the copy has this limit; nothing limits it to more than `fastest`.
    CopyPace::Seen window(Bytes limit)
    {
        const double rate = limit.value == 0 ? fastest : std::min(fastest, double(limit.value));
        const double takes = m_alone + (m_perMiB * rate / double(Bytes::fromMiB(1).value));
        const auto requests = qint64(500'000 / takes);
        done += requests;
        possible += qint64(500'000 / m_alone);
        const auto bytes = qint64(rate / 2);
        copied += bytes;
        return {.requests = requests, .waited = 500ms, .copied = {bytes}};
    }
    [[nodiscard]] double share() const { return double(done) / double(possible); }

    static constexpr double fastest = 400.0 * 1024 * 1024;
    qint64 done{0};
    qint64 possible{0};
    qint64 copied{0};

private:
    double m_alone;
    double m_perMiB;
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
    void isNotHeldBackOnceItHurries();
};

void CopyPaceTest::leavesTheGuestItsSpeed_data()
{
    QTest::addColumn<double>("alone");
    QTest::addColumn<double>("perMiB");
    QTest::newRow("fast disk, light copy") << 100.0 << 0.1;
    QTest::newRow("fast disk, heavy copy") << 100.0 << 5.0;
    QTest::newRow("slow disk") << 4'000.0 << 40.0;
}

void CopyPaceTest::leavesTheGuestItsSpeed()
{
    QFETCH(const double, alone);
    QFETCH(const double, perMiB);
    Guest guest{alone, perMiB};
    CopyPace pace;
    Bytes limit;
    for (int i = 0; i < 20; ++i) // until it has found it
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
