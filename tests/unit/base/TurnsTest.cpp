// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/Turns.h"

#include <QCoroTask>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;

namespace {

struct Room
{
    Turns<int> turns;
    QStringList seen;

    [[nodiscard]] Task<void> visit(int door, QString name, OneShot<bool> leave)
    {
        const auto turn = co_await turns.take(door);
        seen << name + u" in"_s;
        (void)co_await leave;
        seen << name + u" out"_s;
    }
};

} // namespace

/// One after the other.
class TurnsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void letsOneThroughAfterTheOther();
    void areOnesOwnForEachThing();
};

void TurnsTest::letsOneThroughAfterTheOther()
{
    Room room;
    const OneShot<bool> a;
    const OneShot<bool> b;
    const OneShot<bool> c;
    TaskSet tasks;
    tasks.add(room.visit(1, u"a"_s, a));
    tasks.add(room.visit(1, u"b"_s, b));
    tasks.add(room.visit(1, u"c"_s, c));
    // In whatever order they could go.
    c.complete(true);
    b.complete(true);
    a.complete(true);
    QCoro::waitFor(tasks.drained());
    QCOMPARE(room.seen.join(u", "_s), u"a in, a out, b in, b out, c in, c out"_s);
    // Nobody is there any more: who comes waits for nothing.
    tasks.add(room.visit(1, u"d"_s, a));
    QVERIFY(room.seen.contains(u"d in"_s));
    QCoro::waitFor(tasks.drained());
}

void TurnsTest::areOnesOwnForEachThing()
{
    Room room;
    const OneShot<bool> never;
    const OneShot<bool> soon;
    TaskSet tasks;
    tasks.add(room.visit(1, u"a"_s, never));
    tasks.add(room.visit(2, u"b"_s, soon));
    soon.complete(true);
    QTRY_VERIFY_WITH_TIMEOUT(room.seen.contains(u"b out"_s), 60'000);
    never.complete(true);
    QCoro::waitFor(tasks.drained());
}

QTEST_GUILESS_MAIN(TurnsTest)
#include "TurnsTest.moc"
