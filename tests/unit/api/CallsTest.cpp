// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

const std::string fingerprint = QByteArray{"b1"}.repeated(32).toStdString();

Result<std::tuple<sdbus::ObjectPath>> protect(BusClient& client,
                                              const wire::Dictionary& options = {})
{
    return client.call<sdbus::ObjectPath>(root, managerInterface, "Protect", std::string{"web1"},
                                          std::string{"beta"}, options);
}

} // namespace

/// What the methods do.
class CallsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void protectReturnsAJobThatIsThere();
    void protectPassesItsOptions();
    void protectLeavesOpenWhatIsNotGiven();
    void refusesOptionsThatItDoesNotKnow();
    void refusesOptionsOfTheWrongType();
    void returnsTheErrorWithItsRemedy();
    void keepsTheRemedyApartFromALineBreakInTheMessage();
    void preflightReturnsItsFindings();
    void planReturnsItsSteps();
    void doctorReturnsItsFindings();
    void doctorExaminesTheHostsNamed();
    void triesQemuOnlyWhenAsked();
    void pairMethodsNameTheDomainByUuid();
    void drainReturnsAJobThatIsThere();
    void refusesOptionsOfMethodsThatHaveNone();
    void findsAPairByNameUuidAndId();
    void tellsAnUnknownDomainFromAnUnpairedOne();
    void addPeerReturnsAPeerThatIsThere();
    void addPeerRefusesAShortFingerprint();
    void acceptTakesOnlyTheRightFingerprint();
    void setHeartbeatChangesWhatIsGiven();
    void keepsAPeerThatAPairNeeds();
    void removesAPeerWhoseMethodIsRunning();
    void cancelEndsTheJob();
    void stopWaitsForCallsUnderWay();
};

void CallsTest::protectReturnsAJobThatIsThere()
{
    Stage stage;
    const auto job = protect(*stage.client);
    QVERIFY(job);
    QCOMPARE(std::get<0>(*job), sdbus::ObjectPath{"/org/lockstep/Lockstep1/job/2"});
    QCOMPARE(
        stage.client->properties(std::get<0>(*job), jobInterface).at("Kind").get<std::string>(),
        std::string{"protect"});
}

void CallsTest::protectPassesItsOptions()
{
    Stage stage;
    QVERIFY(protect(*stage.client, {{"image-directory", sdbus::Variant{"/images"}}}));
    QVERIFY(protect(*stage.client,
                    {{"arbiter", sdbus::Variant{"etcd"}},
                     {"on-arbiter-loss", sdbus::Variant{"primary-continues"}},
                     {"auto-protect", sdbus::Variant{true}},
                     {"reuse-disks", sdbus::Variant{true}}}));
    QCOMPARE(stage.pairs.calls,
             (QStringList{u"protect web1 beta /images"_s,
                          u"protect web1 beta  arbiter=etcd on-arbiter-loss=primary-continues "
                          "auto-protect reuse-disks"_s}));
}

void CallsTest::protectLeavesOpenWhatIsNotGiven()
{
    // What is not given stays as it was for this pair: that is not the same as "no".
    Stage stage;
    QVERIFY(protect(*stage.client));
    QVERIFY(protect(*stage.client, {{"auto-protect", sdbus::Variant{false}}}));
    QCOMPARE(stage.pairs.calls,
             (QStringList{u"protect web1 beta "_s, u"protect web1 beta  no auto-protect"_s}));
}

void CallsTest::refusesOptionsThatItDoesNotKnow()
{
    Stage stage;
    const auto job = protect(*stage.client, {{"image-dir", sdbus::Variant{"/images"}}});
    QVERIFY(!job);
    QCOMPARE(job.error().code(), Errc::InvalidArgument);
    QVERIFY(job.error().message().contains(u"image-dir"_s));
    QVERIFY(stage.pairs.calls.isEmpty());
}

void CallsTest::refusesOptionsOfTheWrongType()
{
    Stage stage;
    for (const wire::Dictionary& wrong :
         {wire::Dictionary{{"image-directory", sdbus::Variant{true}}},
          wire::Dictionary{{"arbiter", sdbus::Variant{uint64_t{1}}}},
          wire::Dictionary{{"on-arbiter-loss", sdbus::Variant{true}}},
          wire::Dictionary{{"auto-protect", sdbus::Variant{"yes"}}},
          wire::Dictionary{{"reuse-disks", sdbus::Variant{"yes"}}}}) {
        const auto job = protect(*stage.client, wrong);
        QVERIFY(!job);
        QCOMPARE(job.error().code(), Errc::InvalidArgument);
    }
    QVERIFY(stage.pairs.calls.isEmpty());
}

void CallsTest::returnsTheErrorWithItsRemedy()
{
    Stage stage;
    stage.pairs.refusal =
        Error{Errc::NoSpace, u"beta: 3 GiB are missing"_s, u"Delete something."_s};
    const auto job = protect(*stage.client);
    QVERIFY(!job);
    QCOMPARE(job.error(), *stage.pairs.refusal);
}

void CallsTest::keepsTheRemedyApartFromALineBreakInTheMessage()
{
    Stage stage;
    stage.pairs.refusal = Error{Errc::Refused, u"GenericError: first\nsecond"_s, u"Do this."_s};
    const auto job = protect(*stage.client);
    QVERIFY(!job);
    QCOMPARE(job.error().message(), u"GenericError: first second"_s);
    QCOMPARE(job.error().remedy(), u"Do this."_s);
}

void CallsTest::preflightReturnsItsFindings()
{
    Stage stage;
    stage.pairs.report = {.domain = u"web1"_s,
                          .peerName = u"beta"_s,
                          .findings = {{.id = u"qemu-version"_s,
                                        .severity = Severity::Error,
                                        .host = u"beta"_s,
                                        .message = u"QEMU is too old"_s,
                                        .remedy = u"Update it."_s}}};
    const auto reply = stage.client->call<std::string, std::string, std::vector<wire::Dictionary>>(
        root, managerInterface, "Preflight", std::string{"5"}, std::string{"b1b1"},
        wire::Dictionary{});
    QVERIFY(reply);
    QCOMPARE(std::get<0>(*reply), std::string{"web1"});
    QCOMPARE(std::get<1>(*reply), std::string{"beta"});
    const auto& finding = std::get<2>(*reply).at(0);
    QCOMPARE(finding.at("id").get<std::string>(), std::string{"qemu-version"});
    QCOMPARE(finding.at("severity").get<std::string>(), std::string{"error"});
    QCOMPARE(finding.at("remedy").get<std::string>(), std::string{"Update it."});
}

void CallsTest::doctorReturnsItsFindings()
{
    Stage stage;
    stage.doctor.findings = {{.id = u"clock"_s,
                              .severity = Severity::Ok,
                              .host = u"alpha"_s,
                              .message = u"the clock is synchronised"_s,
                              .remedy = {}}};
    const auto found = stage.client->call<std::vector<wire::Dictionary>>(
        root, managerInterface, "Doctor", wire::Dictionary{});
    QVERIFY(found);
    const auto& findings = std::get<0>(*found);
    QCOMPARE(findings.size(), std::size_t{1});
    QCOMPARE(findings[0].at("id").get<std::string>(), std::string{"clock"});
    QCOMPARE(findings[0].at("severity").get<std::string>(), std::string{"ok"});
    QCOMPARE(findings[0].at("host").get<std::string>(), std::string{"alpha"});
    QCOMPARE(stage.doctor.asked, QStringList{});
}

void CallsTest::doctorExaminesTheHostsNamed()
{
    Stage stage;
    const auto doctor = [&stage](const wire::Dictionary& options) {
        return stage.client->call<std::vector<wire::Dictionary>>(root, managerInterface, "Doctor",
                                                                 options);
    };
    QVERIFY(doctor({{"hosts", sdbus::Variant{std::vector<std::string>{"beta", "alpha"}}}}));
    QCOMPARE(stage.doctor.asked, (QStringList{u"beta"_s, u"alpha"_s}));
    QCOMPARE(doctor({{"hosts", sdbus::Variant{std::vector<std::string>{"nobody"}}}}).error().code(),
             Errc::UnknownPeer);
    QCOMPARE(doctor({{"hosts", sdbus::Variant{"beta"}}}).error().code(), Errc::InvalidArgument);
    QCOMPARE(doctor({{"host", sdbus::Variant{"beta"}}}).error().code(), Errc::InvalidArgument);
}

void CallsTest::triesQemuOnlyWhenAsked()
{
    Stage stage;
    stage.doctor.findings = {{.id = u"qemu-probe"_s,
                              .severity = Severity::Ok,
                              .host = u"alpha"_s,
                              .message = u"it works"_s,
                              .remedy = {}}};
    const auto tryQemu = [&stage](const wire::Dictionary& options) {
        return stage.client->call<std::vector<wire::Dictionary>>(root, managerInterface, "TryQemu",
                                                                 options);
    };
    QCOMPARE(tryQemu({{"force", sdbus::Variant{true}}}).error().code(), Errc::InvalidArgument);
    QCOMPARE(stage.doctor.trials, 0);
    const auto found = tryQemu({});
    QVERIFY(found);
    QCOMPARE(std::get<0>(*found).at(0).at("id").get<std::string>(), std::string{"qemu-probe"});
    QCOMPARE(stage.doctor.trials, 1);
    stage.doctor.trialProblem = Error{Errc::Busy, u"still taken away"_s};
    QCOMPARE(tryQemu({}).error().code(), Errc::Busy);
}

void CallsTest::planReturnsItsSteps()
{
    Stage stage;
    stage.pairs.steps = {
        {.host = u"beta"_s, .title = u"create image"_s, .undo = u"delete image"_s}};
    const auto reply = stage.client->call<std::vector<wire::Step>>(
        root, managerInterface, "Plan", std::string{"web1"}, std::string{"beta"},
        wire::Dictionary{});
    QVERIFY(reply);
    QCOMPARE(std::get<0>(*reply).at(0), (wire::Step{"beta", "create image", "delete image"}));
}

void CallsTest::pairMethodsNameTheDomainByUuid()
{
    Stage stage;
    for (const char* method : {"TakeOver", "SwitchOver", "ContinueAlone", "Unprotect"})
        QVERIFY(stage.client->call<sdbus::ObjectPath>(pairPath, pairInterface, method,
                                                      wire::Dictionary{}));
    const QString uuid = toString(samplePair().uuid);
    QCOMPARE(stage.pairs.calls,
             (QStringList{u"takeover "_s + uuid, u"switchover "_s + uuid,
                          u"continue-alone "_s + uuid, u"unprotect "_s + uuid}));
}

void CallsTest::drainReturnsAJobThatIsThere()
{
    Stage stage;
    stage.pairs.nextJob.kind = u"drain"_s;
    stage.pairs.nextJob.uuid = {}; // of no domain
    const auto job = stage.client->call<sdbus::ObjectPath>(root, managerInterface, "DrainHost",
                                                           wire::Dictionary{});
    QVERIFY(job);
    const auto properties = stage.client->properties(std::get<0>(*job), jobInterface);
    QCOMPARE(properties.at("Kind").get<std::string>(), std::string{"drain"});
    QCOMPARE(stage.pairs.calls, QStringList{u"drain"_s});
}

void CallsTest::refusesOptionsOfMethodsThatHaveNone()
{
    Stage stage;
    BusClient& client = *stage.client;
    const wire::Dictionary options{{"gently", sdbus::Variant{true}}};
    const auto refused = [](const auto& result) {
        return !result && result.error().code() == Errc::InvalidArgument
            && result.error().message().contains(u"gently"_s);
    };
    QVERIFY(refused(client.call<sdbus::ObjectPath>(root, managerInterface, "DrainHost", options)));
    for (const char* method : {"FindPair", "FindPeer"})
        QVERIFY(refused(client.call<sdbus::ObjectPath>(root, managerInterface, method,
                                                       std::string{"beta"}, options)));
    QVERIFY(refused(client.call<std::string, std::string, std::string>(
        root, managerInterface, "ProbePeer", std::string{"10.0.0.2"}, options)));
    for (const char* method : {"TakeOver", "SwitchOver", "ContinueAlone", "Unprotect"})
        QVERIFY(refused(client.call<sdbus::ObjectPath>(pairPath, pairInterface, method, options)));
    QVERIFY(refused(client.call<>(peerPath, peerInterface, "Accept", fingerprint, options)));
    QVERIFY(refused(client.call<>(peerPath, peerInterface, "Remove", options)));
    QVERIFY(refused(client.call<>(jobPath, jobInterface, "Cancel", options)));
    QVERIFY(stage.pairs.calls.isEmpty());
    QVERIFY(stage.peers.calls.isEmpty());
}

void CallsTest::findsAPairByNameUuidAndId()
{
    Stage stage;
    stage.hypervisor.known = {{.uuid = samplePair().uuid, .name = u"web1"_s, .id = 5}};
    for (const QString& name : {u"web1"_s, toString(samplePair().uuid), u"5"_s}) {
        const auto found = stage.client->call<sdbus::ObjectPath>(
            root, managerInterface, "FindPair", name.toStdString(), wire::Dictionary{});
        QVERIFY2(found, qPrintable(name));
        QCOMPARE(std::get<0>(*found), pairPath);
    }
}

void CallsTest::tellsAnUnknownDomainFromAnUnpairedOne()
{
    Stage stage;
    stage.hypervisor.known = {{.uuid = DomainUuid{QUuid::createUuid()}, .name = u"plain"_s}};
    const auto find = [&](const char* name) {
        return stage.client
            ->call<sdbus::ObjectPath>(root, managerInterface, "FindPair", std::string{name},
                                      wire::Dictionary{})
            .error()
            .code();
    };
    QCOMPARE(find("plain"), Errc::UnknownPair);
    QCOMPARE(find("nothing"), Errc::UnknownDomain);
}

void CallsTest::addPeerReturnsAPeerThatIsThere()
{
    Stage stage;
    stage.pairs.drop(samplePair().uuid);
    QVERIFY(stage.client->call<>(peerPath, peerInterface, "Remove", wire::Dictionary{}));
    const auto peer = stage.client->call<sdbus::ObjectPath>(
        root, managerInterface, "AddPeer", std::string{"10.0.0.2"}, fingerprint,
        wire::Dictionary{{"name", sdbus::Variant{"b"}}});
    QVERIFY(peer);
    QCOMPARE(std::get<0>(*peer), peerPath);
    const auto properties = stage.client->properties(peerPath, peerInterface);
    QCOMPARE(properties.at("Name").get<std::string>(), std::string{"b"});
    QCOMPARE(properties.at("Trust").get<std::string>(), std::string{"asking"});
}

void CallsTest::addPeerRefusesAShortFingerprint()
{
    Stage stage;
    const auto peer = stage.client->call<sdbus::ObjectPath>(
        root, managerInterface, "AddPeer", std::string{"10.0.0.2"}, std::string{"b1b1"},
        wire::Dictionary{});
    QVERIFY(!peer);
    QCOMPARE(peer.error().code(), Errc::InvalidArgument);
    QVERIFY(stage.peers.calls.isEmpty());
}

void CallsTest::acceptTakesOnlyTheRightFingerprint()
{
    Stage stage;
    const auto other =
        stage.client->call<>(peerPath, peerInterface, "Accept",
                             QByteArray{"c2"}.repeated(32).toStdString(), wire::Dictionary{});
    QVERIFY(!other);
    QCOMPARE(other.error().code(), Errc::FingerprintMismatch);
    QVERIFY(
        stage.client->call<>(peerPath, peerInterface, "Accept", fingerprint, wire::Dictionary{}));
}

void CallsTest::setHeartbeatChangesWhatIsGiven()
{
    Stage stage;
    const auto set = [&](const wire::Dictionary& options) {
        return stage.client->call<>(peerPath, peerInterface, "SetHeartbeat", options);
    };
    QVERIFY(set({{"timeout-ms", sdbus::Variant{uint64_t{500}}},
                 {"second-path", sdbus::Variant{"192.0.2.7"}}}));
    QCOMPARE(stage.peers.calls, QStringList{u"heartbeat 100 500 192.0.2.7"_s});
    const auto properties = stage.client->properties(peerPath, peerInterface);
    QCOMPARE(properties.at("HeartbeatTimeoutMs").get<uint64_t>(), uint64_t{500});
    QCOMPARE(properties.at("HeartbeatIntervalMs").get<uint64_t>(), uint64_t{100});
    QCOMPARE(properties.at("SecondPath").get<std::string>(), std::string{"192.0.2.7"});

    stage.peers.calls.clear();
    for (const wire::Dictionary& wrong :
         {wire::Dictionary{{"interval", sdbus::Variant{uint64_t{100}}}},
          wire::Dictionary{{"interval-ms", sdbus::Variant{"100"}}},
          wire::Dictionary{{"second-path", sdbus::Variant{uint64_t{1}}}}}) {
        const auto refused = set(wrong);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code(), Errc::InvalidArgument);
    }
    QVERIFY(stage.peers.calls.isEmpty());
    const auto outOfBounds = set({{"interval-ms", sdbus::Variant{~uint64_t{0}}}});
    QVERIFY(!outOfBounds);
    QCOMPARE(outOfBounds.error().code(), Errc::InvalidArgument);
}

void CallsTest::keepsAPeerThatAPairNeeds()
{
    Stage stage;
    const auto removed =
        stage.client->call<>(peerPath, peerInterface, "Remove", wire::Dictionary{});
    QVERIFY(!removed);
    QCOMPARE(removed.error().code(), Errc::Busy);
    QVERIFY(stage.peers.calls.isEmpty());
}

void CallsTest::removesAPeerWhoseMethodIsRunning()
{
    Stage stage;
    stage.pairs.drop(samplePair().uuid);
    QVERIFY(stage.client->call<>(peerPath, peerInterface, "Remove", wire::Dictionary{}));
    QVERIFY(stage.client->properties(peerPath, peerInterface).empty());
}

void CallsTest::cancelEndsTheJob()
{
    Stage stage;
    QVERIFY(stage.client->call<>(jobPath, jobInterface, "Cancel", wire::Dictionary{}));
    QCOMPARE(stage.client->properties(jobPath, jobInterface).at("State").get<std::string>(),
             std::string{"cancelled"});
}

void CallsTest::stopWaitsForCallsUnderWay()
{
    Stage stage;
    const auto proxy =
        sdbus::createProxy(stage.client->connection(), sdbus::ServiceName{dbus::service}, root);
    std::optional<bool> answered;
    proxy->callMethodAsync("Protect")
        .onInterface(managerInterface)
        .withArguments(std::string{"web1"}, std::string{"beta"}, wire::Dictionary{})
        .uponReplyInvoke([&](std::optional<sdbus::Error> error, const sdbus::ObjectPath& /*job*/) {
            answered = !error;
        });
    QTRY_VERIFY(!stage.pairs.calls.isEmpty());
    QCoro::waitFor(stage.service.stop());
    QTRY_VERIFY(answered.has_value());
    QVERIFY(*answered);
}

QTEST_GUILESS_MAIN(CallsTest)
#include "CallsTest.moc"
