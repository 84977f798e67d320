// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ProtectFlow.h"

#include "hypervisor/DeadPeer.h"
#include "pair/PreflightFlow.h"
#include "pair/ShadowBuild.h"
#include "replication/Describe.h"

#include <spdlog/spdlog.h>

#include <QJsonArray>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Making images and starting QEMU on a busy host takes its time.
constexpr auto prepareDeadline = 120s;

} // namespace

void severChannels(const ReplicationSpec& spec)
{
    QList<quint16> ports{spec.nbdPort, spec.migrationPort};
    for (const auto& nic : spec.nics)
        ports << nic.requestPort << nic.responsePort;
    const auto [first, last] = std::ranges::minmax(ports);
    if (first == 0)
        return;
    for (const bool primary : {true, false}) {
        const auto& local = primary ? spec.primaryAddress : spec.secondaryAddress;
        const auto& remote = primary ? spec.secondaryAddress : spec.primaryAddress;
        const auto destroyed = destroySockets(local, remote, first, last);
        if (!destroyed)
            spdlog::error("cannot destroy QEMU's connections to {}: {}",
                          remote.toString().toStdString(),
                          destroyed.error().message().toStdString());
    }
}

ProtectFlow::ProtectFlow(PairParts parts, JobId job, DomainInfo domain, PeerInfo peer,
                         ProtectOptions options)
    : m_parts{parts}, m_job{job}, m_domain{std::move(domain)}, m_peer{std::move(peer)},
      m_options{std::move(options)}
{
    connect(&m_parts.peers, &Peers::disconnected, this, &ProtectFlow::onPeerLost);
}

void ProtectFlow::onPeerLost(const PeerId& peer)
{
    if (peer != m_peer.id || m_record.uuid.value.isNull())
        return;
    m_peerLost = true;
    severChannels(m_graph ? m_graph->spec() : m_record.spec);
    m_stop.request_stop();
}

Task<Result<void>> ProtectFlow::run()
{
    const auto token = m_parts.jobs.stopToken(m_job);
    const std::stop_callback onCancel{token, [this] { m_stop.request_stop(); }};
    LOCKSTEP_CO_CHECK(co_await check());
    LOCKSTEP_CO_CHECK(co_await begin());
    const auto outcome = co_await perform();
    co_return co_await settle(outcome);
}

Task<Result<void>> ProtectFlow::check()
{
    LOCKSTEP_CO_TRY(report, co_await runPreflight(m_parts, m_domain, m_peer, m_options));
    co_return verdict(report);
}

Result<void> ProtectFlow::verdict(const PreflightReport& report)
{
    QStringList errors;
    for (const auto& finding : report.findings) {
        if (finding.severity == Severity::Error)
            errors.append(u"%1 (%2)"_s.arg(finding.message, finding.id));
    }
    if (errors.isEmpty())
        return {};
    return failure(Errc::PreflightFailed,
                   u"domain %1 cannot be protected towards %2: %3"_s.arg(
                       report.domain, report.peerName, errors.join(u"; "_s)),
                   u"Run 'lockstep preflight %1 %2' and follow the remedies."_s.arg(
                       report.domain, report.peerName));
}

Task<Result<void>> ProtectFlow::begin()
{
    LOCKSTEP_CO_TRY(description, co_await describe(&m_parts.hypervisor, m_domain.uuid));
    m_before = m_parts.pairs.find(m_domain.uuid);
    PairRecord record;
    record.uuid = m_domain.uuid;
    record.domain = m_domain.name;
    record.role = Role::Primary;
    record.peer = m_peer.id;
    record.peerName = m_peer.name;
    record.state = PairState::Preparing;
    record.epoch = {(m_before ? m_before->epoch.value : 0) + 1};
    record.spec = std::move(description.spec);
    record.spec.primaryAddress = m_peer.localAddress;
    record.spec.secondaryAddress = m_peer.remoteAddress;
    record.imageDirectory = m_before ? m_before->imageDirectory : QString{};
    const auto owner = description.model.owner().value_or(UserAndGroup{});
    LOCKSTEP_CO_TRY(credentials,
                    co_await m_parts.peers.qemuCredentials(m_peer.id, owner.uid, owner.gid));
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(record));
    m_record = std::move(record);
    m_graph =
        std::make_unique<PrimaryGraph>(m_parts.hypervisor, m_record.spec, m_parts.peers.ownName());
    m_graph->setCredentials(credentials);
    // The preflight let only a running guest pass: whatever a failed step did to it, it runs again.
    m_graph->setResume(true);
    co_return {};
}

Task<Result<void>> ProtectFlow::perform()
{
    Plan plan;
    plan.add({m_peer.name, u"prepare the shadow"_s, u"discard the shadow"_s,
              [this](StepContext) { return prepareShadow(); }, [this] { return discardShadow(); },
              5});
    m_graph->addSteps(plan);
    plan.add({m_peer.name,
              u"confirm the shadow"_s,
              {},
              [this](StepContext) { return confirm(); },
              {},
              1});
    const auto observer = [this](const StepProgress& progress) {
        m_parts.jobs.progress(m_job, progress.title, progress.total, progress.done, progress.size);
    };
    // A peer lost before the graph was built would never be noticed again.
    const auto peer = m_parts.peers.peer(m_peer.id);
    if (!peer || !peer->connected)
        onPeerLost(m_peer.id);
    co_return co_await plan.run(m_stop.get_token(), observer);
}

Task<Result<void>> ProtectFlow::prepareShadow()
{
    LOCKSTEP_CO_TRY(xml, co_await m_parts.hypervisor.xml(m_domain.uuid, XmlKind::Migratable));
    const QJsonObject request{{u"spec"_s, m_record.spec.toJson()},
                              {u"epoch"_s, qint64(m_record.epoch.value)},
                              {u"xml"_s, xml},
                              {u"image-directory"_s, m_options.imageDirectory}};
    LOCKSTEP_CO_TRY(
        reply,
        co_await m_parts.peers.call(m_peer.id, u"shadow.prepare"_s, request, prepareDeadline));
    const auto theirs = ReplicationSpec::fromJson(reply[u"spec"].toObject());
    if (!theirs)
        co_return std::unexpected{theirs.error().during(u"the answer of %1"_s.arg(m_peer.name))};
    if (theirs->disks.size() != m_record.spec.disks.size()
        || theirs->nics.size() != m_record.spec.nics.size())
        co_return failure(Errc::Malformed,
                          u"%1 prepared other disks or NICs than asked"_s.arg(m_peer.name));
    auto& spec = m_record.spec;
    spec.nbdPort = theirs->nbdPort;
    spec.migrationPort = theirs->migrationPort;
    for (qsizetype i = 0; i < spec.disks.size(); ++i)
        spec.disks[i].replica = theirs->disks[i].replica;
    for (qsizetype i = 0; i < spec.nics.size(); ++i) {
        spec.nics[i].requestPort = theirs->nics[i].requestPort;
        spec.nics[i].responsePort = theirs->nics[i].responsePort;
    }
    // The other side may know of a newer epoch from the domain's time there.
    m_record.epoch.value = std::max(m_record.epoch.value, quint64(reply[u"epoch"].toInteger()));
    m_record.state = PairState::Copying;
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(m_record));
    m_graph->setSpec(m_record.spec);
    co_return {};
}

Task<Result<void>> ProtectFlow::discardShadow()
{
    const QJsonObject request{{u"uuid"_s, toString(m_record.uuid)},
                              {u"epoch"_s, qint64(m_record.epoch.value)}};
    const auto reply = co_await m_parts.peers.call(m_peer.id, u"shadow.discard"_s, request, 30s);
    // A peer that cannot be reached cleans up by itself once it notices, or starts again.
    if (!reply && reply.error().code() != Errc::PeerUnreachable
        && reply.error().code() != Errc::Timeout)
        co_return std::unexpected{reply.error()};
    co_return {};
}

Task<Result<void>> ProtectFlow::confirm()
{
    const QJsonObject request{{u"uuid"_s, toString(m_record.uuid)},
                              {u"epoch"_s, qint64(m_record.epoch.value)}};
    LOCKSTEP_CO_TRY(reply, co_await m_parts.peers.call(m_peer.id, u"shadow.confirm"_s, request));
    m_record.state = PairState::Protected;
    co_return co_await m_parts.pairs.put(m_record);
}

Task<Result<void>> ProtectFlow::settle(Result<void> outcome)
{
    if (outcome) {
        m_parts.jobs.setResult(m_job, u"epoch"_s, qint64(m_record.epoch.value));
        co_return {};
    }
    Error error = outcome.error();
    if (m_peerLost && error.code() == Errc::Cancelled) {
        error = Error{
            Errc::PeerUnreachable,
            u"the connection to %1 was lost while domain %2 was being protected; it runs on here, unprotected"_s
                .arg(m_peer.name, m_domain.name)};
    }
    const auto leftovers = co_await m_graph->leftovers();
    if (leftovers && !leftovers->isEmpty()) {
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.setState(
            m_record.uuid, PairState::Undoing,
            u"%1; QEMU still has %2: 'lockstep unprotect %3' tries again to remove it"_s.arg(
                error.message(), leftovers->join(u", "), m_record.domain)));
        co_return std::unexpected{error};
    }
    if (m_before) {
        auto before = *m_before;
        before.epoch = m_record.epoch; // the shadow of this epoch must never be mistaken for newer
        before.reason = u"the last attempt to protect it failed: %1"_s.arg(error.message());
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(before));
    } else {
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.remove(m_record.uuid));
    }
    co_return std::unexpected{error};
}

Task<Result<void>> ProtectFlow::recover(PairParts parts, PairRecord record)
{
    severChannels(record.spec);
    PrimaryGraph graph{parts.hypervisor, record.spec, parts.peers.ownName()};
    graph.setResume(true);
    Plan plan;
    graph.addSteps(plan);
    co_return co_await plan.undoAll();
}

QList<PlannedStep> ProtectFlow::plannedSteps(PairParts parts, const PairRecord& record)
{
    Plan plan;
    ShadowBuild::addSteps(plan, nullptr, record.peerName);
    PrimaryGraph graph{parts.hypervisor, record.spec, parts.peers.ownName()};
    graph.addSteps(plan);
    QList<PlannedStep> result;
    for (const auto& step : plan.steps())
        result.append({step.host, step.title, step.undoTitle});
    return result;
}

} // namespace lockstep
