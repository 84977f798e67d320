// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hypervisor/WorkerPool.h"

#include <QTest>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;

namespace {

/// Long enough that only a defect reaches it.
constexpr auto patience = 20s;

} // namespace

class WorkerPoolTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void runsJobsSideBySide();
    void runsJobsOfALaneOneByOneAndInOrder();
    void hungLanesLeaveThreadsForOtherJobs();
    void goesOnInALaneAfterItHung();
    void dropsWhatWaitsAtStop();
    void runsTheLastJobAtStop();
    void leavesBlockedThreadsBehind();
    void runsNothingAfterStop();
    void endsIdleThreadsAndMakesNewOnes();
};

void WorkerPoolTest::runsJobsSideBySide()
{
    WorkerPool pool{{.threads = 4, .reserved = 1}};
    std::latch all{4}; // passes only if four jobs run at once
    std::latch done{4};
    for (int i = 0; i < 4; ++i)
        pool.post([&] {
            all.arrive_and_wait();
            done.count_down();
        });
    done.wait();
    QVERIFY(pool.stop(patience));
}

void WorkerPoolTest::runsJobsOfALaneOneByOneAndInOrder()
{
    WorkerPool pool{{.threads = 8, .reserved = 2}};
    std::atomic<int> running{0};
    std::atomic<bool> overlapped{false};
    std::mutex mutex;
    std::vector<int> order;
    std::latch done{100};
    for (int i = 0; i < 100; ++i)
        pool.postTo(u"web"_s, [&, i] {
            if (++running > 1)
                overlapped = true;
            {
                const std::lock_guard lock{mutex};
                order.push_back(i);
            }
            --running;
            done.count_down();
        });
    done.wait();
    QVERIFY(pool.stop(patience));
    QVERIFY(!overlapped);
    QVERIFY(std::ranges::is_sorted(order));
}

void WorkerPoolTest::hungLanesLeaveThreadsForOtherJobs()
{
    WorkerPool pool{{.threads = 4, .reserved = 2}};
    std::latch release{1};
    for (int lane = 0; lane < 6; ++lane)
        for (int i = 0; i < 3; ++i)
            pool.postTo(QString::number(lane), [&] { release.wait(); });
    std::promise<void> free;
    pool.post([&] { free.set_value(); });
    QVERIFY(free.get_future().wait_for(patience) == std::future_status::ready);
    release.count_down();
    QVERIFY(pool.stop(patience));
}

void WorkerPoolTest::goesOnInALaneAfterItHung()
{
    WorkerPool pool{{.threads = 2, .reserved = 1}};
    std::latch release{1};
    std::promise<void> second;
    pool.postTo(u"web"_s, [&] { release.wait(); });
    pool.postTo(u"web"_s, [&] { second.set_value(); });
    auto done = second.get_future();
    QVERIFY(done.wait_for(0s) == std::future_status::timeout);
    release.count_down();
    QVERIFY(done.wait_for(patience) == std::future_status::ready);
}

void WorkerPoolTest::dropsWhatWaitsAtStop()
{
    WorkerPool pool{{.threads = 2, .reserved = 1}};
    std::latch started{1};
    std::latch release{1};
    std::atomic<bool> ran{false};
    pool.postTo(u"web"_s, [&] {
        started.count_down();
        release.wait();
    });
    pool.postTo(u"web"_s, [&] { ran = true; });
    started.wait();
    std::thread later{[&, stop = pool.stopToken()] {
        while (!stop.stop_requested())
            std::this_thread::yield();
        release.count_down();
    }};
    QVERIFY(pool.stop(patience));
    later.join();
    QVERIFY(!ran);
}

void WorkerPoolTest::runsTheLastJobAtStop()
{
    WorkerPool pool{{.threads = 2, .reserved = 1}};
    bool ran = false;
    QVERIFY(pool.stop(patience, [&] { ran = true; }));
    QVERIFY(ran);
}

void WorkerPoolTest::leavesBlockedThreadsBehind()
{
    const auto release = std::make_shared<std::promise<void>>();
    const auto ended = std::make_shared<std::promise<void>>();
    auto afterwards = ended->get_future();
    {
        WorkerPool pool{{.threads = 2, .reserved = 1}};
        std::promise<void> started;
        pool.post([&started, ended, blocked = release->get_future()] {
            started.set_value();
            blocked.wait();
            ended->set_value();
        });
        started.get_future().wait();
        QVERIFY(!pool.stop(1ms));
    }
    release->set_value();
    QVERIFY(afterwards.wait_for(patience) == std::future_status::ready);
}

void WorkerPoolTest::runsNothingAfterStop()
{
    WorkerPool pool{{.threads = 2, .reserved = 1}};
    QVERIFY(pool.stop(patience));
    std::atomic<bool> ran{false};
    pool.post([&] { ran = true; });
    QVERIFY(pool.stop(patience));
    QVERIFY(!ran);
}

void WorkerPoolTest::endsIdleThreadsAndMakesNewOnes()
{
    WorkerPool pool{{.threads = 2, .reserved = 1, .idle = 1ms}};
    for (int i = 0; i < 50; ++i) {
        std::promise<void> ran;
        pool.post([&] { ran.set_value(); });
        QVERIFY(ran.get_future().wait_for(patience) == std::future_status::ready);
        QTest::qWait(i % 5);
    }
    QVERIFY(pool.stop(patience));
}

QTEST_GUILESS_MAIN(WorkerPoolTest)
#include "WorkerPoolTest.moc"
