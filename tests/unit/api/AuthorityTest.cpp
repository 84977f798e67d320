// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Stage.h"

#include <QTest>

#include <unistd.h>

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

/// A call as the test tables have it: its name, what it does, and the polkit action that it needs.
struct NamedCall
{
    const char* name;
    const char* action;
    std::function<std::optional<Error>(BusClient&)> run;
};

template <typename T>
std::optional<Error> errorOf(const Result<T>& result)
{
    return result ? std::optional<Error>{} : result.error();
}

const std::vector<NamedCall>& everyChange()
{
    static const wire::Dictionary none;
    static const std::vector<NamedCall> all{
        {"Preflight", "org.lockstep.Lockstep1.look",
         [](BusClient& client) {
             return errorOf(client.call<std::string, std::string, std::vector<wire::Dictionary>>(
                 root, managerInterface, "Preflight", std::string{"web1"}, std::string{"beta"},
                 none));
         }},
        {"Plan", "org.lockstep.Lockstep1.look",
         [](BusClient& client) {
             return errorOf(client.call<std::vector<wire::Step>>(
                 root, managerInterface, "Plan", std::string{"web1"}, std::string{"beta"}, none));
         }},
        {"Doctor", "org.lockstep.Lockstep1.look",
         [](BusClient& client) {
             return errorOf(client.call<std::vector<wire::Dictionary>>(root, managerInterface,
                                                                       "Doctor", none));
         }},
        {"TryQemu", "org.lockstep.Lockstep1.protect",
         [](BusClient& client) {
             return errorOf(client.call<std::vector<wire::Dictionary>>(root, managerInterface,
                                                                       "TryQemu", none));
         }},
        {"ProbePeer", "org.lockstep.Lockstep1.look",
         [](BusClient& client) {
             return errorOf(client.call<std::string, std::string, std::string>(
                 root, managerInterface, "ProbePeer", std::string{"10.0.0.2"}, none));
         }},
        {"Protect", "org.lockstep.Lockstep1.protect",
         [](BusClient& client) { return errorOf(protect(client)); }},
        {"AddPeer", "org.lockstep.Lockstep1.manage-peers",
         [](BusClient& client) {
             return errorOf(client.call<sdbus::ObjectPath>(
                 root, managerInterface, "AddPeer", std::string{"10.0.0.2"}, fingerprint, none));
         }},
        {"TakeOver", "org.lockstep.Lockstep1.takeover",
         [](BusClient& client) {
             return errorOf(
                 client.call<sdbus::ObjectPath>(pairPath, pairInterface, "TakeOver", none));
         }},
        {"SwitchOver", "org.lockstep.Lockstep1.takeover",
         [](BusClient& client) {
             return errorOf(
                 client.call<sdbus::ObjectPath>(pairPath, pairInterface, "SwitchOver", none));
         }},
        {"DrainHost", "org.lockstep.Lockstep1.takeover",
         [](BusClient& client) {
             return errorOf(
                 client.call<sdbus::ObjectPath>(root, managerInterface, "DrainHost", none));
         }},
        {"ContinueAlone", "org.lockstep.Lockstep1.takeover",
         [](BusClient& client) {
             return errorOf(
                 client.call<sdbus::ObjectPath>(pairPath, pairInterface, "ContinueAlone", none));
         }},
        {"Unprotect", "org.lockstep.Lockstep1.protect",
         [](BusClient& client) {
             return errorOf(
                 client.call<sdbus::ObjectPath>(pairPath, pairInterface, "Unprotect", none));
         }},
        {"SetSettings", "org.lockstep.Lockstep1.change-settings",
         [](BusClient& client) {
             const wire::Dictionary some{{"auto-protect", sdbus::Variant{true}}};
             return errorOf(client.call<>(pairPath, pairInterface, "SetSettings", some));
         }},
        {"ListDomains", "org.lockstep.Lockstep1.look",
         [](BusClient& client) {
             return errorOf(client.call<std::vector<wire::Dictionary>>(root, managerInterface,
                                                                       "ListDomains", none));
         }},
        {"GetConfiguration", "org.lockstep.Lockstep1.look",
         [](BusClient& client) {
             return errorOf(client.call<std::string, std::vector<wire::Dictionary>>(
                 root, managerInterface, "GetConfiguration", none));
         }},
        {"Accept", "org.lockstep.Lockstep1.manage-peers",
         [](BusClient& client) {
             return errorOf(client.call<>(peerPath, peerInterface, "Accept", fingerprint, none));
         }},
        {"SetHeartbeat", "org.lockstep.Lockstep1.change-settings",
         [](BusClient& client) {
             return errorOf(client.call<>(peerPath, peerInterface, "SetHeartbeat", none));
         }},
        {"Remove", "org.lockstep.Lockstep1.manage-peers",
         [](BusClient& client) {
             return errorOf(client.call<>(peerPath, peerInterface, "Remove", none));
         }},
        {"Cancel", "org.lockstep.Lockstep1.protect",
         [](BusClient& client) {
             return errorOf(client.call<>(jobPath, jobInterface, "Cancel", none));
         }},
    };
    return all;
}

} // namespace

/// Who may call what.
class AuthorityTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void asksPolkitForEveryChange_data();
    void asksPolkitForEveryChange();
    void doesNothingThatPolkitForbids_data();
    void doesNothingThatPolkitForbids();
    void cancelNeedsWhatTheJobNeeded_data();
    void cancelNeedsWhatTheJobNeeded();
    void tellsThatAPasswordIsWanted();
    void letsPolkitAskTheUserOnlyIfTheCallerDoes();
    void forbidsChangesWithoutPolkit();
    void letsEverybodyRead();
    void allowsRootWithoutPolkit();
    void stoppingEndsTheWaitForAPassword();
};

void AuthorityTest::asksPolkitForEveryChange_data()
{
    QTest::addColumn<int>("index");
    int index = 0;
    for (const NamedCall& call : everyChange())
        QTest::newRow(call.name) << index++;
}

void AuthorityTest::asksPolkitForEveryChange()
{
    QFETCH(int, index);
    Stage stage{BusClient::User::Nobody};
    stage.peers.probed = PeerProbe{.name = u"beta"_s, .id = samplePeer().id, .version = u"0.1.0"_s};
    FakePolkit polkit{stage.bus.address()};
    polkit.authorized = true;
    const NamedCall& call = everyChange().at(static_cast<std::size_t>(index));
    const auto error = call.run(*stage.client);
    // Remove is refused for a good reason that is not polkit's.
    QVERIFY2(!error || error->code() == Errc::Busy, error ? qPrintable(error->message()) : "");
    QCOMPARE(polkit.questions.size(), std::size_t{1});
    QCOMPARE(polkit.questions[0].action, std::string{call.action});
    QCOMPARE(polkit.questions[0].subject, std::string{stage.client->connection().getUniqueName()});
    QCOMPARE(polkit.questions[0].flags, uint32_t{0});
}

void AuthorityTest::doesNothingThatPolkitForbids_data() { asksPolkitForEveryChange_data(); }

void AuthorityTest::doesNothingThatPolkitForbids()
{
    QFETCH(int, index);
    Stage stage{BusClient::User::Nobody};
    const FakePolkit polkit{stage.bus.address()};
    const auto error = everyChange().at(static_cast<std::size_t>(index)).run(*stage.client);
    QVERIFY(error);
    QCOMPARE(error->code(), Errc::NotAuthorized);
    QVERIFY(stage.pairs.calls.isEmpty());
    QVERIFY(stage.peers.calls.isEmpty());
}

void AuthorityTest::cancelNeedsWhatTheJobNeeded_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("action");
    const QString protect = u"org.lockstep.Lockstep1.protect"_s;
    const QString takeover = u"org.lockstep.Lockstep1.takeover"_s;
    QTest::newRow("protect") << u"protect"_s << protect;
    QTest::newRow("unprotect") << u"unprotect"_s << protect;
    QTest::newRow("takeover") << u"takeover"_s << takeover;
    QTest::newRow("switchover") << u"switchover"_s << takeover;
    QTest::newRow("continue-alone") << u"continue-alone"_s << takeover;
    QTest::newRow("drain") << u"drain"_s << takeover;
}

void AuthorityTest::cancelNeedsWhatTheJobNeeded()
{
    QFETCH(const QString, kind);
    QFETCH(const QString, action);
    Stage stage{BusClient::User::Nobody};
    FakePolkit polkit{stage.bus.address()};
    JobView job = sampleJob();
    job.kind = kind;
    stage.pairs.put(job);
    const auto denied = stage.client->call<>(jobPath, jobInterface, "Cancel", wire::Dictionary{});
    QVERIFY(!denied);
    QCOMPARE(denied.error().code(), Errc::NotAuthorized);
    QVERIFY(stage.pairs.calls.isEmpty());
    polkit.authorized = true;
    QVERIFY(stage.client->call<>(jobPath, jobInterface, "Cancel", wire::Dictionary{}));
    QCOMPARE(stage.pairs.calls, QStringList{u"cancel 1"_s});
    QCOMPARE(polkit.questions.size(), std::size_t{2});
    for (const auto& question : polkit.questions)
        QCOMPARE(question.action, action.toStdString());
}

void AuthorityTest::tellsThatAPasswordIsWanted()
{
    Stage stage{BusClient::User::Nobody};
    FakePolkit polkit{stage.bus.address()};
    polkit.challenge = true;
    const auto job = protect(*stage.client);
    QVERIFY(!job);
    QCOMPARE(job.error().code(), Errc::NotAuthorized);
    QVERIFY2(job.error().message().contains(u"password"_s), qPrintable(job.error().message()));
}

void AuthorityTest::letsPolkitAskTheUserOnlyIfTheCallerDoes()
{
    Stage stage{BusClient::User::Nobody, true};
    FakePolkit polkit{stage.bus.address()};
    polkit.authorized = true;
    QVERIFY(protect(*stage.client));
    QCOMPARE(polkit.questions.at(0).flags, uint32_t{1});
    QCOMPARE(polkit.questions.at(0).details.at("domain"), std::string{"web1"});
}

void AuthorityTest::forbidsChangesWithoutPolkit()
{
    Stage stage{BusClient::User::Nobody};
    const auto job = protect(*stage.client);
    QVERIFY(!job);
    QCOMPARE(job.error().code(), Errc::NotAuthorized);
    QVERIFY2(job.error().message().contains(u"polkit did not answer"_s),
             qPrintable(job.error().message()));
    QVERIFY(stage.pairs.calls.isEmpty());
}

void AuthorityTest::letsEverybodyRead()
{
    Stage stage{BusClient::User::Nobody};
    QVERIFY(!stage.client->properties(pairPath, pairInterface).empty());
    QVERIFY(stage.client->call<sdbus::ObjectPath>(root, managerInterface, "FindPair",
                                                  std::string{"web1"}, wire::Dictionary{}));
    QVERIFY(stage.client->call<sdbus::ObjectPath>(root, managerInterface, "FindPeer",
                                                  std::string{"beta"}, wire::Dictionary{}));
}

void AuthorityTest::allowsRootWithoutPolkit()
{
    if (::geteuid() != 0)
        QSKIP("only root can be root");
    Stage stage;
    const FakePolkit polkit{stage.bus.address()};
    QVERIFY(protect(*stage.client));
    QVERIFY(polkit.questions.empty());
}

void AuthorityTest::stoppingEndsTheWaitForAPassword()
{
    Stage stage{BusClient::User::Nobody, true};
    FakePolkit polkit{stage.bus.address()};
    polkit.silent = true;
    const auto proxy =
        sdbus::createProxy(stage.client->connection(), sdbus::ServiceName{dbus::service}, root);
    std::string error;
    proxy->callMethodAsync("ProbePeer")
        .onInterface(managerInterface)
        .withArguments(std::string{"10.0.0.2"}, wire::Dictionary{})
        .uponReplyInvoke([&error](std::optional<sdbus::Error> failed, const std::string& /*name*/,
                                  const std::string& /*digits*/, const std::string& /*version*/) {
            error = failed ? std::string{failed->getName()} : "(none)";
        });
    QTRY_COMPARE(polkit.questions.size(), std::size_t{1});
    QCoro::waitFor(stage.service.stop());
    QTRY_COMPARE(error, std::string{"org.lockstep.Error.NotAuthorized"});
    QVERIFY(stage.peers.calls.isEmpty());
}

QTEST_GUILESS_MAIN(AuthorityTest)
#include "AuthorityTest.moc"
