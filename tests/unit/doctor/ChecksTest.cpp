// SPDX-License-Identifier: LGPL-2.1-or-later
#include "Reports.h"
#include "Told.h"

#include "doctor/Clock.h"
#include "doctor/Links.h"
#include "doctor/PeerExam.h"
#include "doctor/Versions.h"

#include <QTest>

using namespace lockstep;
using namespace lockstep::doctor;
using namespace lockstep::test;
using namespace Qt::StringLiterals;

namespace {

HostFacts soundFacts()
{
    HostFacts facts;
    facts.qemuVersion = u"11.1.3"_s;
    facts.libvirtVersion = u"11.3.0"_s;
    facts.kvmUsable = true;
    return facts;
}

PeerInfo beta(PeerHealth health = PeerHealth::Alive)
{
    PeerInfo peer;
    peer.name = u"beta"_s;
    peer.address = u"10.0.0.2"_s;
    peer.port = 49500;
    peer.trust = PeerTrust::Trusted;
    peer.connected = true;
    peer.localAddress = QHostAddress{u"10.0.0.1"_s};
    peer.remoteAddress = QHostAddress{u"10.0.0.2"_s};
    peer.heartbeat.health = health;
    return peer;
}

Answer answer(const HostReport& theirs, qint64 offsetMs = 0)
{
    return {.report = theirs,
            .sentMs = theirs.receivedMs - offsetMs - 5,
            .gotMs = theirs.answeredMs - offsetMs + 5};
}

} // namespace

/// What the checks make of facts.
class ChecksTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void hypervisorFacts_data();
    void hypervisorFacts();
    void versionsOfBothHosts_data();
    void versionsOfBothHosts();
    void clockOffsets_data();
    void clockOffsets();
    void freeClocks();
    void links_data();
    void links();
    void findsTheDefaultRoute();
    void differentMtus();
    void lostPeers_data();
    void lostPeers();
    void heartbeats_data();
    void heartbeats();
    void untrustedPeers();
    void aPeerThatDoesNotAnswer();
};

void ChecksTest::hypervisorFacts_data()
{
    QTest::addColumn<std::function<void(HostFacts&)>>("spoil");
    QTest::addColumn<QString>("found");
    const auto row = [](const char* name, std::function<void(HostFacts&)> spoil,
                        const QString& found) { QTest::newRow(name) << spoil << found; };
    row("sound", [](HostFacts&) { }, {});
    row("old libvirt", [](HostFacts& f) { f.libvirtVersion = u"10.9.0"_s; }, u"error libvirt"_s);
    row("libvirt 11", [](HostFacts& f) { f.libvirtVersion = u"11.0.0"_s; }, {});
    row("old QEMU", [](HostFacts& f) { f.qemuVersion = u"10.0.2"_s; }, u"error qemu"_s);
    row("no QEMU", [](HostFacts& f) { f.qemuVersion.clear(); }, u"error qemu"_s);
    row("no KVM", [](HostFacts& f) { f.kvmUsable = false; }, u"warning kvm"_s);
    row(
        "no hook", [](HostFacts& f) { f.startHookProblem = u"it is missing"_s; },
        u"error start-hook"_s);
}

void ChecksTest::hypervisorFacts()
{
    QFETCH(const std::function<void(HostFacts&)>, spoil);
    QFETCH(const QString, found);
    HostFacts facts = soundFacts();
    spoil(facts);
    QCOMPARE(told(judgeHypervisor(facts)), found);
    QCOMPARE(told(judgeHypervisor(failure(Errc::HypervisorUnavailable, u"no connection"_s))),
             u"error libvirt"_s);
}

void ChecksTest::versionsOfBothHosts_data()
{
    QTest::addColumn<QString>("daemon");
    QTest::addColumn<QString>("qemu");
    QTest::addColumn<QString>("package");
    QTest::addColumn<QString>("found");
    const QString same = u"Debian 1:11.1.3"_s;
    QTest::newRow("the same") << u"1.4.0"_s << u"11.1.3"_s << same << QString{};
    QTest::newRow("a fix") << u"1.4.7"_s << u"11.1.3"_s << same << u"info daemon-versions"_s;
    QTest::newRow("next") << u"1.5.0"_s << u"11.1.3"_s << same << u"info daemon-versions"_s;
    QTest::newRow("one before") << u"1.3.9"_s << u"11.1.3"_s << same << u"info daemon-versions"_s;
    QTest::newRow("too new") << u"1.6.0"_s << u"11.1.3"_s << same << u"error daemon-versions"_s;
    QTest::newRow("other major") << u"2.4.0"_s << u"11.1.3"_s << same << u"error daemon-versions"_s;
    QTest::newRow("no version") << u"?"_s << u"11.1.3"_s << same << u"error daemon-versions"_s;
    QTest::newRow("other QEMU") << u"1.4.0"_s << u"11.1.4"_s << same << u"error qemu-versions"_s;
    QTest::newRow("other package")
        << u"1.4.0"_s << u"11.1.3"_s << u"Debian 1:11.1.3+2"_s << u"warning qemu-versions"_s;
    QTest::newRow("no QEMU") << u"1.4.0"_s << QString{} << QString{} << QString{};
}

void ChecksTest::versionsOfBothHosts()
{
    QFETCH(const QString, daemon);
    QFETCH(const QString, qemu);
    QFETCH(const QString, package);
    QFETCH(const QString, found);
    HostReport theirs = report(daemon);
    theirs.qemu = qemu;
    theirs.qemuPackage = package;
    QCOMPARE(told(compareVersions(report(u"1.4.0"_s), theirs, u"beta"_s)), found);
}

void ChecksTest::clockOffsets_data()
{
    QTest::addColumn<qint64>("offset");
    QTest::addColumn<QString>("found");
    QTest::newRow("none") << qint64{0} << QString{};
    QTest::newRow("a second") << qint64{1000} << QString{};
    QTest::newRow("ahead") << qint64{1100} << u"warning clock-offset"_s;
    QTest::newRow("behind") << qint64{-1100} << u"warning clock-offset"_s;
    QTest::newRow("before all certificates") << qint64{900'000'000'000} << u"error clock-offset"_s;
}

void ChecksTest::clockOffsets()
{
    QFETCH(const qint64, offset);
    QFETCH(const QString, found);
    const auto asked = answer(report(), offset);
    QCOMPARE(clockOffset(asked.sentMs, asked.report, asked.gotMs).count(), offset);
    QCOMPARE(told({judgeOffset(asked.sentMs, asked.report, asked.gotMs, u"beta"_s)}), found);
}

void ChecksTest::freeClocks()
{
    QCOMPARE(told({judgeClock(ClockState::Synchronised)}), QString{});
    QCOMPARE(told({judgeClock(ClockState::Free)}), u"warning clock"_s);
    QCOMPARE(told({judgeClock(ClockState::Unknown)}), u"info clock"_s);
}

void ChecksTest::links_data()
{
    QTest::addColumn<std::optional<LinkState>>("state");
    QTest::addColumn<QString>("found");
    const LinkState good{.device = u"eth1"_s, .up = true, .mtu = 9000, .speed = 10'000};
    const auto row = [&good](const char* name, auto spoil, const QString& found) {
        std::optional<LinkState> state = good;
        spoil(state);
        QTest::newRow(name) << state << found;
    };
    row("good", [](auto&) { }, {});
    row("virtual", [](auto& s) { s->speed = -1; }, {});
    row("no address", [](auto& s) { s.reset(); }, u"error link"_s);
    row("down", [](auto& s) { s->up = false; }, u"error link"_s);
    row("slow", [](auto& s) { s->speed = 100; }, u"warning link"_s);
    row("half duplex", [](auto& s) { s->halfDuplex = true; }, u"warning link"_s);
    row("the LAN", [](auto& s) { s->device = u"eth0"_s; }, u"warning link-route"_s);
}

void ChecksTest::links()
{
    QFETCH(const std::optional<LinkState>, state);
    QFETCH(const QString, found);
    const LinkUse use{.peer = u"beta"_s,
                      .ownName = u"alpha"_s,
                      .address = QHostAddress{u"10.0.0.1"_s},
                      .device = {}};
    const auto findings = judgeLink(use, state, {u"eth0"_s});
    QCOMPARE(told(findings), found);
    // A peer that is known cannot be added again.
    QVERIFY(state || findings.first().remedy.contains(u"on beta: lockstep peer remove alpha"_s));
}

void ChecksTest::findsTheDefaultRoute()
{
    QCOMPARE(defaultDevices("Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
                            "eth1\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                            "br0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                            "eth2\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"),
             QStringList{u"br0"_s});
}

void ChecksTest::differentMtus()
{
    const LinkState own{.device = u"eth1"_s, .up = true, .mtu = 1500};
    auto theirs = report();
    const auto found = compareMtu(own, theirs, u"beta"_s);
    QCOMPARE(told(found), u"error link-mtu"_s);
    QVERIFY(found.first().remedy.contains(u"ip link set eth1 mtu 9000"_s));
    theirs.linkMtu = 1500;
    QCOMPARE(told(compareMtu(own, theirs, u"beta"_s)), QString{});
    theirs.linkMtu = 0;
    QCOMPARE(compareMtu(own, theirs, u"beta"_s).size(), 0);
}

void ChecksTest::lostPeers_data()
{
    QTest::addColumn<Reach>("reach");
    QTest::addColumn<PeerHealth>("health");
    QTest::addColumn<QString>("found");
    QTest::addColumn<QString>("remedy");
    QTest::newRow("off") << Reach::Silent << PeerHealth::Gone << u"error peer"_s << u"ping"_s;
    QTest::newRow("away") << Reach::Unreachable << PeerHealth::Gone << u"error peer"_s << u"ping"_s;
    QTest::newRow("no daemon") << Reach::Refused << PeerHealth::DaemonGone << u"error peer"_s
                               << u"systemctl start lockstepd"_s;
    QTest::newRow("TCP dropped") << Reach::Silent << PeerHealth::Alive << u"error firewall"_s
                                 << u"tcp dport 49500 accept"_s;
    QTest::newRow("its kernel lives") << Reach::Silent << PeerHealth::DaemonGone
                                      << u"error firewall"_s << u"tcp dport 49500 accept"_s;
    QTest::newRow("TCP rejected") << Reach::Refused << PeerHealth::Alive << u"error firewall"_s
                                  << u"tcp dport 49500 accept"_s;
    QTest::newRow("no channel") << Reach::Open << PeerHealth::Gone << u"error peer"_s
                                << u"journalctl -u lockstepd"_s;
    QTest::newRow("address gone") << Reach::NoAddress << PeerHealth::Gone << u"error link"_s
                                  << u"ip address add 10.0.0.1"_s;
}

void ChecksTest::lostPeers()
{
    QFETCH(const Reach, reach);
    QFETCH(const PeerHealth, health);
    QFETCH(const QString, found);
    QFETCH(const QString, remedy);
    PeerInfo peer = beta(health);
    peer.connected = false;
    const auto findings = judgePeer(peer, reach, report(), {}, 49500);
    QCOMPARE(told(findings), found);
    QVERIFY2(findings.first().remedy.contains(remedy), qPrintable(findings.first().remedy));
    if (remedy.startsWith(u"tcp"_s))
        QVERIFY(findings.first().remedy.contains(u"filter input ip saddr 10.0.0.1 tcp"_s));
    peer.localAddress = QHostAddress{u"fd00::1"_s};
    const auto inIPv6 = judgePeer(peer, reach, report(), {}, 49500);
    if (remedy.startsWith(u"tcp"_s))
        QVERIFY(inIPv6.first().remedy.contains(u"filter input ip6 saddr fd00::1 tcp"_s));
}

void ChecksTest::heartbeats_data()
{
    QTest::addColumn<PeerHealth>("health");
    QTest::addColumn<QString>("found");
    QTest::newRow("alive") << PeerHealth::Alive << QString{};
    QTest::newRow("slow") << PeerHealth::Slow << u"warning heartbeats"_s;
    QTest::newRow("one path") << PeerHealth::PathDown << u"warning heartbeats"_s;
    QTest::newRow("gone") << PeerHealth::Gone << u"error heartbeats"_s;
    QTest::newRow("no daemon") << PeerHealth::DaemonGone << u"error heartbeats"_s;
    QTest::newRow("never") << PeerHealth::Unknown << u"error heartbeats"_s;
}

void ChecksTest::heartbeats()
{
    QFETCH(const PeerHealth, health);
    QFETCH(const QString, found);
    PeerInfo peer = beta(health);
    QCOMPARE(told(judgeHeartbeats(peer, 49500)), found);
    peer = beta();
    PathView path;
    path.up = true;
    path.lossPercent = 20;
    peer.heartbeat.paths = {path};
    peer.heartbeat.rejected = {{u"forged"_s, 2}};
    QCOMPARE(told(judgeHeartbeats(peer, 49500)), u"warning heartbeats, info heartbeats"_s);
}

void ChecksTest::untrustedPeers()
{
    PeerInfo peer = beta();
    peer.trust = PeerTrust::Asked;
    QCOMPARE(judgeUntrusted(peer, u"alpha"_s).remedy, u"lockstep peer accept beta"_s);
    peer.trust = PeerTrust::Asking;
    QCOMPARE(judgeUntrusted(peer, u"alpha"_s).remedy, u"on beta: lockstep peer accept alpha"_s);
}

void ChecksTest::aPeerThatDoesNotAnswer()
{
    const Error late{Errc::Timeout, u"no answer"_s};
    QCOMPARE(told(judgePeer(beta(), late, report(), {}, 49500)), u"error peer"_s);
    // Its heartbeats do not come then because it hangs, and not because of a firewall.
    for (const auto health : {PeerHealth::DaemonGone, PeerHealth::Gone}) {
        const auto found = judgePeer(beta(health), late, report(), {}, 49500);
        QCOMPARE(told(found), u"error peer"_s);
        QVERIFY(found.first().remedy.contains(u"on beta: systemctl restart lockstepd"_s));
    }
    // What it found itself is there, and so is what only both sides together can tell.
    HostReport theirs = report(u"9.0.0"_s);
    theirs.findings = {wrong(Id::StateDirectory, u"it is full"_s, u"df -h"_s)};
    const LinkState link{.device = u"eth1"_s, .up = true, .mtu = 1500};
    QCOMPARE(
        told(judgePeer(beta(), answer(theirs, 5000), report(), link, 49500)),
        u"error daemon-versions, warning clock-offset, error link-mtu, error state-directory"_s);
}

QTEST_GUILESS_MAIN(ChecksTest)
#include "ChecksTest.moc"
