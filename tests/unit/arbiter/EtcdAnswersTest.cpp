// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Samples.h"
#include "Stations.h"

#include "arbiter/EtcdArbiter.h"

#include <QElapsedTimer>
#include <QTest>

using namespace lockstep;
using namespace lockstep::samples;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// What no real etcd says: from a broken one, or from something else at its address.
class EtcdAnswersTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void neverGrants_data();
    void neverGrants();
    void understandsAGoodAnswer();
    void endsInTimeWithoutAnAnswer_data();
    void endsInTimeWithoutAnAnswer();
    void goesOnToTheNextEndpoint();
    void refusesAnotherCluster();
    void refusesAClusterThatFellBack();
    void remembersTheClusterItWasGiven();
    void checkWantsANo();
    void namesWhereAndWhat();
};

namespace {

EtcdSettings settingsFor(const QList<QUrl>& endpoints, std::chrono::milliseconds timeout = 10s)
{
    EtcdSettings settings;
    settings.endpoints = endpoints;
    settings.timeout = timeout;
    return settings;
}

QByteArray withHeader(const QByteArray& rest, const QByteArray& cluster = "7",
                      const QByteArray& revision = "5")
{
    return R"({"header":{"cluster_id":")" + cluster + R"(","revision":")" + revision + R"("})"
        + (rest.isEmpty() ? "" : "," + rest) + "}";
}

QByteArray keyOf(const DomainUuid& uuid)
{
    return ("/lockstep/" + toString(uuid).toUtf8()).toBase64();
}

QByteArray entry(const QByteArray& key, const QByteArray& value, const QByteArray& revision = "4")
{
    return R"({"key":")" + key + R"(","mod_revision":")" + revision + R"(","value":")" + value
        + R"("})";
}

QByteArray range(const QByteArray& entries, const QByteArray& count = "1")
{
    return R"("kvs":[)" + entries + R"(],"count":")" + count + R"(")";
}

QByteArray record(const Grant& grant, const DomainUuid& uuid = web)
{
    return toRecord(grant, uuid, u"web"_s).toBase64();
}

} // namespace

void EtcdAnswersTest::neverGrants_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<int>("status");
    QTest::addColumn<Errc>("code");
    const auto row = [](const char* tag, const QByteArray& answer,
                        Errc code = Errc::ArbiterMalformed,
                        int status = 200) { QTest::newRow(tag) << answer << status << code; };
    row("nothing", {});
    row("garbage", QByteArray{"\x00\xff\xfe{[", 5});
    row("a web page", "<html>Welcome to nginx!</html>");
    row("a list", "[]");
    row("an empty object", "{}");
    row("no header", range({}, "0"));
    row("cluster is a word", withHeader({}, "seven"));
    row("no revision", withHeader({}, "7", ""));
    row("revision 0", withHeader({}, "7", "0"));
    row("negative revision", withHeader({}, "7", "-5"));
    row("cut off", withHeader(range(entry(keyOf(web), record(inStep(1))))).chopped(5));
    row("another key", withHeader(range(entry(keyOf(db), record(inStep(1))))));
    row("another domain's record", withHeader(range(entry(keyOf(web), record(inStep(1), db)))));
    row("value is no base64", withHeader(range(entry(keyOf(web), "???"))));
    row("value is garbage", withHeader(range(entry(keyOf(web), "AAAA"))));
    row("key without revision", withHeader(range(entry(keyOf(web), record(inStep(1)), "0"))));
    row("two keys",
        withHeader(
            range(entry(keyOf(web), record(inStep(1))) + "," + entry(keyOf(web), record(alone(2))),
                  "2")));
    row("count without a key", withHeader(range({}, "1")));
    row("count is a word", withHeader(range({}, "one")));
    row("too long", withHeader(R"("x":")" + QByteArray(70'000, 'x') + '"'));
    row("not found", R"({"code":5,"message":"Not Found"})", Errc::ArbiterMalformed, 404);
    row("moved", {}, Errc::ArbiterMalformed, 302);
    row("no leader", R"({"code":14,"message":"etcdserver: no leader"})", Errc::ArbiterUnreachable,
        503);
    row("server error", "oops", Errc::ArbiterUnreachable, 500);
    row("password needed", R"({"code":16,"message":"etcdserver: invalid auth token"})",
        Errc::ArbiterRefused, 401);
    row("user needed", R"({"code":3,"message":"etcdserver: user name is empty"})",
        Errc::ArbiterRefused, 400);
    row("not allowed", R"({"code":7,"message":"etcdserver: permission denied"})",
        Errc::ArbiterRefused, 403);
}

void EtcdAnswersTest::neverGrants()
{
    QFETCH(const QByteArray, answer);
    QFETCH(const int, status);
    QFETCH(const Errc, code);
    Stub stub;
    stub.say(answer, status);
    EtcdArbiter arbiter{settingsFor({stub.url()})};
    const auto grant = QCoro::waitFor(arbiter.read(web));
    QVERIFY(!grant);
    QCOMPARE(grant.error().code(), code);
    const Claim claim = claimOf(ClaimKind::Takeover, inStep(1), takenOver(2));
    const auto verdict = QCoro::waitFor(arbiter.claim(claim));
    QVERIFY(!verdict);
    QCOMPARE(verdict.error().code(), code);
    QCOMPARE(arbiter.rejected(), code == Errc::ArbiterUnreachable ? 0U : 2U);
    QVERIFY(stub.requests >= 2);
}

void EtcdAnswersTest::understandsAGoodAnswer()
{
    Stub stub;
    stub.say(withHeader(range(entry(keyOf(web), record(inStep(1))))));
    EtcdArbiter arbiter{settingsFor({stub.url()})};
    const auto grant = QCoro::waitFor(arbiter.read(web));
    QVERIFY2(grant, grant ? "" : qPrintable(grant.error().message()));
    QCOMPARE(*grant, inStep(1));
    // The record is known now, so the claim is one transaction; its answers contradict themselves.
    const Claim claim = claimOf(ClaimKind::Takeover, inStep(1), takenOver(2));
    for (const char* rest :
         {R"("succeeded":true)", R"("succeeded":true,"responses":[])",
          R"("succeeded":true,"responses":[{"response_range":{}}])",
          R"("succeeded":true,"responses":[{"response_put":{}},{"response_put":{}}])",
          R"("responses":[{"response_put":{}}])", R"("responses":[7])",
          R"("responses":[{"response_put":{},"response_range":{}}])"}) {
        stub.say(withHeader(rest));
        const auto verdict = QCoro::waitFor(arbiter.claim(claim));
        QVERIFY2(!verdict, rest);
        QCOMPARE(verdict.error().code(), Errc::ArbiterMalformed);
    }
    stub.say(withHeader(R"("succeeded":true,"responses":[{"response_put":{}}])"));
    const auto verdict = QCoro::waitFor(arbiter.claim(claim));
    QVERIFY(verdict);
    QVERIFY(verdict->granted);
}

void EtcdAnswersTest::endsInTimeWithoutAnAnswer_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<bool>("drips");
    QTest::newRow("silence") << QByteArray{} << false;
    QTest::newRow("half a header") << QByteArray{"HTTP/1.1 200 O"} << false;
    QTest::newRow("half a body") << QByteArray{"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"}
                                 << false;
    QTest::newRow("byte by byte") << QByteArray{} << true;
    QTest::newRow("no HTTP") << QByteArray{"SSH-2.0-OpenSSH_10.0\r\n"} << false;
}

void EtcdAnswersTest::endsInTimeWithoutAnAnswer()
{
    QFETCH(const QByteArray, answer);
    QFETCH(const bool, drips);
    Stub stub{answer};
    stub.drips = drips;
    EtcdArbiter arbiter{settingsFor({stub.url()}, 300ms)};
    QElapsedTimer timer;
    timer.start();
    const auto grant = QCoro::waitFor(arbiter.read(web));
    QVERIFY(!grant);
    QCOMPARE(grant.error().code(), Errc::ArbiterUnreachable);
    QVERIFY2(timer.elapsed() < 3'000, qPrintable(QString::number(timer.elapsed())));
}

void EtcdAnswersTest::goesOnToTheNextEndpoint()
{
    Stub silent;
    Stub garbage;
    garbage.say("{}");
    Stub closed;
    const QUrl nobody = closed.url();
    closed.close();
    Stub good;
    good.say(withHeader({}));
    EtcdArbiter arbiter{settingsFor({silent.url(), garbage.url(), nobody, good.url()}, 2s)};
    QVERIFY(QCoro::waitFor(arbiter.read(web)));
    QCOMPARE(arbiter.rejected(), 1U);
    QVERIFY(QCoro::waitFor(arbiter.read(web))); // begins with the one that answered
    QCOMPARE(silent.requests, 1);
    QCOMPARE(good.requests, 2);
    good.answer.clear();
    const auto grant = QCoro::waitFor(arbiter.read(web));
    QVERIFY(!grant);
    QCOMPARE(grant.error().code(), Errc::ArbiterMalformed); // says more than silence
    for (const auto& endpoint : {silent.url(), garbage.url(), nobody, good.url()})
        QVERIFY2(grant.error().message().contains(endpoint.toString()),
                 qPrintable(grant.error().message()));
}

void EtcdAnswersTest::refusesAnotherCluster()
{
    Stub stub;
    stub.say(withHeader({}, "18446744073709551615"));
    EtcdArbiter arbiter{settingsFor({stub.url()})};
    QVERIFY(arbiter.identity().isEmpty());
    QVERIFY(QCoro::waitFor(arbiter.read(web)));
    QCOMPARE(arbiter.identity(), u"18446744073709551615"_s);
    stub.say(withHeader(R"("succeeded":true,"responses":[{"response_put":{}}])", "8"));
    const auto verdict = QCoro::waitFor(arbiter.claim(claimOf(ClaimKind::Begin, {}, outOfStep(1))));
    QVERIFY(!verdict);
    QCOMPARE(verdict.error().code(), Errc::ArbiterForeign);
    QCOMPARE(QCoro::waitFor(arbiter.check({})).error().code(), Errc::ArbiterForeign);
    QCOMPARE(arbiter.identity(), u"18446744073709551615"_s);
    QCOMPARE(arbiter.rejected(), 2U);
}

void EtcdAnswersTest::refusesAClusterThatFellBack()
{
    Stub stub;
    stub.say(withHeader({}, "7", "100"));
    EtcdArbiter arbiter{settingsFor({stub.url()})};
    QVERIFY(QCoro::waitFor(arbiter.read(web)));
    stub.say(withHeader({}, "7", "99"));
    QCOMPARE(QCoro::waitFor(arbiter.read(web)).error().code(), Errc::ArbiterForeign);
    stub.say(withHeader({}, "7", "100"));
    QVERIFY(QCoro::waitFor(arbiter.read(web)));
}

void EtcdAnswersTest::remembersTheClusterItWasGiven()
{
    Stub stub;
    stub.say(withHeader({}, "8"));
    EtcdSettings settings = settingsFor({stub.url()});
    settings.clusterId = 7;
    EtcdArbiter arbiter{settings};
    QCOMPARE(QCoro::waitFor(arbiter.read(web)).error().code(), Errc::ArbiterForeign);
}

void EtcdAnswersTest::checkWantsANo()
{
    Stub stub;
    stub.say(withHeader(R"("responses":[{"response_range":{}}])"));
    EtcdArbiter arbiter{settingsFor({stub.url()})};
    QVERIFY(QCoro::waitFor(arbiter.check({})));
    stub.say(withHeader(R"("succeeded":true,"responses":[{"response_put":{}}])"));
    QCOMPARE(QCoro::waitFor(arbiter.check({})).error().code(), Errc::ArbiterMalformed);
}

void EtcdAnswersTest::namesWhereAndWhat()
{
    Stub stub;
    stub.say(R"({"code":14,"message":"etcdserver: \u001b[31mno leader"})", 503);
    EtcdArbiter arbiter{settingsFor({stub.url()})};
    const auto error = QCoro::waitFor(arbiter.read(web)).error();
    QCOMPARE(error.message(),
             u"etcd: %1: HTTP status 503: etcdserver: ?[31mno leader"_s.arg(stub.url().toString()));
    QVERIFY(!error.remedy().isEmpty());
}

QTEST_GUILESS_MAIN(EtcdAnswersTest)
#include "EtcdAnswersTest.moc"
