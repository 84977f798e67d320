// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/TwoHosts.h"
#include "pair/PreflightFacts.h"

#include <QDir>
#include <QTcpServer>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace lockstep;
using namespace lockstep::test;
using namespace failover;
using Ending = FakeHypervisor::Ending;

namespace {

const QString protectedHere = u"primary protected 1"_s;
const QString shadowThere = u"secondary protected 1"_s;

void addArbiters()
{
    QTest::addColumn<ArbiterKind>("arbiter");
    for (const auto kind : {ArbiterKind::Manual, ArbiterKind::Fence, ArbiterKind::Etcd})
        QTest::newRow(qPrintable(nameOf(kind))) << kind;
}

HostFacts factsOf(const QString& name)
{
    return {.hostName = name,
            .hostUuid = QUuid::createUuidV5(QUuid{}, name),
            .qemuVersion = u"11.1.3"_s,
            .qemuPackage = u"Debian 1:11.1.3+ds-1~bpo13+1"_s,
            .libvirtVersion = u"11.3.0"_s,
            .machineTypes = {u"pc-q35-11.1"_s, u"q35"_s},
            .kvmUsable = true,
            .memoryTotal = Bytes::fromMiB(4096),
            .memoryFree = Bytes::fromMiB(1024),
            .bridges = {u"br0"_s},
            .emulators = {},
            .startHookProblem = {}};
}

/// A host that could take the domain, and a link to it.
struct Preflighted
{
    QTcpServer server;
    bool prepare(TwoHosts& hosts)
    {
        RemoteFacts facts;
        facts.host = factsOf(u"beta"_s);
        facts.imageDirectory = hosts.beta.images.path();
        facts.imageSpaceFree = Bytes::fromMiB(4096);
        facts.freePorts = 100;
        hosts.alpha.hypervisor.facts = factsOf(u"alpha"_s);
        hosts.alpha.peers.answers.insert_or_assign(u"preflight.facts"_s, facts.toJson());
        if (!server.listen(hosts.alpha.peers.other.remoteAddress))
            return false;
        hosts.alpha.peers.other.port = server.serverPort();
        return true;
    }
};

/// The images that were made for shadows on this host.
QStringList imagesOn(const FakeHost& host)
{
    return QDir{host.images.path()}.entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
}

} // namespace

/// How a pair comes to be protected, and ends.
class DriverProtectTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void protects_data() { addArbiters(); }
    void protects();
    void asksNobodyBeforeItIsSaved();
    void undoesWhatCannotBeBuilt();
    void stopsWhenItIsCancelled();
    void stopsWhenThePeerIsLost();
    void refusesWithoutHeartbeats();
    void doesNotCountAShadowThatTheArbiterDoesNotKnow();
    void goesOnAloneWhenAsked_data() { addArbiters(); }
    void goesOnAloneWhenAsked();
    void tellsThatTheOtherSideDoesNotAnswer();
    void forgetsOnBothSides_data() { addArbiters(); }
    void forgetsOnBothSides();
    void forgetsWhatADaemonBeforeWasGranted();
    void canBeAskedAgainAfterAFailure();
    void protectsAgainByItself();
    void protectsBack();
};

void DriverProtectTest::protects()
{
    QFETCH(const ArbiterKind, arbiter);
    TwoHosts hosts{arbiter};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    const auto job = driver->want(u"protect"_s, Wish::Protect);
    QVERIFY2(hosts.come(protectedHere, shadowThere), hosts.text());
    QTRY_COMPARE(toString(hosts.alpha.job(job).state), toString(JobState::Done));
    QCOMPARE(hosts.alpha.job(job).result[u"epoch"].toInt(), 1);
    const bool etcd = arbiter == ArbiterKind::Etcd;
    QCOMPARE(hosts.granted(), etcd ? u"alpha 1 in step"_s : QString{});
    QCOMPARE(hosts.alpha.reason(), QString{});
    QCOMPARE(hosts.alpha.guard(), u"refuse"_s);
    QCOMPARE(hosts.beta.guard(), u"refuse"_s);
    QVERIFY(!hosts.alpha.pairs.find(webUuid())->sole);
    QVERIFY(!hosts.alpha.qemu().ranParked);
    QCOMPARE(hosts.live(), 0); // COLO holds what they send
    if (etcd) {
        QVERIFY(hosts.alpha.did(u"arbiter begin 1"_s, u"call shadow.prepare"_s));
        QVERIFY(hosts.alpha.did(u"call shadow.confirm"_s, u"arbiter in-step 1"_s));
        QVERIFY(hosts.alpha.did(u"arbiter in-step 1"_s, u"store protected 1"_s));
    }
    QVERIFY(hosts.alpha.did(u"store preparing 1"_s, u"call shadow.prepare"_s));
    QVERIFY(hosts.beta.did(u"store copying 1"_s, u"create"_s));
}

void DriverProtectTest::asksNobodyBeforeItIsSaved()
{
    TwoHosts hosts{ArbiterKind::Manual};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    hosts.alpha.store.full = true;
    (void)driver->want(u"protect"_s, Wish::Protect);
    QTRY_VERIFY(hosts.alpha.store.refusals > 1); // it tries again
    QVERIFY(!hosts.alpha.journal.contains(u"call shadow.prepare"_s));
    hosts.alpha.store.full = false;
    QVERIFY2(hosts.come(protectedHere, shadowThere), hosts.text());
}

void DriverProtectTest::undoesWhatCannotBeBuilt()
{
    TwoHosts hosts{ArbiterKind::Etcd};
    hosts.beta.hypervisor.startProblem = u"no memory"_s;
    auto* driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    const auto job = driver->want(u"protect"_s, Wish::Protect);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Failed),
                              TwoHosts::deadline);
    QVERIFY2(hosts.alpha.job(job).error->message().contains(u"no memory"),
             qPrintable(hosts.alpha.job(job).error->message()));
    QTRY_VERIFY2(!hosts.alpha.has() && !hosts.beta.has(), hosts.text()); // it never was a pair
    QCOMPARE(hosts.live(), 1);
    QCOMPARE(hosts.alpha.trace(), QString{});
    QCOMPARE(imagesOn(hosts.beta), QStringList{});
    QTRY_COMPARE(hosts.alpha.guard(), QString{});
    QTRY_COMPARE(hosts.granted(), QString{});
    QTRY_VERIFY(!hosts.alpha.driver());
    hosts.beta.hypervisor.startProblem.clear();
    driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    (void)driver->want(u"protect"_s, Wish::Protect);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"protected"_s, TwoHosts::deadline);
}

void DriverProtectTest::stopsWhenItIsCancelled()
{
    TwoHosts hosts{ArbiterKind::Manual};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    std::optional<JobId> id;
    hosts.alpha.qemu().seen = [&hosts, &id](int) {
        if (id && hosts.alpha.qemu().migration == u"active")
            (void)hosts.alpha.jobs.cancel(*id);
    };
    const auto job = driver->want(u"protect"_s, Wish::Protect);
    QVERIFY(job);
    id = *job;
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Cancelled),
                              TwoHosts::deadline);
    QTRY_VERIFY2(!hosts.alpha.has() && !hosts.beta.has(), hosts.text());
    QCOMPARE(hosts.live(), 1);
    QCOMPARE(hosts.alpha.trace(), QString{});
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
}

void DriverProtectTest::stopsWhenThePeerIsLost()
{
    TwoHosts hosts{ArbiterKind::Manual};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    bool cut = false;
    hosts.alpha.qemu().seen = [&hosts, &cut](int) {
        if (hosts.alpha.qemu().migration == u"active" && !std::exchange(cut, true))
            hosts.alpha.peers.setLink(false);
    };
    const auto job = driver->want(u"protect"_s, Wish::Protect);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Failed),
                              TwoHosts::deadline);
    QCOMPARE(hosts.alpha.job(job).error->code(), Errc::PeerUnreachable);
    QCOMPARE(hosts.live(), 1);
    QCOMPARE(hosts.alpha.trace(), QString{});
    // The other side finds it out by itself.
    QTRY_VERIFY2(!hosts.beta.has() && !hosts.beta.hypervisor.runs(webUuid()), hosts.text());
}

void DriverProtectTest::refusesWithoutHeartbeats()
{
    TwoHosts hosts{ArbiterKind::Manual};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    hosts.alpha.peers.setHealth(PeerHealth::Gone);
    const auto job = driver->want(u"protect"_s, Wish::Protect);
    QTRY_COMPARE(toString(hosts.alpha.job(job).state), toString(JobState::Failed));
    QCOMPARE(hosts.alpha.job(job).error->code(), Errc::PeerUnreachable);
    QVERIFY(!hosts.alpha.has());
}

void DriverProtectTest::doesNotCountAShadowThatTheArbiterDoesNotKnow()
{
    TwoHosts hosts{ArbiterKind::Etcd};
    auto* const driver = hosts.alpha.newDriver();
    QVERIFY(driver);
    hosts.alpha.records.before = [&hosts](Claim& claim) {
        if (claim.kind == ClaimKind::Begin)
            hosts.alpha.arbiter.unreachable = true; // from now on
    };
    (void)driver->want(u"protect"_s, Wish::Protect);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"confirming"_s, TwoHosts::deadline);
    QTRY_VERIFY_WITH_TIMEOUT(hosts.alpha.driver()->mind().arbiterLost, TwoHosts::deadline);
    QVERIFY(hosts.alpha.state() == u"confirming");
    QTRY_VERIFY2(hosts.alpha.reason().contains(u"waiting for arbiter etcd"),
                 qPrintable(hosts.alpha.reason()));
    hosts.alpha.arbiter.unreachable = false;
    QVERIFY2(hosts.come(protectedHere, shadowThere), hosts.text());
}

void DriverProtectTest::goesOnAloneWhenAsked()
{
    QFETCH(const ArbiterKind, arbiter);
    TwoHosts hosts{arbiter, false};
    QVERIFY(hosts.beginProtected());
    const auto job = hosts.alpha.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Done),
                              TwoHosts::deadline);
    QCOMPARE(hosts.alpha.standing(), u"primary alone 2"_s);
    QTRY_VERIFY2(!hosts.beta.has(), hosts.text());
    QVERIFY(!hosts.beta.hypervisor.runs(webUuid()));
    QCOMPARE(hosts.live(), 1);
    QCOMPARE(hosts.alpha.trace(), QString{});
    QCOMPARE(hosts.granted(), arbiter == ArbiterKind::Etcd ? u"alpha 2"_s : QString{});
    QVERIFY(hosts.alpha.did(u"store undoing 2"_s, u"qmp x-colo-lost-heartbeat"_s));
    // Agreed without shooting the other host, which is well.
    if (arbiter != ArbiterKind::Etcd) {
        QCOMPARE(hosts.alpha.arbiter.claims, 0);
        QVERIFY(hosts.alpha.did(u"call pair.let-go"_s, u"store undoing 2"_s));
        QVERIFY(hosts.beta.journal.contains(u"store undoing 1"_s));
    }
}

void DriverProtectTest::tellsThatTheOtherSideDoesNotAnswer()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.peers.silent = {u"pair.let-go"_s};
    const auto job = hosts.alpha.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QTRY_COMPARE(toString(hosts.alpha.job(job).state), toString(JobState::Failed));
    QCOMPARE(hosts.alpha.job(job).error->code(), Errc::Timeout);
    QVERIFY2(hosts.come(protectedHere, shadowThere), hosts.text()); // nothing has changed
}

void DriverProtectTest::forgetsOnBothSides()
{
    QFETCH(const ArbiterKind, arbiter);
    TwoHosts hosts{arbiter, false};
    QVERIFY(hosts.beginProtected());
    const auto job = hosts.alpha.driver()->want(u"unprotect"_s, Wish::GoAlone, true);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Done),
                              TwoHosts::deadline);
    QVERIFY2(!hosts.alpha.has() && !hosts.beta.has(), hosts.text());
    QCOMPARE(hosts.live(), 1);
    QCOMPARE(hosts.alpha.trace(), QString{});
    QCOMPARE(hosts.granted(), QString{});
    QTRY_COMPARE(hosts.alpha.guard(), QString{});
    QTRY_COMPARE(hosts.beta.guard(), QString{});
    QTRY_VERIFY(!hosts.alpha.driver());
    QTRY_VERIFY(!hosts.beta.driver());
}

void DriverProtectTest::forgetsWhatADaemonBeforeWasGranted()
{
    // A record that stays would deny the domain to whoever protects it from the other host.
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    (void)hosts.alpha.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QVERIFY2(hosts.come(u"primary alone 2"_s, u"none"_s), hosts.text());
    QTRY_VERIFY(hosts.alpha.driver()->mind().work == Work::Nothing);
    hosts.alpha.end();
    hosts.alpha.begin();
    QCOMPARE(hosts.granted(), u"alpha 2"_s);
    const auto job = hosts.alpha.driver()->want(u"unprotect"_s, Wish::Nothing, true);
    QTRY_COMPARE_WITH_TIMEOUT(toString(hosts.alpha.job(job).state), toString(JobState::Done),
                              TwoHosts::deadline);
    QCOMPARE(hosts.granted(), QString{});
    QVERIFY(!hosts.alpha.has());
}

void DriverProtectTest::canBeAskedAgainAfterAFailure()
{
    TwoHosts hosts{ArbiterKind::Manual, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.qemu().refused = u"x-colo-lost-heartbeat"_s;
    (void)hosts.alpha.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QTRY_COMPARE(hosts.alpha.state(), u"undoing"_s);
    QTRY_VERIFY(hosts.alpha.driver()->mind().waiting); // it has failed, and will try again
    QCOMPARE(hosts.alpha.guard(), u"allow"_s); // this host alone may run it by now
    hosts.alpha.qemu().refused.clear();
    hosts.alpha.driver()->hurry();
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"alone"_s, TwoHosts::deadline);
    QCOMPARE(hosts.alpha.trace(), QString{});
    QCOMPARE(hosts.live(), 1);
}

void DriverProtectTest::protectsAgainByItself()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    hosts.alpha.settings.autoProtect = hosts.beta.settings.autoProtect = true;
    Preflighted preflight;
    QVERIFY(preflight.prepare(hosts));
    QVERIFY(hosts.beginProtected());
    hosts.beta.hypervisor.startProblem = u"no memory"_s;
    hosts.beta.hypervisor.end(webUuid(), Ending::Died);
    const auto attempts = [&hosts] { return hosts.alpha.journal.count(u"call shadow.prepare"_s); };
    QTRY_COMPARE_WITH_TIMEOUT(attempts(), 1, TwoHosts::deadline);
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"alone"_s, TwoHosts::deadline);
    QVERIFY2(hosts.alpha.reason().contains(u"no memory"), qPrintable(hosts.alpha.reason()));
    QVERIFY2(hosts.alpha.driver()->mind().waiting, "it must not try without end");
    hosts.beta.hypervisor.startProblem.clear();
    QTRY_COMPARE_WITH_TIMEOUT(hosts.alpha.state(), u"protected"_s, TwoHosts::deadline);
    QCOMPARE(attempts(), 2);
    QTRY_COMPARE(hosts.beta.state(), u"protected"_s);
    QVERIFY(hosts.granted().endsWith(u"in step"));
}

void DriverProtectTest::protectsBack()
{
    TwoHosts hosts{ArbiterKind::Etcd, false};
    QVERIFY(hosts.beginProtected());
    hosts.alpha.hypervisor.end(webUuid(), Ending::Died);
    QVERIFY2(hosts.come(u"primary stale 2"_s, u"primary alone 2"_s), hosts.text());
    QTRY_VERIFY(hosts.beta.driver()->mind().work == Work::Nothing);
    (void)hosts.beta.driver()->want(u"protect"_s, Wish::Protect);
    QVERIFY2(hosts.come(u"secondary protected 3"_s, u"primary protected 3"_s), hosts.text());
    QCOMPARE(hosts.granted(), u"beta 3 in step"_s);
    // And over again: alpha's old definition stays out of date all the time.
    (void)hosts.beta.driver()->want(u"continue-alone"_s, Wish::GoAlone);
    QVERIFY2(hosts.come(u"secondary stale 3"_s, u"primary alone 4"_s), hosts.text());
    QCOMPARE(hosts.alpha.guard(), u"refuse"_s);
}

QTEST_GUILESS_MAIN(DriverProtectTest)
#include "DriverProtectTest.moc"
