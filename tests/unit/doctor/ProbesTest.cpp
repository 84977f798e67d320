// SPDX-License-Identifier: LGPL-2.1-or-later
#include "TrialHost.h"

#include "doctor/QemuProbes.h"
#include "fakes/MemoryStore.h"

#include <QCoroTask>
#include <QTest>

using namespace lockstep;
using namespace lockstep::doctor;
using namespace lockstep::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Whether this host's QEMU can do COLO, by trial.
class ProbesTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void oneThatWorksIsTold();
    void isRememberedUntilTheBinaryChanges();
    void anotherVersionNeedsAnotherTrial();
    void findsOutWhetherItNeedsTheReturnPath();
    void oneThatNeverEntersColoFails();
    void oneThatDiesFails();
    void oneThatHangsFailsInTime();
    void whatCannotBeTriedIsNotRemembered();
    void bothAcceleratorsAreTried();
    void domainsOfOthersStay();
    void whatADaemonThatDiedLeftIsTakenAway();
    void askedTwiceItTriesOnce();
    void aFullDiskIsTold();
};

namespace {

/// With a deadline that leaves a trial two seconds unless told otherwise.
struct Desk
{
    explicit Desk(std::chrono::milliseconds each = 2s)
        : probes{host, store, QemuTrial::judgement + each}
    { }
    ~Desk() { QCoro::waitFor(probes.stop()); }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    [[nodiscard]] Result<QList<Finding>> probe() { return QCoro::waitFor(probes.probe()); }
    [[nodiscard]] QList<ProbedQemu> known()
    {
        return QCoro::waitFor(host.hostFacts()).value_or(HostFacts{}).probes;
    }

    TrialHost host;
    MemoryStore store;
    QemuProbes probes;
};

} // namespace

void ProbesTest::oneThatWorksIsTold()
{
    Desk desk;
    QVERIFY(desk.known().isEmpty());
    const auto found = desk.probe();
    QVERIFY2(found, found ? "" : qPrintable(found.error().message()));
    QCOMPARE(found->size(), 1);
    QCOMPARE(found->at(0).id, u"qemu-probe"_s);
    QVERIFY2(found->at(0).severity == Severity::Ok, qPrintable(found->at(0).message));
    QCOMPARE(desk.host.created.size(), 2);
    QVERIFY(desk.host.created[0].contains(u"-incoming"_s));
    QVERIFY(!desk.host.created[1].contains(u"-incoming"_s));
    for (const QString& xml : std::as_const(desk.host.created)) {
        QVERIFY(!xml.contains(u"<disk"_s));
        QVERIFY(!xml.contains(u"<interface"_s));
    }
    QCOMPARE(desk.host.names(), QStringList{}); // nothing is left
    QCOMPARE(desk.known().size(), 1);
    QVERIFY(desk.known()[0].works);
    QVERIFY(!desk.known()[0].kvm);
}

void ProbesTest::isRememberedUntilTheBinaryChanges()
{
    Desk desk;
    QVERIFY(desk.probe());
    TrialHost later; // the daemon has been restarted
    QemuProbes probes{later, desk.store};
    probes.begin();
    const auto known = [&later] {
        return QCoro::waitFor(later.hostFacts()).value_or(HostFacts{}).probes;
    };
    QTRY_COMPARE(known().size(), 1);
    later.facts.emulatorMark = u"1 3"_s;
    QVERIFY(known().isEmpty());
    QCoro::waitFor(probes.stop());
}

void ProbesTest::anotherVersionNeedsAnotherTrial()
{
    Desk desk;
    QVERIFY(desk.probe());
    desk.host.facts.qemuVersion = u"11.1.4"_s;
    QVERIFY(desk.known().isEmpty());
}

void ProbesTest::findsOutWhetherItNeedsTheReturnPath()
{
    Desk desk;
    desk.host.facts.qemuVersion = u"10.2.0"_s; // which nobody has tried
    desk.host.manners.refusesReturnPath = true;
    const auto found = desk.probe();
    QVERIFY(found);
    QVERIFY2(found->at(0).severity == Severity::Ok, qPrintable(found->at(0).message));
    const auto traits = qemuTraits(u"10.2.0"_s, false, desk.known());
    QVERIFY(traits);
    QVERIFY(!traits->returnPath);
}

void ProbesTest::oneThatNeverEntersColoFails()
{
    Desk desk;
    desk.host.manners.coloEnd = u"completed"_s;
    const auto found = desk.probe();
    QVERIFY(found);
    QVERIFY(found->at(0).severity == Severity::Error);
    QVERIFY(found->at(0).message.contains(u"does not enter COLO"_s));
    QVERIFY(!qemuTraits(u"11.1.3"_s, false, desk.known())); // though the version is said to work
    QCOMPARE(desk.host.names(), QStringList{});
}

void ProbesTest::oneThatDiesFails()
{
    Desk desk;
    desk.host.manners.dies = true;
    const auto found = desk.probe();
    QVERIFY(found);
    QVERIFY(found->at(0).severity == Severity::Error);
    QVERIFY(found->at(0).message.contains(u"ends by itself"_s));
}

void ProbesTest::oneThatHangsFailsInTime()
{
    Desk desk{200ms};
    desk.host.manners.hangs = true;
    const auto found = desk.probe();
    QVERIFY(found);
    QVERIFY(found->at(0).severity == Severity::Error);
    QVERIFY(found->at(0).message.contains(u"deadlocks"_s));
    QTRY_COMPARE(desk.host.names(), QStringList{});
    // Once it is gone, a better one can be tried.
    desk.host.manners.hangs = false;
    const auto again = [&desk] {
        const auto result = desk.probe();
        return result && result->at(0).severity == Severity::Ok;
    };
    QTRY_VERIFY(again());
}

void ProbesTest::whatCannotBeTriedIsNotRemembered()
{
    Desk desk;
    desk.host.startProblem = u"cannot allocate memory"_s;
    const auto found = desk.probe();
    QVERIFY(found);
    QVERIFY(found->at(0).severity == Severity::Warning);
    QVERIFY(found->at(0).message.contains(u"cannot allocate memory"_s));
    QVERIFY(desk.known().isEmpty());
    QVERIFY(desk.store.documents.value(u"probe"_s).isEmpty());
}

void ProbesTest::bothAcceleratorsAreTried()
{
    Desk desk{7s};
    desk.host.facts.kvmUsable = true;
    const auto found = desk.probe();
    QVERIFY(found);
    QCOMPARE(found->size(), 2);
    QCOMPARE(desk.host.created.size(), 4);
    QVERIFY(desk.host.created[0].contains(u"kvm"_s));
    QVERIFY(!desk.host.created[2].contains(u"kvm"_s));
    QCOMPARE(desk.known().size(), 2);
    QVERIFY(probeOf(desk.known(), u"11.1.3"_s, true)->works);
    QVERIFY(probeOf(desk.known(), u"11.1.3"_s, false)->works);
}

void ProbesTest::domainsOfOthersStay()
{
    Desk desk;
    desk.host.put({.uuid = {QUuid::createUuid()},
                   .name = u"lockstep-trial-primary"_s,
                   .state = DomainState::Running});
    const auto found = desk.probe();
    QVERIFY(found);
    QVERIFY(found->at(0).severity == Severity::Ok);
    QCOMPARE(desk.host.names(), QStringList{u"lockstep-trial-primary"_s});
}

void ProbesTest::whatADaemonThatDiedLeftIsTakenAway()
{
    Desk desk;
    desk.host.manners.hangs = true;
    // What it has begun with, as the next daemon finds it.
    const auto trial = std::make_shared<QemuTrial>(desk.host, u"11.1.3"_s, false);
    TaskSet tasks;
    auto running = QemuTrial::run(trial, &tasks, 10s);
    QTRY_COMPARE(desk.host.names().size(), 2);
    desk.probes.begin();
    QTRY_COMPARE(desk.host.names(), QStringList{});
    QCoro::waitFor(std::move(running));
    QCoro::waitFor(tasks.drained());
}

void ProbesTest::askedTwiceItTriesOnce()
{
    Desk desk;
    auto first = desk.probes.probe();
    auto second = desk.probes.probe();
    QVERIFY(QCoro::waitFor(std::move(first)));
    QVERIFY(QCoro::waitFor(std::move(second)));
    QCOMPARE(desk.host.created.size(), 2);
}

void ProbesTest::aFullDiskIsTold()
{
    Desk desk;
    desk.store.full = true;
    const auto found = desk.probe();
    QVERIFY(!found);
    QCOMPARE(found.error().code(), Errc::StoreError);
    QVERIFY(desk.known().isEmpty());
}

QTEST_GUILESS_MAIN(ProbesTest)
#include "ProbesTest.moc"
