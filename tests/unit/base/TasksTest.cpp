// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/MainThread.h"
#include "base/SerialThread.h"
#include "base/Task.h"

#include <QCoroTask>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTest>
#include <QThread>

using namespace lockstep;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TasksTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void firstCompletionCounts();
    void waiterIsNotResumedInsideComplete();
    void deadlineCompletes();
    void threadsCompleteFromOutside();
    void postedWorksRunInOrderOnTheMainThread();
    void postedWorkMayRunALoop();
    void pauseEndsAtItsTimeOrWhenStopped();
    void taskSetDrainsAfterTheLastTask();
    void serialThreadKeepsTheOrderAndFinishes();
};

namespace {

Task<void> await(OneShot<int> shot, int* result) { *result = co_await shot; }

} // namespace

void TasksTest::firstCompletionCounts()
{
    const OneShot<int> shot;
    QVERIFY(!shot.isComplete());
    QVERIFY(shot.complete(1));
    QVERIFY(!shot.complete(2));
    int result = 0;
    QCoro::waitFor(await(shot, &result));
    QCOMPARE(result, 1);
}

void TasksTest::waiterIsNotResumedInsideComplete()
{
    const OneShot<int> shot;
    int result = 0;
    TaskSet tasks;
    tasks.add(await(shot, &result));
    shot.complete(1);
    QCOMPARE(result, 0);
    QTRY_COMPARE(result, 1);
}

void TasksTest::deadlineCompletes()
{
    const OneShot<int> shot;
    shot.expire(20ms, 7);
    int result = 0;
    QCoro::waitFor(await(shot, &result));
    QCOMPARE(result, 7);
}

void TasksTest::threadsCompleteFromOutside()
{
    const OneShot<int> shot;
    int result = 0;
    SerialThread thread;
    thread.post([shot] { shot.completeFromThread(3); });
    QCoro::waitFor(await(shot, &result));
    QCOMPARE(result, 3);
}

void TasksTest::postedWorksRunInOrderOnTheMainThread()
{
    constexpr int count = 1'000;
    QList<int> order;
    bool alwaysMain = true;
    SerialThread thread;
    for (int i = 0; i < count; ++i) {
        thread.post([&order, &alwaysMain, i] {
            postToMainThread([&order, &alwaysMain, i] {
                order << i;
                alwaysMain = alwaysMain && QThread::isMainThread();
            });
        });
    }
    QTRY_COMPARE(order.size(), count);
    QVERIFY(std::ranges::is_sorted(order));
    QVERIFY(alwaysMain);
}

void TasksTest::postedWorkMayRunALoop()
{
    QEventLoop loop;
    bool ended = false;
    postToMainThread([&] {
        loop.exec();
        ended = true;
    });
    postToMainThread([&] { loop.quit(); });
    QTRY_VERIFY(ended);
}

void TasksTest::pauseEndsAtItsTimeOrWhenStopped()
{
    QVERIFY(QCoro::waitFor(lockstep::pause(1ms)));
    std::stop_source stop;
    auto pausing = lockstep::pause(1h, stop.get_token());
    stop.request_stop();
    QCOMPARE(QCoro::waitFor(std::move(pausing)).error().code(), Errc::Cancelled);
    QCOMPARE(QCoro::waitFor(lockstep::pause(1h, stop.get_token())).error().code(), Errc::Cancelled);
}

void TasksTest::taskSetDrainsAfterTheLastTask()
{
    TaskSet tasks;
    const OneShot<int> first;
    const OneShot<int> second;
    int results[2]{};
    tasks.add(await(first, &results[0]));
    tasks.add(await(second, &results[1]));
    QVERIFY(!tasks.isEmpty());
    second.expire(20ms, 2);
    first.complete(1);
    QCoro::waitFor(tasks.drained());
    QCOMPARE(results[0], 1);
    QCOMPARE(results[1], 2);
    QVERIFY(tasks.isEmpty());
}

void TasksTest::serialThreadKeepsTheOrderAndFinishes()
{
    QList<int> order;
    {
        SerialThread thread;
        for (int i = 0; i < 100; ++i)
            thread.post([&order, i] { order << i; });
    }
    QCOMPARE(order.size(), 100);
    QVERIFY(std::ranges::is_sorted(order));
}

QTEST_GUILESS_MAIN(TasksTest)
#include "TasksTest.moc"
