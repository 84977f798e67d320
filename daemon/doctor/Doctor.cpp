// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor/Doctor.h"

#include "doctor/Certificates.h"
#include "doctor/Clock.h"
#include "doctor/Etcd.h"
#include "doctor/Fence.h"
#include "doctor/Firewall.h"
#include "doctor/PeerExam.h"
#include "doctor/Ports.h"
#include "doctor/Secrets.h"
#include "doctor/SecurityModules.h"
#include "doctor/Storage.h"
#include "doctor/Versions.h"
#include "pair/Arbiters.h"

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace doctor;

namespace {

Task<void> passOn(Task<QList<Finding>> part, OneShot<std::optional<QList<Finding>>> to)
{
    to.complete(co_await part);
}

Task<void> passOn(Task<Result<HostFacts>> part, OneShot<Result<HostFacts>> to)
{
    to.complete(co_await part);
}

Finding late(const QString& subject, std::chrono::milliseconds deadline)
{
    return warning(
        Id::Late,
        u"the check of %1 has not ended within %2 ms"_s.arg(subject).arg(deadline.count()),
        u"see what blocks it: dmesg, df, journalctl -u lockstepd; then run lockstep doctor "
        "again"_s);
}

void setHost(QList<Finding>& findings, const QString& host)
{
    for (Finding& finding : findings)
        finding.host = host;
    sortById(findings);
}

} // namespace

void Doctor::answer()
{
    m_probes.begin();
    m_parts.peers.handle(u"doctor"_s, [this](PeerId peer, QJsonObject /*request*/) {
        return answerPeer(std::move(peer));
    });
}

Task<void> Doctor::stop()
{
    co_await m_probes.stop();
    co_await m_tasks.drained();
}

Task<Result<QList<Finding>>> Doctor::tryQemu()
{
    LOCKSTEP_CO_TRY(found, co_await m_probes.probe());
    setHost(found, m_parts.peers.ownName());
    co_return found;
}

QList<PeerInfo> Doctor::acceptedPeers() const
{
    QList<PeerInfo> accepted = m_parts.peers.peers();
    accepted.removeIf([](const PeerInfo& peer) { return peer.trust != PeerTrust::Trusted; });
    return accepted;
}

Doctor::Part Doctor::onWorker(QString subject, std::move_only_function<QList<Finding>()> work)
{
    const OneShot<std::optional<QList<Finding>>> outcome;
    outcome.expire(m_parts.deadline, std::nullopt);
    m_workers.postTo(subject,
                     [outcome, end = std::chrono::steady_clock::now() + m_parts.deadline,
                      work = std::move(work)]() mutable {
                         // Nobody waits any more if the one before has hung so long.
                         if (std::chrono::steady_clock::now() < end)
                             outcome.completeFromThread(work());
                     });
    const auto found = co_await outcome;
    co_return found ? QList<Finding>{*found} : QList{late(subject, m_parts.deadline)};
}

Doctor::Part Doctor::within(QString subject, Part part)
{
    const OneShot<std::optional<QList<Finding>>> outcome;
    outcome.expire(m_parts.deadline, std::nullopt);
    m_tasks.add(passOn(std::move(part), outcome));
    const auto found = co_await outcome;
    co_return found ? QList<Finding>{*found} : QList{late(subject, m_parts.deadline)};
}

Doctor::Part Doctor::etcd()
{
    if (m_parts.config.etcd.endpoints.isEmpty())
        co_return QList<Finding>{};
    const auto identity = co_await Arbiters::keptIdentity(m_parts.store);
    co_return co_await examineEtcd(
        settingsForDoctor(m_parts.config.etcd, identity.value_or(QString{})));
}

Doctor::Part Doctor::firewall()
{
    Traffic traffic{.controlPort = m_parts.config.control.port,
                    .portMin = m_parts.config.replication.portMin,
                    .portMax = m_parts.config.replication.portMax,
                    .devices = {},
                    .peers = {}};
    const auto peers = acceptedPeers();
    for (const PeerInfo& peer : peers) {
        if (const QString device = deviceOf(peer.localAddress); !device.isEmpty())
            traffic.devices << device;
        if (!peer.remoteAddress.isNull())
            traffic.peers << peer.remoteAddress;
    }
    return examineFirewall(traffic);
}

std::vector<Doctor::Part> Doctor::begin()
{
    const Config& config = m_parts.config;
    const QString root = m_parts.root;
    QStringList names;
    QList<LinkUse> links;
    const auto peers = acceptedPeers();
    for (const PeerInfo& peer : peers) {
        names << peer.name;
        if (!peer.localAddress.isNull())
            links.append({.peer = peer.name,
                          .ownName = m_parts.peers.ownName(),
                          .address = peer.localAddress,
                          .device = deviceOf(peer.localAddress)});
    }
    std::vector<Part> parts;
    parts.push_back(onWorker(u"ports"_s, [root, config, ours = m_parts.channelPorts()] {
        return examinePorts(root, config, ours);
    }));
    parts.push_back(onWorker(u"the clock"_s, [] { return QList{judgeClock(clockState())}; }));
    parts.push_back(onWorker(u"certificates"_s, [config] {
        return examineCertificates(config, QDateTime::currentDateTimeUtc());
    }));
    parts.push_back(onWorker(u"links"_s, [root, links] { return examineLinks(root, links); }));
    parts.push_back(onWorker(u"AppArmor and SELinux"_s, [root, config] {
        return QList{examineSecurityModules(root, config)};
    }));
    parts.push_back(onWorker(u"the image directory"_s, [config] { return examineImages(config); }));
    parts.push_back(onWorker(u"the state directory"_s, [config] { return examineState(config); }));
    parts.push_back(onWorker(u"secret files"_s, [config] { return examineSecrets(config); }));
    parts.push_back(within(u"etcd"_s, etcd()));
    parts.push_back(within(u"fence agents"_s, examineFence(config, names)));
    parts.push_back(within(u"the firewall"_s, firewall()));
    return parts;
}

Task<Doctor::Report> Doctor::examineOwn()
{
    const OneShot<Report> mine;
    m_waiting.push_back(mine);
    if (m_waiting.size() == 1)
        m_tasks.add(runOwn());
    co_return co_await mine;
}

Task<void> Doctor::runOwn()
{
    auto parts = begin();
    const OneShot<Result<HostFacts>> answered;
    answered.expire(m_parts.deadline, failure(Errc::Timeout, u"no answer in time"_s));
    m_tasks.add(passOn(m_parts.hypervisor.hostFacts(), answered));
    const auto facts = co_await answered;
    Report report;
    report.daemon = QStringLiteral(LOCKSTEP_VERSION);
    report.findings = judgeHypervisor(facts);
    if (facts) {
        report.qemu = facts->qemuVersion;
        report.qemuPackage = facts->qemuPackage;
    }
    for (Part& part : parts)
        report.findings << co_await part;
    if (m_parts.peers.peers().isEmpty())
        report.findings << note(Id::Peer, u"there are no peers: lockstep peer add ADDRESS"_s);
    setHost(report.findings, m_parts.peers.ownName());
    for (const auto& waiter : std::exchange(m_waiting, {}))
        waiter.complete(report);
}

Task<Result<QJsonObject>> Doctor::answerPeer(PeerId peer)
{
    const qint64 received = QDateTime::currentMSecsSinceEpoch();
    auto report = co_await examineOwn();
    report.receivedMs = received;
    if (const auto asker = m_parts.peers.peer(peer)) {
        if (const auto link = readLink(m_parts.root, deviceOf(asker->localAddress))) {
            report.linkDevice = link->device;
            report.linkMtu = link->mtu;
        }
    }
    report.answeredMs = QDateTime::currentMSecsSinceEpoch();
    co_return toJson(report);
}

Task<QList<Finding>> Doctor::examinePeer(PeerInfo peer, Task<Report> own)
{
    QList<Finding> found;
    if (peer.trust == PeerTrust::Trusted) {
        const auto asked = co_await askPeer(m_parts.peers, peer);
        const auto report = co_await own;
        // Its heartbeats as they are by now.
        const PeerInfo now = m_parts.peers.peer(peer.id).value_or(peer);
        found = judgePeer(now, asked, report, readLink(m_parts.root, deviceOf(peer.localAddress)),
                          m_parts.config.control.port);
    } else {
        found << judgeUntrusted(peer, m_parts.peers.ownName());
        co_await own;
    }
    setHost(found, peer.name);
    co_return found;
}

Task<Result<QList<Finding>>> Doctor::examine(QStringList hosts)
{
    const QString ownName = m_parts.peers.ownName();
    QList<PeerInfo> peers;
    for (const QString& host : std::as_const(hosts)) {
        if (host == ownName)
            continue;
        LOCKSTEP_CO_TRY(peer, m_parts.peers.find(host));
        peers << peer;
    }
    if (hosts.isEmpty())
        peers = m_parts.peers.peers();
    std::vector<Part> questions;
    for (const PeerInfo& peer : std::as_const(peers))
        questions.push_back(examinePeer(peer, examineOwn()));
    const auto own = co_await examineOwn();
    QList<Finding> found;
    if (hosts.isEmpty() || hosts.contains(ownName))
        found = own.findings;
    for (Part& question : questions)
        found << co_await question;
    co_return found;
}

} // namespace lockstep
