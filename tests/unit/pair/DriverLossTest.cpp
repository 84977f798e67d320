// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"

#include <QFile>
#include <QTest>

#include <limits>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;
using Ending = FakeHypervisor::Ending;

namespace {

const QString loses = u"primary stale 2"_s;
const QString wins = u"primary alone 2"_s;
const QString waits = u"primary interrupted 1"_s;
const QString shadowWaits = u"secondary interrupted 1"_s;

void addArbiters()
{
    QTest::addColumn<ArbiterKind>("arbiter");
    for (const auto kind : {ArbiterKind::Manual, ArbiterKind::Fence, ArbiterKind::Etcd})
        QTest::newRow(qPrintable(nameOf(kind))) << kind;
}

} // namespace

/// A protected pair loses one of its parts: the right side goes on, the other one learns it.
class DriverLossTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesOverWhenThePrimaryDies_data() { addArbiters(); }
    void takesOverWhenThePrimaryDies();
    void takesOverThoughNothingCanBeKeptTwice();
    void mergesNothingThatWasNotKeptInFull();
    void stopsAGuestWhoseWriteOnlySeemedDone();
    void saysThatNothingCouldBeMerged();
    void goesOnAloneWhenTheShadowDies_data() { addArbiters(); }
    void goesOnAloneWhenTheShadowDies();
    void turnsOffWhenTheGuestDoes();
    void letsTheArbiterChoose_data();
    void letsTheArbiterChoose();
    void letsThePrimaryGoFirst();
    void waitsForTheArbiter();
    void forgetsWhyTheArbiterWasSilent();
    void showsNoHalfReasonWhenTheArbiterWasLostBefore();
    void endsRightWhenTheAnswerWasLost_data();
    void endsRightWhenTheAnswerWasLost();
    void goesOnOnceTheOtherHostIsFenced();
    void waitsForAnAdministrator();
    void goesOnWithTheShadowWhenTold();
    void goesOnWithThePrimaryWhenTold();
    void doesNotTakeOverWhatIsNotInStep();
    void handsOver_data() { addArbiters(); }
    void handsOver();
    void keepsItsPairWhenNobodyTakesOver();
    void continuesOnThePrimaryWithoutTheArbiter();
    void keepsWhatTheGuestSendsWhileItIsCutOff();
};

void DriverLossTest::takesOverWhenThePrimaryDies()
{
    QFETCH(const ArbiterKind, arbiter);
    TwoHosts hosts{arbiter, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QVERIFY2(hosts.come(loses, wins), hosts.text());
    QCOMPARE(hosts.live(), 1);
    QVERIFY(!hosts.beta.qemu().ranParked);
    QCOMPARE(hosts.beta.trace(), u"lockstep-net0-rewriter"_s); // open connections need it
    QCOMPARE(hosts.granted(), arbiter == ArbiterKind::Etcd ? u"beta 2"_s : QString{});
    // Saved before it counts, served before the slow part begins.
    QVERIFY(hosts.beta.did(u"store taking-over 2"_s, u"qmp x-colo-lost-heartbeat"_s));
    QVERIFY(hosts.beta.did(u"qmp x-blockdev-change"_s, u"qmp x-colo-lost-heartbeat"_s));
    QVERIFY(hosts.beta.did(u"qmp announce-self"_s, u"store merging 2"_s));
    QVERIFY(hosts.beta.did(u"store merging 2"_s, u"define"_s));
    const auto disk = hosts.beta.pairs.find(webUuid())->spec.disks[0];
    QVERIFY(disk.source.endsWith(u"vda.qcow2") && disk.active.isEmpty());
    QCOMPARE(hosts.beta.guard(), u"allow"_s);
    QCOMPARE(hosts.alpha.guard(), u"refuse"_s);
    QVERIFY2(hosts.alpha.guardText().contains(u"epoch 2"), qPrintable(hosts.alpha.guardText()));
}

void DriverLossTest::takesOverThoughNothingCanBeKeptTwice()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.beta.qemu().refused = u"x-blockdev-change"_s;
    const QString late = hosts.beta.putLate();
    QVERIFY(QFile::exists(late));
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QVERIFY2(hosts.come(loses, wins), hosts.text());
    QVERIFY2(!QFile::exists(late), "it would be merged after a power failure");
    QCOMPARE(hosts.beta.trace(), u"lockstep-net0-rewriter"_s);
}

static void badWrite(FakeHost& host, const QString& node)
{
    const QJsonObject data{{u"error"_s, u"No space left on device"_s},
                           {u"node-name"_s, node},
                           {u"type"_s, u"write"_s}};
    Q_EMIT host.hypervisor.qmpEvent(webUuid(), u"QUORUM_REPORT_BAD"_s, 0, data);
}

/// A takeover whose merge does not come to an end before the test does, as that of large disks.
class LongMerge
{
public:
    LongMerge()
    {
        ready = hosts.beginProtected();
        QObject::connect(&hosts.beta.chronicle, &Chronicle::recorded, &hosts.beta.chronicle,
                         [this](const PairEvent& event) { told += event.text + u'\n'; });
        late = hosts.beta.putLate();
        hosts.beta.qemu().rounds = std::numeric_limits<int>::max();
    }
    LongMerge(const LongMerge&) = delete;
    LongMerge& operator=(const LongMerge&) = delete;
    ~LongMerge() { hosts.beta.qemu().rounds = 1; }
    [[nodiscard]] bool begins()
    {
        return ready
            && QTest::qWaitFor([this] { return hosts.beta.state() == u"merging"; },
                               TwoHosts::deadline);
    }
    void tellBadWrite(const QString& node) { badWrite(hosts.beta, node); }
    [[nodiscard]] QStringList children()
    {
        return hosts.beta.qemu().nodes.value(u"lockstep-quorum-vda"_s).children.values();
    }

    TwoHosts hosts{ArbiterKind::Etcd, false};
    QString late; ///< Path of its file.
    QString told; ///< The history of the host that merges.
    bool ready{false};
};

void DriverLossTest::mergesNothingThatWasNotKeptInFull()
{
    LongMerge merge;
    merge.hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QVERIFY2(merge.begins(), merge.hosts.text());
    QCOMPARE(merge.children(), (QStringList{u"lockstep-repl-vda"_s, u"lockstep-late-vda"_s}));
    merge.tellBadWrite(u"lockstep-late-vda"_s);
    QTRY_COMPARE(merge.children(), QStringList{u"lockstep-repl-vda"_s});
    QVERIFY(!QFile::exists(merge.late));
    QCOMPARE(merge.hosts.beta.qemu().status, u"running"_s);
}

void DriverLossTest::stopsAGuestWhoseWriteOnlySeemedDone()
{
    LongMerge merge;
    merge.hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QVERIFY2(merge.begins(), merge.hosts.text());
    merge.tellBadWrite(u"lockstep-repl-vda"_s);
    QTRY_COMPARE(merge.hosts.beta.qemu().status, u"paused"_s);
    QVERIFY2(QFile::exists(merge.late), "it holds what the guest has written");
    QTRY_VERIFY2(merge.told.contains(u"virsh destroy web"), qPrintable(merge.told));
}

void DriverLossTest::saysThatNothingCouldBeMerged()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    auto& beta = hosts.beta;
    beta.qemu().mergeFails = true;
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QTRY_VERIFY2_WITH_TIMEOUT(beta.reason().contains(u"could not merge"), hosts.text(),
                              TwoHosts::deadline);
    QCOMPARE(beta.state(), u"merging"_s);
    QCOMPARE(beta.qemu().status, u"running"_s);
    QVERIFY2(beta.hypervisor.defined.isEmpty(), "a start from the replica alone would lose writes");
    beta.hypervisor.end(webUuid(), Ending::TurnedOff); // as it is told to do
    QTRY_COMPARE_WITH_TIMEOUT(beta.state(), u"off"_s, TwoHosts::deadline);
    QCOMPARE(beta.hypervisor.defined.size(), 1);
    QCOMPARE(beta.guard(), u"allow"_s);
}

void DriverLossTest::goesOnAloneWhenTheShadowDies()
{
    QFETCH(const ArbiterKind, arbiter);
    TwoHosts hosts{arbiter, false};
    QVERIFY(hosts.beginProtected());
    hosts.beta.hypervisor.end(webUuid(), Ending::Died);
    const bool ended = QTest::qWaitFor(
        [&] { return hosts.alpha.state() == u"alone" && !hosts.beta.has(); }, TwoHosts::deadline);
    QVERIFY2(ended, hosts.text());
    QCOMPARE(hosts.live(), 1);
    QCOMPARE(hosts.alpha.trace(), QString{});
    QVERIFY(!hosts.alpha.qemu().ranParked);
    QVERIFY(hosts.alpha.did(u"store undoing 2"_s, u"qmp x-colo-lost-heartbeat"_s)
            || hosts.alpha.did(u"store undoing 3"_s, u"qmp x-colo-lost-heartbeat"_s));
    QCOMPARE(hosts.alpha.guard(), u"allow"_s);
    QCOMPARE(hosts.beta.guard(), QString{});
    if (arbiter == ArbiterKind::Etcd)
        QVERIFY(hosts.granted().startsWith(u"alpha"));
}

void DriverLossTest::turnsOffWhenTheGuestDoes()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.hypervisor.end(webUuid(), Ending::TurnedOff);
    const bool ended = QTest::qWaitFor(
        [&] { return hosts.alpha.state() == u"off" && !hosts.beta.has(); }, TwoHosts::deadline);
    QVERIFY2(ended, hosts.text());
    QVERIFY(!hosts.beta.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
    QTRY_COMPARE(hosts.alpha.guard(), u"allow"_s); // it can be started again here
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
}

void DriverLossTest::letsTheArbiterChoose_data()
{
    QTest::addColumn<bool>("betaIsFirst");
    QTest::newRow("primary") << false;
    QTest::newRow("secondary") << true;
}

void DriverLossTest::letsTheArbiterChoose()
{
    QFETCH(const bool, betaIsFirst);
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    (betaIsFirst ? hosts.alpha : hosts.beta).arbiter.delay = 300ms;
    hosts.alpha.peers.setLink(false);
    const bool ended = QTest::qWaitFor(
        [&] {
            return betaIsFirst ? hosts.alpha.standing() == loses && hosts.beta.standing() == wins
                               : hosts.alpha.standing() == wins && !hosts.beta.has();
        },
        TwoHosts::deadline);
    QVERIFY2(ended, hosts.text());
    QTRY_COMPARE(hosts.live(), 1);
    QTRY_COMPARE(int(hosts.alpha.hypervisor.runs(webUuid()))
                     + int(hosts.beta.hypervisor.runs(webUuid())),
                 1);
    if (betaIsFirst)
        QVERIFY(hosts.alpha.did(u"store stale 2"_s, u"destroy"_s));
    hosts.alpha.peers.setLink(true);
    auto& winner = betaIsFirst ? hosts.beta : hosts.alpha;
    QTRY_VERIFY(winner.driver()->mind().theirs.heard);
    QCOMPARE(winner.standing(), wins);
    QCOMPARE(hosts.live(), 1);
}

void DriverLossTest::letsThePrimaryGoFirst()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.arbiter.delay = 20ms; // it sees that it is cut off a little later
    hosts.alpha.peers.setLink(false);
    const bool ended = QTest::qWaitFor(
        [&] { return hosts.alpha.standing() == wins && !hosts.beta.has(); }, TwoHosts::deadline);
    QVERIFY2(ended, hosts.text());
}

void DriverLossTest::waitsForTheArbiter()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.arbiter.unreachable = hosts.beta.arbiter.unreachable = true;
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(waits, shadowWaits), hosts.text());
    QTRY_VERIFY(hosts.alpha.driver()->mind().arbiterLost);
    QTRY_VERIFY(hosts.beta.driver()->mind().arbiterLost);
    QCOMPARE(hosts.live(), 0); // output is held: nobody may answer
    QTRY_VERIFY2(hosts.alpha.reason().contains(u"waiting for arbiter etcd"),
                 qPrintable(hosts.alpha.reason()));
    QTRY_VERIFY2(hosts.beta.reason().contains(u"waiting for arbiter etcd"),
                 qPrintable(hosts.beta.reason()));
    QCOMPARE(hosts.alpha.guard(), u"refuse"_s);
    hosts.alpha.arbiter.unreachable = false;
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), wins, TwoHosts::deadline);
    hosts.beta.arbiter.unreachable = false;
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.beta.has(), TwoHosts::deadline);
    QCOMPARE(hosts.live(), 1);
}

void DriverLossTest::forgetsWhyTheArbiterWasSilent()
{
    LongMerge merge;
    QVERIFY(merge.ready);
    auto& beta = merge.hosts.beta;
    merge.hosts.alpha.arbiter.unreachable = beta.arbiter.unreachable = true;
    merge.hosts.alpha.peers.setLink(false);
    QTRY_VERIFY_WITH_TIMEOUT(beta.driver()->mind().arbiterLost, TwoHosts::deadline);
    beta.arbiter.unreachable = false;
    QVERIFY2(merge.begins(), merge.hosts.text());
    QVERIFY2(beta.reason().startsWith(u"live here"), qPrintable(beta.reason()));
}

void DriverLossTest::showsNoHalfReasonWhenTheArbiterWasLostBefore()
{
    // It is looked at now and then, and was lost while nothing was to be decided.
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.arbiter.unreachable = hosts.beta.arbiter.unreachable = true;
    hosts.alpha.driver()->arbiterSeen(false);
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(waits, shadowWaits), hosts.text());
    QVERIFY2(!hosts.alpha.reason().trimmed().endsWith(u':'), qPrintable(hosts.alpha.reason()));
}

void DriverLossTest::endsRightWhenTheAnswerWasLost_data()
{
    QTest::addColumn<bool>("betaAsks");
    QTest::addColumn<bool>("restarts");
    QTest::newRow("primary") << false << false;
    QTest::newRow("secondary") << true << false;
    QTest::newRow("primary, restarted") << false << true;
    QTest::newRow("secondary, restarted") << true << true;
}

void DriverLossTest::endsRightWhenTheAnswerWasLost()
{
    QFETCH(const bool, betaAsks);
    QFETCH(const bool, restarts);
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    auto& asker = betaAsks ? hosts.beta : hosts.alpha;
    auto& other = betaAsks ? hosts.alpha : hosts.beta;
    asker.arbiter.losesAnswers = true;
    other.arbiter.unreachable = true;
    hosts.alpha.peers.setLink(false);
    QTRY_COMPARE(hosts.granted(), betaAsks ? u"beta 2"_s : u"alpha 2"_s);
    if (restarts) {
        asker.end();
        QCOMPARE(asker.state(), u"interrupted"_s);
        QVERIFY2(asker.pairs.find(webUuid())->claimed, "it has to find out what became of it");
        asker.begin();
        asker.peers.setHealth(PeerHealth::Gone);
    }
    QTRY_COMPARE_WITH_TIMEOUT(asker.standing(), wins, TwoHosts::deadline);
    other.arbiter.unreachable = false;
    QTRY_VERIFY_WITH_TIMEOUT(betaAsks ? other.standing() == loses : !other.has(),
                             TwoHosts::deadline);
    QTRY_COMPARE(hosts.live(), 1);
    QCOMPARE(asker.standing(), wins);
}

void DriverLossTest::goesOnOnceTheOtherHostIsFenced()
{
    TwoHosts hosts{ArbiterKind::Fence, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.arbiter.unreachable = true;
    hosts.beta.arbiter.unreachable = true; // each fence device, too, was on that link
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(waits, shadowWaits), hosts.text());
    QTRY_VERIFY(hosts.beta.arbiter.claims > 0);
    QCOMPARE(hosts.live(), 0);
    hosts.beta.arbiter.unreachable = false;
    QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.standing(), wins, TwoHosts::deadline);
    QVERIFY(hosts.beta.did(u"arbiter takeover 2"_s, u"store taking-over 2"_s));
    // It turned alpha off, which comes back without its guest, and must not fence beta.
    hosts.alpha.end();
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    hosts.alpha.arbiter.unreachable = false;
    const int before = hosts.alpha.arbiter.claims;
    hosts.alpha.begin();
    hosts.alpha.peers.setLink(true);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), loses, TwoHosts::deadline);
    QCOMPARE(hosts.alpha.arbiter.claims, before);
    QCOMPARE(hosts.live(), 1);
}

void DriverLossTest::waitsForAnAdministrator()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(waits, shadowWaits), hosts.text());
    QCOMPARE(hosts.live(), 0);
    QVERIFY2(hosts.alpha.reason().contains(u"'lockstep continue-alone web'"),
             qPrintable(hosts.alpha.reason()));
    QVERIFY2(hosts.beta.reason().contains(u"'lockstep takeover web'"),
             qPrintable(hosts.beta.reason()));
    // The shadow's patience ends, and it still waits.
    QTRY_VERIFY(!hosts.beta.driver()->mind().waiting);
    QCOMPARE(hosts.beta.standing(), shadowWaits);
    QVERIFY(!hosts.beta.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
}

void DriverLossTest::goesOnWithTheShadowWhenTold()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(waits, shadowWaits), hosts.text());
    const auto job = hosts.beta.driver()->want(u"takeover"_s, Wish::TakeOver);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.beta.standing(), wins, TwoHosts::deadline);
    QTRY_COMPARE(toString(hosts.beta.job(job).state), toString(JobState::Done));
    QVERIFY(hosts.beta.job(job).result.contains(u"live-ms"));
    QCOMPARE(hosts.alpha.standing(), waits);
    QCOMPARE(hosts.live(), 1);
    hosts.alpha.peers.setLink(true);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), loses, TwoHosts::deadline);
    QTRY_VERIFY(!hosts.alpha.hypervisor.runs(webUuid()));
    QVERIFY(hosts.alpha.did(u"store stale 2"_s, u"destroy"_s));
}

void DriverLossTest::goesOnWithThePrimaryWhenTold()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(waits, shadowWaits), hosts.text());
    const auto job = hosts.alpha.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), wins, TwoHosts::deadline);
    QTRY_COMPARE(toString(hosts.alpha.job(job).state), toString(JobState::Done));
    QCOMPARE(hosts.live(), 1);
    hosts.alpha.peers.setLink(true);
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.beta.has(), TwoHosts::deadline);
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
    QCOMPARE(hosts.alpha.standing(), wins);
}

void DriverLossTest::doesNotTakeOverWhatIsNotInStep()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.peers.setLink(false);
    QVERIFY2(hosts.come(waits, shadowWaits), hosts.text());
    hosts.beta.qemu().coloMode = u"none"_s;
    const auto job = hosts.beta.driver()->want(u"takeover"_s, Wish::TakeOver);
    QTRY_COMPARE(toString(hosts.beta.job(job).state), toString(JobState::Failed));
    QCOMPARE(hosts.beta.job(job).error->code(), Errc::NotInStep);
    QVERIFY(!hosts.beta.journal.contains(u"qmp x-colo-lost-heartbeat"_s));
    QCOMPARE(hosts.beta.standing(), shadowWaits);
}

void DriverLossTest::handsOver()
{
    QFETCH(const ArbiterKind, arbiter);
    TwoHosts hosts{arbiter, false};
    QVERIFY(hosts.beginProtected());
    const auto job = hosts.alpha.driver()->want(u"switchover"_s, Wish::HandOver);
    QVERIFY2(hosts.come(loses, wins), hosts.text());
    QTRY_COMPARE(toString(hosts.alpha.job(job).state), toString(JobState::Done));
    QTRY_VERIFY(!hosts.alpha.hypervisor.runs(webUuid()));
    QCOMPARE(hosts.live(), 1);
    QCOMPARE(hosts.granted(), arbiter == ArbiterKind::Etcd ? u"beta 2"_s : QString{});
}

void DriverLossTest::keepsItsPairWhenNobodyTakesOver()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.beta.arbiter.unreachable = true;
    hosts.beta.peers.silent = {u"pair.let-go"_s};
    const auto job = hosts.alpha.driver()->want(u"switchover"_s, Wish::HandOver);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Failed),
                              TwoHosts::deadline);
    // It was cut off: the guest goes on here, alone.
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), wins, TwoHosts::deadline);
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.beta.has(), TwoHosts::deadline);
    QCOMPARE(hosts.live(), 1);
}

void DriverLossTest::continuesOnThePrimaryWithoutTheArbiter()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    hosts.alpha.settings.primaryContinues = hosts.beta.settings.primaryContinues = true;
    QVERIFY(hosts.beginProtected());
    hosts.alpha.arbiter.unreachable = hosts.beta.arbiter.unreachable = true;
    hosts.alpha.driver()->arbiterSeen(false);
    hosts.beta.driver()->arbiterSeen(false);
    QTRY_VERIFY(hosts.alpha.pairs.find(webUuid())->promised);
    QVERIFY(hosts.beta.pairs.find(webUuid())->promised); // it has given its word before
    hosts.alpha.peers.setLink(false);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), wins, TwoHosts::deadline);
    QCOMPARE(hosts.beta.standing(), shadowWaits);
    QVERIFY(!hosts.beta.journal.contains(u"arbiter takeover 2"_s));
    QCOMPARE(hosts.live(), 1);
    hosts.alpha.peers.setLink(true);
    QTRY_VERIFY_WITH_TIMEOUT(!hosts.beta.has(), TwoHosts::deadline);
}

void DriverLossTest::keepsWhatTheGuestSendsWhileItIsCutOff()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected()); // compare would lose it, and nobody knows yet who goes on
    const auto keeps = [&] {
        return hosts.alpha.qemu().objects.value(u"lockstep-net0-keep"_s)[u"status"].toString();
    };
    hosts.alpha.peers.setLink(false);
    badWrite(hosts.alpha, u"lockstep-repl-vda"_s);
    QTRY_COMPARE_WITH_TIMEOUT(keeps(), u"on"_s, TwoHosts::deadline);
    QCOMPARE(hosts.alpha.state(), u"interrupted"_s);
    (void)hosts.alpha.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.standing(), wins, TwoHosts::deadline);
    QCOMPARE(hosts.alpha.trace(), QString{});
}

QTEST_GUILESS_MAIN(DriverLossTest)
#include "DriverLossTest.moc"
