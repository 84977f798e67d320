// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Watcher.h"

#include "fakes/TwoHosts.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr int deadline = 60'000;

struct Hosts : TwoHosts
{
    Hosts() : TwoHosts{ArbiterKind::Manual, false} { }

    /// With a checkpoint due so long after another.
    [[nodiscard]] bool start(std::chrono::milliseconds due)
    {
        return beginProtected()
            && QCoro::waitFor(alpha.pairs.update(webUuid(), [due](PairRecord& record) {
                   record.settings.protocol.idlePeriod = due;
               }));
    }
    /// How many checkpoints alpha's QEMU was asked for.
    [[nodiscard]] qsizetype asked() const
    {
        return alpha.journal.count(u"qmp migrate-set-parameters"_s);
    }
};

} // namespace

/// Checkpoints that nobody asks for but the time.
class WatcherTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void pacesWhatItFinds();
    void pacesWhatIsChanged();
    void pacesWithinWhatAutoMayExpose();
    void asksOneAtATime();
    void asksNotForASuspendedGuest();
};

void WatcherTest::pacesWhatItFinds()
{
    Hosts hosts;
    QVERIFY(hosts.start(20ms));
    const auto before = hosts.asked();
    Watcher watcher{hosts.alpha.parts, hosts.alpha.tasks};
    watcher.look();
    QTRY_VERIFY_WITH_TIMEOUT(hosts.asked() >= before + 3, deadline);
    hosts.alpha.settle();
}

void WatcherTest::pacesWhatIsChanged()
{
    Hosts hosts;
    QVERIFY(hosts.start(1h));
    Watcher watcher{hosts.alpha.parts, hosts.alpha.tasks};
    watcher.look();
    const auto before = hosts.asked();
    QVERIFY(QCoro::waitFor(hosts.alpha.pairs.update(
        webUuid(), [](PairRecord& record) { record.settings.protocol.period = 20ms; })));
    QTRY_VERIFY_WITH_TIMEOUT(hosts.asked() >= before + 3, deadline);
    hosts.alpha.settle();
}

void WatcherTest::pacesWithinWhatAutoMayExpose()
{
    // Whatever was picked: a guest that says nothing asks for no checkpoint in remus.
    Hosts hosts;
    QVERIFY(hosts.start(1h));
    Watcher watcher{hosts.alpha.parts, hosts.alpha.tasks};
    watcher.look();
    const auto before = hosts.asked();
    QVERIFY(QCoro::waitFor(hosts.alpha.pairs.update(webUuid(), [](PairRecord& record) {
        record.settings.protocol.mode = Mode::Remus;
        record.settings.protocol.period = 10ms;
        record.settings.governing = {.automatic = true, .maxExposure = 20ms};
    })));
    QTRY_VERIFY_WITH_TIMEOUT(hosts.asked() >= before + 3, deadline);
    hosts.alpha.settle();
}

void WatcherTest::asksOneAtATime()
{
    Hosts hosts;
    QVERIFY(hosts.start(1ms));
    const OneShot<bool> hung;
    hosts.alpha.qemu().hold = hung;
    Watcher watcher{hosts.alpha.parts, hosts.alpha.tasks};
    watcher.look();
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.alpha.qemu().hold, deadline);
    const int before = hosts.alpha.qemu().commands;
    // Time for some fifty more; whoever is only slow here passes.
    QTest::qWait(50);
    QCOMPARE(hosts.alpha.qemu().commands, before);
    const auto asked = hosts.asked();
    hung.complete(true);
    QTRY_VERIFY_WITH_TIMEOUT(hosts.asked() >= asked + 3, deadline);
    hosts.alpha.settle();
}

void WatcherTest::asksNotForASuspendedGuest()
{
    Hosts hosts;
    QVERIFY(hosts.start(1ms));
    QVERIFY(QCoro::waitFor(
        hosts.alpha.pairs.update(webUuid(), [](PairRecord& record) { record.suspended = true; })));
    Watcher watcher{hosts.alpha.parts, hosts.alpha.tasks};
    watcher.look();
    const auto before = hosts.asked();
    QTest::qWait(50);
    QCOMPARE(hosts.asked(), before);
    QVERIFY(QCoro::waitFor(
        hosts.alpha.pairs.update(webUuid(), [](PairRecord& record) { record.suspended = false; })));
    QTRY_VERIFY_WITH_TIMEOUT(hosts.asked() > before, deadline);
    hosts.alpha.settle();
}

QTEST_GUILESS_MAIN(WatcherTest)
#include "WatcherTest.moc"
