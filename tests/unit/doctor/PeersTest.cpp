// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Doctor.h"
#include "doctor/Fence.h"
#include "fakes/FakeHypervisor.h"
#include "fakes/FakePeers.h"
#include "fakes/MemoryStore.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace lockstep;
using namespace lockstep::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// A host with a doctor whose files are in a folder of its own.
struct Host
{
    Host(const QString& name, std::chrono::milliseconds wait) : peers{name}, deadline{wait}
    {
        config.control.name = name;
        config.store.directory = folder.path();
        config.replication.imageDirectory = folder.path();
        config.file = folder.filePath(u"lockstepd.conf"_s);
        HostFacts facts;
        facts.libvirtVersion = u"11.3.0"_s;
        facts.qemuVersion = u"11.1.3"_s;
        facts.kvmUsable = true;
        hypervisor.facts = facts;
        doctor.answer();
    }
    ~Host() { QCoro::waitFor(doctor.stop()); }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    QTemporaryDir folder;
    Config config;
    FakeHypervisor hypervisor;
    FakePeers peers;
    MemoryStore store;
    std::chrono::milliseconds deadline;
    int examinations{0};
    Doctor doctor{Doctor::Parts{.hypervisor = hypervisor,
                                .peers = peers,
                                .store = store,
                                .config = config,
                                .channelPorts =
                                    [this] {
                                        ++examinations;
                                        return QSet<quint16>{};
                                    },
                                .root = folder.path(),
                                .deadline = deadline}};
};

struct Hosts
{
    explicit Hosts(std::chrono::milliseconds deadline = 20s)
        : alpha{u"alpha"_s, deadline}, beta{u"beta"_s, deadline}
    {
        FakePeers::join(alpha.peers, beta.peers);
    }
    Host alpha;
    Host beta;
};

QList<Finding> examine(Host& host, const QStringList& hosts = {})
{
    const auto found = QCoro::waitFor(host.doctor.examine(hosts));
    return found.value_or(QList<Finding>{});
}

/// The finding of that id on that host.
std::optional<Finding> of(const QList<Finding>& findings, const QString& host, const QString& id)
{
    for (const Finding& finding : findings) {
        if (finding.host == host && finding.id == id)
            return finding;
    }
    return std::nullopt;
}

QStringList hostsOf(const QList<Finding>& findings)
{
    QStringList hosts;
    for (const Finding& finding : findings) {
        if (hosts.isEmpty() || hosts.last() != finding.host)
            hosts << finding.host;
    }
    return hosts;
}

/// A fence agent that notes what it is asked to do.
QString agent(const QTemporaryDir& folder, int status)
{
    const QString path = folder.filePath(u"fence_%1"_s.arg(status));
    QFile file{path};
    if (file.open(QIODevice::WriteOnly))
        file.write(u"#!/bin/sh\ncat >>%1.asked\nexit %2\n"_s.arg(path).arg(status).toUtf8());
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return path;
}

} // namespace

/// The doctor of one host, and that of its peer.
class PeersTest final : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void findsWhatThePeerFinds();
    void examinesOnlyWhomItIsAskedFor();
    void refusesUnknownHosts();
    void aPeerThatIsSilentIsAFinding();
    void aPeerThatTalksNonsenseIsAFinding();
    void aPeerThatIsAwayIsAFinding();
    void aPeerThatIsNotTrustedIsNotAsked();
    void whatHangsIsAFinding();
    void oneExaminationServesAllWhoAsk();
    void asksFenceAgentsForTheStatusOnly();
    void fenceAgentsThatAreOfNoUse();
};

void PeersTest::findsWhatThePeerFinds()
{
    Hosts hosts;
    hosts.beta.hypervisor.facts->startHookProblem = u"the hook is missing"_s;
    hosts.beta.hypervisor.facts->qemuVersion = u"11.1.4"_s;
    const auto found = examine(hosts.alpha);
    QCOMPARE(hostsOf(found), (QStringList{u"alpha"_s, u"beta"_s}));
    QCOMPARE(toString(of(found, u"alpha"_s, u"start-hook"_s)->severity), u"ok"_s);
    QCOMPARE(toString(of(found, u"beta"_s, u"start-hook"_s)->severity), u"error"_s);
    QCOMPARE(toString(of(found, u"beta"_s, u"qemu-versions"_s)->severity), u"error"_s);
    QCOMPARE(toString(of(found, u"beta"_s, u"peer"_s)->severity), u"ok"_s);
    QCOMPARE(toString(of(found, u"beta"_s, u"clock-offset"_s)->severity), u"ok"_s);
    for (const Finding& finding : found)
        QVERIFY2(finding.remedy.isEmpty()
                     == (finding.severity == Severity::Ok || finding.severity == Severity::Info),
                 qPrintable(finding.id));
}

void PeersTest::examinesOnlyWhomItIsAskedFor()
{
    Hosts hosts;
    QCOMPARE(hostsOf(examine(hosts.alpha, {u"beta"_s})), QStringList{u"beta"_s});
    QCOMPARE(hosts.beta.examinations, 1);
    QCOMPARE(hostsOf(examine(hosts.alpha, {u"alpha"_s})), QStringList{u"alpha"_s});
    QCOMPARE(hosts.beta.examinations, 1);
}

void PeersTest::refusesUnknownHosts()
{
    Hosts hosts;
    const auto found = QCoro::waitFor(hosts.alpha.doctor.examine({u"alpha"_s, u"gamma"_s}));
    QVERIFY(!found);
    QCOMPARE(found.error().code(), Errc::UnknownPeer);
}

void PeersTest::aPeerThatIsSilentIsAFinding()
{
    Hosts hosts;
    hosts.alpha.peers.silent << u"doctor"_s;
    const auto found = examine(hosts.alpha);
    QCOMPARE(toString(of(found, u"beta"_s, u"peer"_s)->severity), u"error"_s);
    QVERIFY(of(found, u"alpha"_s, u"libvirt"_s));
}

void PeersTest::aPeerThatTalksNonsenseIsAFinding()
{
    Hosts hosts;
    hosts.alpha.peers.answers.emplace(u"doctor"_s, QJsonObject{{u"findings"_s, 7}});
    QCOMPARE(toString(of(examine(hosts.alpha), u"beta"_s, u"peer"_s)->severity), u"error"_s);
}

void PeersTest::aPeerThatIsAwayIsAFinding()
{
    Hosts hosts;
    hosts.alpha.peers.setLink(false);
    // Nobody listens on that port of 127.0.0.2, and this machine's kernel says so.
    const auto peer = of(examine(hosts.alpha), u"beta"_s, u"peer"_s);
    QVERIFY(peer);
    QCOMPARE(toString(peer->severity), u"error"_s);
    QCOMPARE(peer->remedy, u"on beta: systemctl start lockstepd"_s);
}

void PeersTest::aPeerThatIsNotTrustedIsNotAsked()
{
    Hosts hosts;
    hosts.alpha.peers.other.trust = PeerTrust::Asked;
    const auto found = examine(hosts.alpha);
    QCOMPARE(of(found, u"beta"_s, u"peer"_s)->remedy, u"lockstep peer accept beta"_s);
    QCOMPARE(hosts.beta.examinations, 0);
}

void PeersTest::whatHangsIsAFinding()
{
    Hosts hosts{300ms};
    hosts.alpha.config.etcd.endpoints = {u"http://127.0.0.1:1"_s};
    hosts.alpha.store.loadDelay = 3s;
    const auto found = examine(hosts.alpha, {u"alpha"_s});
    QStringList late;
    for (const Finding& finding : found) {
        if (finding.id == u"late")
            late << finding.message;
    }
    QCOMPARE(late, QStringList{u"the check of etcd has not ended within 300 ms"_s});
    QVERIFY(of(found, u"alpha"_s, u"libvirt"_s));
}

void PeersTest::oneExaminationServesAllWhoAsk()
{
    Hosts hosts;
    auto first = hosts.alpha.doctor.examine({u"alpha"_s});
    auto second = hosts.alpha.doctor.examine({u"alpha"_s});
    QVERIFY(QCoro::waitFor(std::move(first)));
    QVERIFY(QCoro::waitFor(std::move(second)));
    QCOMPARE(hosts.alpha.examinations, 1);
    QVERIFY(!examine(hosts.alpha, {u"alpha"_s}).isEmpty());
    QCOMPARE(hosts.alpha.examinations, 2);
}

void PeersTest::asksFenceAgentsForTheStatusOnly()
{
    const QTemporaryDir folder;
    Config config;
    config.control.name = u"alpha"_s;
    config.fence[u"alpha"_s].agent = agent(folder, 7); // its own is of no concern here
    config.fence[u"beta"_s].agent = agent(folder, 2);
    config.fence[u"beta"_s].options = {{u"plug"_s, u"3"_s}};
    config.fence[u"gamma"_s].agent = agent(folder, 0);
    const auto found = QCoro::waitFor(doctor::examineFence(config, {u"beta"_s, u"gamma"_s}));
    QCOMPARE(found.size(), 2);
    for (const Finding& finding : found)
        QCOMPARE(toString(finding.severity), u"ok"_s);
    QFile asked{config.fence[u"beta"_s].agent + u".asked"_s};
    QVERIFY(asked.open(QIODevice::ReadOnly));
    QCOMPARE(asked.readAll(), QByteArray{"plug=3\naction=status\n"});
    QVERIFY(!QFile::exists(config.fence[u"alpha"_s].agent + u".asked"_s));
}

void PeersTest::fenceAgentsThatAreOfNoUse()
{
    const QTemporaryDir folder;
    Config config;
    config.fence[u"beta"_s].agent = agent(folder, 1);
    config.fence[u"gamma"_s].agent = folder.filePath(u"none"_s);
    config.fence[u"betta"_s].agent = agent(folder, 0);
    const auto found =
        QCoro::waitFor(doctor::examineFence(config, {u"beta"_s, u"gamma"_s, u"delta"_s}));
    QStringList severities;
    QString remedies;
    for (const Finding& finding : found) {
        severities << toString(finding.severity);
        remedies += finding.remedy + u'\n';
    }
    severities.sort();
    QCOMPARE(severities, (QStringList{u"error"_s, u"error"_s, u"info"_s, u"warning"_s}));
    QVERIFY(remedies.contains(u"apt install fence-agents"_s));
    QVERIFY(remedies.contains(u"[fence.delta]"_s));
    QVERIFY2(!QFile::exists(config.fence[u"betta"_s].agent + u".asked"_s), "it is for nobody");
}

QTEST_GUILESS_MAIN(PeersTest)
#include "PeersTest.moc"
