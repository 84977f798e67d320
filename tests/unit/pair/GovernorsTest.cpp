// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Governors.h"

#include "ModeHosts.h"

#include <QTest>
#include <QUdpSocket>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr qint64 second = 1'000'000;
constexpr int deadline = 20'000;
const QString colo = u"mirror answers 300/50"_s;
const QString settingsCall = u"call pair.settings"_s;

/// A pair whose mode is auto, and what governs it on alpha, by a clock that the test turns.
struct Hosts : ModeHosts
{
    [[nodiscard]] bool begin()
    {
        alpha.tap = u"lo"_s; // what the test sends leaves the guest
        if (!start() || !set(pair_setting::mode, u"auto"_s) || !set(pair_setting::maxStopped, 50))
            return false;
        now = Governors::Moment::now();
        restart();
        event(u"RESUME"_s, now.wall);
        return QTest::qWaitFor([this] { return alpha.statistics.packets(webUuid()).has_value(); },
                               deadline);
    }
    /// The daemon of alpha, as far as it governs.
    void restart()
    {
        governors = std::make_unique<Governors>(
            alpha.parts, *onAlpha, tasks, [this] { return now; },
            Governors::Pace{.look = 1h, .retry = 1ms});
        governors->look();
    }
    ~Hosts()
    {
        if (governors)
            governors->stop();
        QCoro::waitFor(tasks.drained());
    }
    Hosts() = default;
    Hosts(const Hosts&) = delete;
    Hosts& operator=(const Hosts&) = delete;

    void event(const QString& name, qint64 when)
    {
        Q_EMIT alpha.hypervisor.qmpEvent(webUuid(), name, when, {});
    }
    /// A second goes by with so many checkpoints, each of which lets packets go.
    void pass(int checkpoints, std::chrono::microseconds stopped)
    {
        for (int n = 1; n <= checkpoints; ++n) {
            const qint64 end = now.wall + n * second / (checkpoints + 1);
            event(u"STOP"_s, end - stopped.count());
            for (int packet = 0; packet < 5; ++packet)
                guest.writeDatagram("x", 1, QHostAddress{QHostAddress::LocalHost}, 9);
            event(u"RESUME"_s, end);
        }
        now.wall += second;
        now.steady += second;
        governors->look();
    }
    /// The guest's copies differ all the time, and that costs it most of its time.
    void suffer() { pass(40, 18ms); }
    /// Until `come`, for two minutes of the test's clock at most.
    [[nodiscard]] bool sufferUntil(const std::function<bool()>& come)
    {
        for (int seconds = 0; seconds < 120 && !come(); ++seconds) {
            suffer();
            QCoro::waitFor(tasks.drained());
        }
        return come();
    }
    /// Until something has begun that has not ended yet.
    [[nodiscard]] bool sufferUntilItBegins()
    {
        for (int seconds = 0; seconds < 120 && tasks.isEmpty(); ++seconds)
            suffer();
        return !tasks.isEmpty();
    }
    /// The next command is under way until `slow` completes.
    [[nodiscard]] bool holds(const OneShot<bool>& slow)
    {
        alpha.qemu().hold = slow;
        return QTest::qWaitFor([this] { return !alpha.qemu().hold; }, deadline);
    }
    [[nodiscard]] bool isColo() { return saved(alpha).protocol.mode == Mode::Colo; }

    Governors::Moment now;
    TaskSet tasks;
    std::unique_ptr<Governors> governors;
    QUdpSocket guest;
};

} // namespace

/// What governors pick for pairs whose mode is auto is put in force, and nothing else.
class GovernorsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void leavesColoWhereAnswersDiffer();
    void tellsWhyOnBothHosts();
    void goesOnWithWhatIsInForce();
    void governsNoOtherMode();
    void anAdministratorDoesNotHearBusy();
    void anAdministratorGoesFirst();
    void keepsWhatIsSaidMeanwhile();
    void comesBackFromWhatQemuRefuses_data();
    void comesBackFromWhatQemuRefuses();
    void restsAfterAFailure();
    void staysIfTheOtherHostIsAway();
    void changesNothingOfASuspendedGuest();
    void isTakenOverDuringAChange_data();
    void isTakenOverDuringAChange();
    void endsWithProtection();
    void stopsWithTheDaemon();
};

void GovernorsTest::leavesColoWhereAnswersDiffer()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    QVERIFY(hosts.sufferUntil([&] { return !hosts.isColo(); }));
    QVERIFY(hosts.isSafe());
    const PairSettings ours = Hosts::saved(hosts.alpha);
    QCOMPARE(Hosts::saved(hosts.beta), ours);
    QVERIFY(ours.governing.automatic);
    QVERIFY(!hosts.isOn(hosts.alpha, u"mirror") && !hosts.isOn(hosts.beta, u"answers"));
    const auto timeout = hosts.object(hosts.alpha, u"compare")[u"compare_timeout"].toInteger();
    QCOMPARE(timeout, qint64{ours.protocol.hold().count()});
    QCOMPARE(hosts.alpha.standing(), u"primary protected 1"_s);
}

void GovernorsTest::tellsWhyOnBothHosts()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    QVERIFY(hosts.sufferUntil([&] { return !hosts.isColo(); }));
    const QStringList told = Hosts::picked(hosts.alpha);
    QCOMPARE(told.size(), 1);
    const PairView view = hosts.alpha.pairs.find(webUuid())->toView();
    QVERIFY2(told[0].startsWith(u"auto: "_s + view.modeInForce), qPrintable(told[0]));
    // What is in force, and why.
    QVERIFY2(told[0].count(u": ") >= 2 && told[0].size() > 20, qPrintable(told[0]));
    QCOMPARE(Hosts::picked(hosts.beta), told);
}

void GovernorsTest::goesOnWithWhatIsInForce()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    QVERIFY(hosts.pick({.mode = Mode::Remus, .period = 60ms}));
    hosts.alpha.journal.clear();
    hosts.restart();
    for (int seconds = 0; seconds < 3; ++seconds)
        hosts.pass(0, 0ms);
    QCoro::waitFor(hosts.tasks.drained());
    QCOMPARE(hosts.rules(), u"60/12"_s);
    QVERIFY(!hosts.alpha.journal.contains(settingsCall));
}

void GovernorsTest::governsNoOtherMode()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    QVERIFY(hosts.set(pair_setting::mode, u"colo"_s));
    QVERIFY(!hosts.sufferUntil([&] { return !hosts.isColo(); }));
    QCOMPARE(hosts.rules(), colo);
}

void GovernorsTest::anAdministratorDoesNotHearBusy()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    QVERIFY(hosts.sufferUntilItBegins());
    const OneShot<bool> slow;
    QVERIFY(hosts.holds(slow));
    SettingsChange kemari;
    kemari.settings.insert(pair_setting::mode, u"kemari"_s);
    auto changed = hosts.onAlpha->change(webUuid(), kemari);
    slow.complete(true);
    const auto done = QCoro::waitFor(std::move(changed));
    QVERIFY2(done, done ? "" : qPrintable(done.error().message()));
    QCoro::waitFor(hosts.tasks.drained());
    QCOMPARE(hosts.rules(), u"1/1"_s);
    for (const auto* const host : {&hosts.alpha, &hosts.beta}) {
        QVERIFY(!Hosts::saved(*host).governing.automatic);
        QVERIFY(Hosts::saved(*host).protocol.mode == Mode::Kemari);
    }
    QVERIFY(hosts.isSafe());
    // And it stays so.
    QVERIFY(!hosts.sufferUntil([&] { return hosts.rules() != u"1/1"; }));
}

void GovernorsTest::anAdministratorGoesFirst()
{
    // Both wait for their turn: what was picked for other settings is not put in force any more.
    Hosts hosts;
    QVERIFY(hosts.begin());
    const OneShot<bool> slow;
    auto inLine = hosts.onAlpha->bringBack(webUuid());
    auto picked = hosts.onAlpha->applyChoice(webUuid(), {.mode = Mode::Remus, .period = 100ms},
                                             u"answers differ"_s);
    SettingsChange change;
    change.settings.insert(pair_setting::maxExposure, 50'000);
    auto changed = hosts.onAlpha->change(webUuid(), change);
    QVERIFY(hosts.holds(slow));
    slow.complete(true);
    QVERIFY(QCoro::waitFor(std::move(inLine)));
    const auto done = QCoro::waitFor(std::move(picked));
    QVERIFY(!done);
    QCOMPARE(done.error().code(), Errc::Busy);
    QVERIFY(QCoro::waitFor(std::move(changed)));
    QVERIFY(hosts.isColo());
    QCOMPARE(Hosts::saved(hosts.beta).protocol.period, 50ms);
    QVERIFY(Hosts::picked(hosts.alpha).isEmpty());
}

void GovernorsTest::keepsWhatIsSaidMeanwhile()
{
    // As 'lockstep continue-alone' does before it begins.
    Hosts hosts;
    QVERIFY(hosts.begin());
    QVERIFY(hosts.set(pair_setting::autoProtect, true));
    const OneShot<bool> slow;
    auto picked = hosts.onAlpha->applyChoice(webUuid(), {.mode = Mode::Remus, .period = 100ms},
                                             u"answers differ"_s);
    QVERIFY(hosts.holds(slow));
    QVERIFY(QCoro::waitFor(hosts.alpha.pairs.update(
        webUuid(), [](PairRecord& record) { record.settings.autoProtect = false; })));
    slow.complete(true);
    QVERIFY(QCoro::waitFor(std::move(picked)));
    QVERIFY(!Hosts::saved(hosts.alpha).autoProtect);
    QCOMPARE(hosts.rules(), u"100/20"_s);
}

void GovernorsTest::comesBackFromWhatQemuRefuses_data()
{
    QTest::addColumn<bool>("onAlpha");
    QTest::addColumn<bool>("tookEffect");
    QTest::newRow("the primary refuses") << true << false;
    QTest::newRow("the primary answers late") << true << true;
    QTest::newRow("the shadow refuses") << false << false;
    QTest::newRow("the shadow answers late") << false << true;
}

void GovernorsTest::comesBackFromWhatQemuRefuses()
{
    QFETCH(const bool, onAlpha);
    QFETCH(const bool, tookEffect);
    int failed = 0;
    while (true) {
        Hosts hosts;
        QVERIFY(hosts.begin());
        FakeMonitor& faulty = onAlpha ? hosts.alpha.qemu() : hosts.beta.qemu();
        faulty.fault = tookEffect ? FakeMonitor::Fault::TookEffect : FakeMonitor::Fault::Refused;
        faulty.failAt = faulty.commands + failed;
        const bool changed = hosts.pick({.mode = Mode::Remus, .period = 100ms}).has_value();
        QVERIFY2(hosts.isSafe(), QByteArray::number(failed));
        QCOMPARE(hosts.rules(), changed ? u"100/20"_s : colo);
        QCOMPARE(hosts.isColo(), !changed);
        QCOMPARE(Hosts::saved(hosts.beta), Hosts::saved(hosts.alpha));
        if (changed)
            break;
        ++failed;
    }
    QVERIFY(failed > 0);
}

void GovernorsTest::restsAfterAFailure()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    // It refuses to be brought back, too, for a while.
    FakeMonitor& qemu = hosts.beta.qemu();
    qemu.refused = u"qom-set"_s;
    QVERIFY(hosts.sufferUntilItBegins());
    QTRY_VERIFY_WITH_TIMEOUT(!Hosts::picked(hosts.alpha).isEmpty(), deadline);
    qemu.refused.clear();
    QCoro::waitFor(hosts.tasks.drained());
    QCOMPARE(hosts.rules(), colo);
    QVERIFY(hosts.isColo());
    const QStringList told = Hosts::picked(hosts.alpha);
    QCOMPARE(told.size(), 1);
    QVERIFY2(told[0].startsWith(u"auto: stays with colo, as it could not change to "),
             qPrintable(told[0]));
    // Not at once again, but in the end.
    hosts.alpha.journal.clear();
    for (int seconds = 0; seconds < 3; ++seconds)
        hosts.suffer();
    QVERIFY(hosts.tasks.isEmpty());
    QVERIFY(!hosts.alpha.journal.contains(settingsCall));
    QVERIFY(hosts.sufferUntil([&] { return !hosts.isColo(); }));
    QVERIFY(hosts.isSafe());
}

void GovernorsTest::staysIfTheOtherHostIsAway()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.alpha.peers.setConnected(false);
    QVERIFY(!hosts.sufferUntil([&] { return !hosts.tasks.isEmpty(); }));
    QVERIFY(Hosts::picked(hosts.alpha).isEmpty());
    hosts.alpha.peers.setConnected(true);
    QVERIFY(hosts.sufferUntil([&] { return !hosts.isColo(); }));
}

void GovernorsTest::changesNothingOfASuspendedGuest()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    // Before anybody has noticed: a checkpoint would let it run.
    hosts.alpha.qemu().status = u"paused"_s;
    const auto picked = hosts.pick({.mode = Mode::Remus, .period = 100ms});
    QVERIFY(!picked);
    QCOMPARE(picked.error().code(), Errc::Busy);
    QCOMPARE(hosts.alpha.qemu().status, u"paused"_s);
    QCOMPARE(hosts.rules(), colo);
    hosts.alpha.qemu().status = u"running"_s;
    QVERIFY(QCoro::waitFor(
        hosts.alpha.pairs.update(webUuid(), [](PairRecord& record) { record.suspended = true; })));
    QCOMPARE(hosts.pick({.mode = Mode::Remus, .period = 100ms}).error().code(), Errc::Busy);
    QVERIFY(!hosts.sufferUntil([&] { return !hosts.isColo(); }));
}

void GovernorsTest::isTakenOverDuringAChange_data()
{
    QTest::addColumn<bool>("intoColo");
    QTest::newRow("out of colo") << false;
    QTest::newRow("into colo") << true;
}

void GovernorsTest::isTakenOverDuringAChange()
{
    QFETCH(const bool, intoColo);
    const Choice remus{.mode = Mode::Remus, .period = 100ms};
    const Choice back{.mode = Mode::Colo, .period = 0ms};
    bool changed = false;
    for (int steps = 1; !changed; ++steps) {
        Hosts hosts;
        QVERIFY(hosts.begin());
        hosts.governors->stop();
        if (intoColo)
            QVERIFY(hosts.pick(remus));
        int left = steps;
        hosts.alpha.qemu().seen = [&hosts, &left](int) {
            hosts.look();
            if (--left == 0)
                hosts.alpha.peers.setLink(false);
        };
        changed = hosts.pick(intoColo ? back : remus).has_value();
        QVERIFY2(hosts.isSafe(), QByteArray::number(steps));
        hosts.alpha.qemu().seen = nullptr;
        hosts.alpha.peers.setLink(false);
        QVERIFY(QTest::qWaitFor([&] { return !hosts.beta.peers.isServing(); }, deadline));
        // The shadow's QEMU does what its host has saved, whatever the change came to.
        const PairSettings theirs = Hosts::saved(hosts.beta);
        QCOMPARE(hosts.isOn(hosts.beta, u"answers"), theirs.protocol.compares());
        QVERIFY2(hosts.come(u"primary interrupted 1"_s, u"secondary interrupted 1"_s),
                 hosts.text());
        QCOMPARE(hosts.live(), 0);
        QVERIFY(hosts.beta.driver()->want(u"takeover"_s, failover::Wish::TakeOver));
        QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.standing(), u"primary alone 2"_s, deadline);
        QCOMPARE(hosts.live(), 1);
        // It goes on with that when it is protected again.
        QCOMPARE(Hosts::saved(hosts.beta), theirs);
        QVERIFY(theirs.governing.automatic);
        QVERIFY(steps < 100);
    }
}

void GovernorsTest::endsWithProtection()
{
    Hosts hosts;
    QVERIFY(hosts.begin());
    QVERIFY(hosts.alpha.driver()->want(u"unprotect"_s, failover::Wish::GoAlone, true));
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.alpha.has(), deadline);
    hosts.alpha.journal.clear();
    for (int seconds = 0; seconds < 30; ++seconds)
        hosts.suffer();
    QVERIFY(hosts.tasks.isEmpty());
    QVERIFY(!hosts.alpha.journal.contains(settingsCall));
}

void GovernorsTest::stopsWithTheDaemon()
{
    // What has begun is brought to its end, and what cannot be is left to the next one.
    Hosts hosts;
    QVERIFY(hosts.begin());
    hosts.beta.qemu().refused = u"qom-set"_s;
    QVERIFY(hosts.sufferUntilItBegins());
    hosts.governors->stop();
    QCoro::waitFor(hosts.tasks.drained());
    hosts.beta.qemu().refused.clear();
    QCoro::waitFor(hosts.onAlpha->tellAll(hosts.beta.peers.ownId()));
    QCOMPARE(hosts.rules(), colo);
    QVERIFY(hosts.isSafe());
}

QTEST_GUILESS_MAIN(GovernorsTest)
#include "GovernorsTest.moc"
