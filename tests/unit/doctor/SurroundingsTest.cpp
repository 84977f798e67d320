// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Reports.h"
#include "Told.h"

#include "doctor/Etcd.h"
#include "doctor/Findings.h"
#include "doctor/Firewall.h"
#include "doctor/HostReport.h"

#include <QFile>
#include <QJsonArray>
#include <QTest>

using namespace lockstep;
using namespace lockstep::doctor;
using namespace lockstep::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QByteArray ruleset(const QString& entries)
{
    return u"{\"nftables\": [%1]}"_s.arg(entries).toUtf8();
}

const QString dropping =
    uR"({"chain": {"family": "inet", "table": "filter", "name": "in", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}})"_s;

QString rule(const QString& expressions)
{
    return uR"(, {"rule": {"family": "inet", "table": "filter", "chain": "in", "expr": [%1]}})"_s
        .arg(expressions);
}

} // namespace

/// What the checks make of what others say: etcd, the firewall, another host's daemon.
class SurroundingsTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyIdIsInTheDocumentation();
    void etcdMembers_data();
    void etcdMembers();
    void etcdThatCannotDecide();
    void firewalls_data();
    void firewalls();
    void reportsTravel();
    void refusesMalformedReports_data();
    void refusesMalformedReports();
};

void SurroundingsTest::everyIdIsInTheDocumentation()
{
    QFile page{QStringLiteral(LOCKSTEP_DOCS "/doctor.md")};
    QVERIFY(page.open(QIODevice::ReadOnly));
    QStringList documented;
    for (const QByteArray& line : page.readAll().split('\n')) {
        if (line.startsWith("| `"))
            documented << QString::fromUtf8(line).section(u'`', 1, 1);
    }
    QStringList known;
    for (const Id id : allIds())
        known << wordOf(id);
    QCOMPARE(documented, known);
}

void SurroundingsTest::etcdMembers_data()
{
    QTest::addColumn<QJsonObject>("answer");
    QTest::addColumn<QString>("found");
    const QJsonObject good{{u"version"_s, u"3.5.16"_s}, {u"leader"_s, u"123"_s}};
    QTest::newRow("good") << good << QString{};
    QJsonObject bad = good;
    bad.remove(u"leader"_s);
    QTest::newRow("no leader") << bad << u"error etcd"_s;
    bad = good;
    bad[u"errors"_s] = QJsonArray{u"memberID:1 alarm:NOSPACE"_s};
    QTest::newRow("alarm") << bad << u"error etcd"_s;
    bad = good;
    bad[u"version"_s] = u"3.3.27"_s;
    QTest::newRow("old") << bad << u"warning etcd"_s;
    QTest::newRow("no etcd") << QJsonObject{{u"hello"_s, 1}} << u"warning etcd"_s;
}

void SurroundingsTest::etcdMembers()
{
    QFETCH(const QJsonObject, answer);
    QFETCH(const QString, found);
    QCOMPARE(told(judgeEtcd({memberFromJson(u"http://witness:2379"_s, answer)}, {})), found);
}

void SurroundingsTest::etcdThatCannotDecide()
{
    const auto none = failure(Errc::ArbiterUnreachable, u"etcd: no answer"_s);
    QCOMPARE(told(judgeEtcd({none, none}, none)), u"error etcd"_s);
    QVERIFY(judgeEtcd({none}, none).first().remedy.contains(u"systemctl start etcd"_s));
    // Two of three are enough, but the next one that goes is one too many.
    const EtcdMember good{
        .endpoint = {}, .version = u"3.5.0"_s, .hasLeader = true, .alarms = {}, .took = 1ms};
    QCOMPARE(told(judgeEtcd({good, none, good}, {})), u"warning etcd"_s);
    const auto foreign = failure(Errc::ArbiterForeign, u"another cluster"_s, u"--forget-etcd"_s);
    const QString remedy = judgeEtcd({}, foreign).first().remedy;
    QVERIFY2(remedy.startsWith(u"--forget-etcd. 'lockstep config' "_s), qPrintable(remedy));
}

void SurroundingsTest::firewalls_data()
{
    QTest::addColumn<QByteArray>("rules");
    QTest::addColumn<QString>("found");
    const QString accept = uR"(, {"accept": null})"_s;
    const auto match = [](const QString& right) {
        return uR"({"match": {"op": "==", "left": {"payload": {"field": "dport"}}, "right": %1}})"_s
            .arg(right);
    };
    const auto row = [](const char* name, const QString& entries, bool isOpen) {
        QTest::newRow(name) << ruleset(entries) << (isOpen ? QString{} : u"warning firewall"_s);
    };
    QString accepting = dropping;
    row("nothing", {}, true);
    row("accepts", accepting.replace(u"\"drop\""_s, u"\"accept\""_s), true);
    row("drops", dropping, false);
    row("lets ssh in", dropping + rule(match(u"22"_s) + accept), false);
    const QString ours = rule(match(u"49500"_s) + accept);
    const QString range = rule(match(uR"({"range": [49510, 49699]})"_s) + accept);
    row("lets only our control port in", dropping + ours, false);
    row("lets only QEMU's ports in", dropping + range, false);
    row("lets half of QEMU's ports in",
        dropping + ours + rule(match(uR"({"range": [49510, 49600]})"_s) + accept), false);
    row("lets our ports in", dropping + ours + range, true);
    row("lets our ports out",
        dropping
            + uR"(, {"chain": {"family": "inet", "table": "filter", "name": "out", )"
              uR"("hook": "output"}})"_s
            + QString{ours + range}.replace(u"\"in\""_s, u"\"out\""_s),
        false);
    const QString overLink =
        uR"({"match": {"left": {"meta": {"key": "iifname"}}, "right": "eth1"}}, )"_s;
    row("lets ssh in over the link", dropping + rule(overLink + match(u"22"_s) + accept), false);
    row("lets a named set in", dropping + rule(match(u"\"@mine\""_s) + accept), true);
    row("lets links in", dropping + rule(match(u"\"eth*\""_s) + accept), true);
    row("lets other links in", dropping + rule(match(u"\"wl*\""_s) + accept), false);
    row("drops our port", dropping + rule(match(u"49500"_s) + uR"(, {"drop": null})"_s), false);
    row("lets a set in",
        dropping + rule(match(uR"({"set": [22, {"range": [49000, 50000]}]})"_s) + accept), true);
    row("lets the link in", dropping + rule(match(u"\"eth1\""_s) + accept), true);
    row("lets the peer in", dropping + rule(match(u"\"10.0.0.2\""_s) + accept), true);
    row("lets its network in",
        dropping + rule(match(uR"({"prefix": {"addr": "10.0.0.0", "len": 24}})"_s) + accept), true);
    row("iptables' rules", dropping + rule(uR"({"xt": null})"_s), true);
    row("limits", accepting + rule(uR"({"limit": {"rate": 9}}, {"drop": null})"_s), true);
    row("counts what it drops", accepting + rule(uR"({"counter": {}}, {"drop": null})"_s), false);
    row("rejects at the end", accepting + rule(uR"({"reject": null})"_s), false);
    // firewalld names the link in each zone.
    const auto zone = [&](const QString& target) {
        const QString table = dropping
            + rule(match(u"\"eth1\""_s) + uR"(, {"goto": {"target": "%1"}})"_s.arg(target));
        return QString{table}
            .replace(u"\"filter\", \"n"_s, u"\"firewalld\", \"n"_s)
            .replace(u"\"filter\", \"c"_s, u"\"firewalld\", \"c"_s);
    };
    row("firewalld's public zone", zone(u"filter_IN_public"_s), false);
    row("firewalld's trusted zone", zone(u"filter_IN_trusted"_s), true);
    row("rejects one thing", accepting + rule(match(u"22"_s) + uR"(, {"reject": null})"_s), true);
}

void SurroundingsTest::firewalls()
{
    QFETCH(const QByteArray, rules);
    QFETCH(const QString, found);
    const Traffic traffic{.controlPort = 49500,
                          .portMin = 49510,
                          .portMax = 49699,
                          .devices = {u"eth1"_s},
                          .peers = {QHostAddress{u"10.0.0.2"_s}}};
    QCOMPARE(told(judgeRuleset(rules, traffic)), found);
}

void SurroundingsTest::reportsTravel()
{
    HostReport sent = report();
    sent.findings = {wrong(Id::Clock, u"it is late"_s, u"date -s"_s), fine(Id::Kvm, u"good"_s)};
    const auto got = reportFromJson(toJson(sent));
    QVERIFY(got);
    QCOMPARE(*got, sent);
    // A newer version may know more, and nothing it says reaches a terminal as it is.
    QJsonObject newer = toJson(sent);
    newer[u"more"_s] = 1;
    newer[u"qemu-package"_s] = u"\x1b[2J"_s;
    newer[u"findings"_s] = QJsonArray{QJsonObject{{u"id"_s, u"x"_s},
                                                  {u"severity"_s, u"dire"_s},
                                                  {u"message"_s, u"\x1b[2J"_s},
                                                  {u"remedy"_s, u""_s}}};
    const auto read = reportFromJson(newer);
    QVERIFY(read);
    QCOMPARE(toString(read->findings.first().severity), u"info"_s);
    QCOMPARE(read->findings.first().message, u"?[2J"_s);
    QCOMPARE(read->qemuPackage, u"?[2J"_s);
}

void SurroundingsTest::refusesMalformedReports_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QJsonValue>("value");
    QTest::newRow("no version") << u"daemon"_s << QJsonValue{};
    QTest::newRow("MTU") << u"link-mtu"_s << QJsonValue{-1};
    QTest::newRow("time") << u"received-ms"_s << QJsonValue{u"now"_s};
    QTest::newRow("answered before") << u"answered-ms"_s << QJsonValue{1};
    QTest::newRow("negative") << u"received-ms"_s << QJsonValue{-1};
    QTest::newRow("year 10000") << u"answered-ms"_s << QJsonValue{qint64{253'402'300'800'000}};
    QTest::newRow("no findings") << u"findings"_s << QJsonValue{};
    QTest::newRow("no finding") << u"findings"_s << QJsonValue{QJsonArray{1}};
    QJsonArray many;
    for (int i = 0; i < 201; ++i)
        many.append(QJsonObject{{u"id"_s, u"x"_s},
                                {u"severity"_s, u"ok"_s},
                                {u"message"_s, u""_s},
                                {u"remedy"_s, u""_s}});
    QTest::newRow("too many") << u"findings"_s << QJsonValue{many};
}

void SurroundingsTest::refusesMalformedReports()
{
    QFETCH(const QString, key);
    QFETCH(const QJsonValue, value);
    QJsonObject json = toJson(report());
    json[key] = value;
    const auto read = reportFromJson(json);
    QVERIFY(!read);
    QCOMPARE(read.error().code(), Errc::ProtocolError);
}

QTEST_GUILESS_MAIN(SurroundingsTest)
#include "SurroundingsTest.moc"
