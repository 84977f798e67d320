// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ProtectFlow.h"

#include "base/Text.h"
#include "pair/Channels.h"
#include "pair/FullCopy.h"
#include "pair/PreflightFlow.h"
#include "pair/RecordEvent.h"
#include "pair/ShadowBuild.h"
#include "replication/ChangeMaps.h"
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

/// Of the lockstepd there.
std::unexpected<Error> knowsNoAuto(const QString& peer)
{
    return failure(Errc::NotSupported, u"lockstepd on %1 does not know the mode auto"_s.arg(peer),
                   u"Update it, or protect the domain with --mode colo."_s);
}

} // namespace

ProtectFlow::ProtectFlow(PairParts parts, JobId job, DomainInfo domain, PeerInfo peer,
                         ProtectOptions options)
    : m_parts{parts}, m_job{job}, m_domain{std::move(domain)}, m_peer{std::move(peer)},
      m_options{std::move(options)}
{
    connect(&m_parts.peers, &Peers::disconnected, this, &ProtectFlow::onPeerLost);
    connect(&m_parts.peers, &Peers::healthChanged, this, [this](const PeerId& id) {
        const auto now = m_parts.peers.peer(id);
        if (now && now->heartbeat.health == PeerHealth::Gone)
            onPeerLost(id);
    });
}

void ProtectFlow::onPeerLost(const PeerId& peer)
{
    if (peer != m_peer.id)
        return;
    m_peerLost = true;
    if (m_graph) {
        const auto severed = severChannels(m_graph->spec());
        if (!severed)
            spdlog::error("domain {}: {}", m_domain.name.toStdString(),
                          severed.error().message().toStdString());
    }
    m_stop.request_stop();
}

Task<Result<void>> ProtectFlow::run()
{
    const auto token = m_parts.jobs.stopToken(m_job);
    const std::stop_callback onCancel{token, [this] { m_stop.request_stop(); }};
    LOCKSTEP_CO_CHECK(co_await begin());
    auto outcome = co_await perform();
    if (outcome && m_stop.stop_requested()) // in its last step, where it is too late to turn back
        outcome = failure(Errc::Cancelled, u"cancelled"_s);
    m_parts.jobs.setCancellable(m_job, false);
    if (!outcome && m_prepared) {
        // The next copy is a whole one: nothing needs to know what has changed.
        const Qmp qmp{m_parts.hypervisor.monitor(m_domain.uuid)};
        const ChangeMaps maps{qmp, m_graph->spec().disks};
        const auto dropped = co_await maps.dropOthers();
        if (!dropped)
            spdlog::warn("domain {}: {}", m_domain.name.toStdString(),
                         dropped.error().message().toStdString());
    }
    if (!outcome && m_peerLost && outcome.error().code() == Errc::Cancelled)
        co_return failure(
            Errc::PeerUnreachable,
            u"the connection to %1 was lost while domain %2 was being protected; it runs on here, unprotected"_s
                .arg(m_peer.name, m_domain.name));
    co_return outcome;
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
    auto spec = std::move(description.spec);
    spec.primaryAddress = m_peer.localAddress;
    spec.secondaryAddress = m_peer.remoteAddress;
    const auto owner = description.model.owner().value_or(UserAndGroup{});
    LOCKSTEP_CO_TRY(credentials,
                    co_await m_parts.peers.qemuCredentials(m_peer.id, owner.uid, owner.gid));
    LOCKSTEP_CO_TRY(before, m_parts.pairs.get(m_domain.uuid));
    const auto all = description.model.replicatedDisks();
    const bool isUnsafe = std::ranges::contains(all, u"unsafe"_s, &DomainDisk::cache);
    if (!isUnsafe)
        spec.copy = QUuid::createUuid().toString(QUuid::WithoutBraces);
    if (isUnsafe)
        m_fullCopy = full_copy::unsafeCache;
    else
        m_fullCopy = co_await obstacle(before, spec.disks);
    if (m_fullCopy.isEmpty())
        spec.base = before.lastCopy.identity;
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.update(
        m_domain.uuid, [&spec](PairRecord& record) { record.spec = spec; }));
    m_graph = std::make_unique<PrimaryGraph>(m_parts.hypervisor, spec, m_parts.peers.ownName());
    m_graph->setCredentials(credentials);
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_domain.uuid));
    m_graph->setProtocol(record.settings.protocol);
    m_graph->setCopyLimit([this] { return copyLimit(); });
    m_graph->setTransfer([this] { return transfer(); });
    // The preflight let only a running guest pass: whatever a failed step did to it, it runs again.
    m_graph->setResume(true);
    co_return {};
}

Task<QString> ProtectFlow::obstacle(PairRecord record, QList<DiskSpec> disks) const
{
    const auto& last = record.lastCopy;
    if (last.identity.isEmpty())
        co_return last.lost.isEmpty() ? QString{full_copy::first} : QString{last.lost};
    if (last.peer != m_peer.id)
        co_return QString{full_copy::otherHost};
    const Qmp qmp{m_parts.hypervisor.monitor(m_domain.uuid)};
    const ChangeMaps maps{qmp, disks};
    const auto kept = co_await maps.generations(last.identity);
    if (kept && !kept->isEmpty())
        co_return QString{};
    const auto any = co_await maps.hasAny(last.identity);
    co_return any && *any ? QString{full_copy::disksChanged} : QString{full_copy::guestRestarted};
}

void ProtectFlow::tellCopy(const PairRecord& record)
{
    const bool isWhole = !m_fullCopy.isEmpty();
    m_parts.jobs.setResult(m_job, u"copy"_s, isWhole ? u"full"_s : u"changes"_s);
    if (isWhole)
        m_parts.jobs.setResult(m_job, u"copy-reason"_s, m_fullCopy);
    if (m_fullCopy == full_copy::first)
        return;
    PairEvent event = eventOf(record, EventKind::Note);
    event.text = isWhole ? u"all of its disks is copied (%1): %2"_s.arg(
                               m_fullCopy, fullCopyText(m_fullCopy, m_peer.name))
                         : u"only what has changed on its disks is copied"_s;
    QJsonObject result{{u"copy"_s, isWhole ? u"full"_s : u"changes"_s}};
    if (isWhole)
        result.insert(u"copy-reason"_s, m_fullCopy);
    event.fields.insert(u"result"_s, result);
    m_parts.chronicle.record(std::move(event));
}

QString ProtectFlow::phase(const QString& title) const
{
    if (title != PrimaryGraph::copyTitle || m_fullCopy == full_copy::first)
        return title;
    return m_fullCopy.isEmpty() ? u"copy what has changed on the disks"_s
                                : u"%1 wholly (%2)"_s.arg(title, m_fullCopy);
}

MemoryTransfer ProtectFlow::transfer() const
{
    const auto record = m_parts.pairs.find(m_domain.uuid);
    return record ? record->settings.transfer : MemoryTransfer{};
}

Bytes ProtectFlow::copyLimit() const
{
    const auto record = m_parts.pairs.find(m_domain.uuid);
    if (record && record->settings.copySpeed > Bytes{})
        return record->settings.copySpeed;
    return Bytes::fromMiB(m_parts.config.replication.copySpeed);
}

Task<Result<void>> ProtectFlow::perform()
{
    Plan plan;
    plan.add({m_peer.name, u"prepare the shadow"_s, u"discard the shadow"_s,
              [this](StepContext) { return prepareShadow(); }, [this] { return discardShadow(); },
              5});
    m_graph->addSteps(plan);
    const auto observer = [this](const StepProgress& progress) {
        m_parts.jobs.progress(m_job, phase(progress.title), progress.total, progress.done,
                              progress.size);
        if (progress.title == PrimaryGraph::copyTitle && progress.size.value > 0)
            m_copied = progress.done;
    };
    // A peer lost before the graph was built would never be noticed again.
    const auto peer = m_parts.peers.peer(m_peer.id);
    if (!peer || !peer->connected)
        onPeerLost(m_peer.id);
    const auto outcome = co_await plan.run(m_stop.get_token(), observer);
    if (m_prepared)
        m_parts.jobs.setResult(m_job, u"copied-bytes"_s, m_copied.value);
    co_return outcome;
}

Task<Result<void>> ProtectFlow::prepareShadow()
{
    LOCKSTEP_CO_TRY(xml, co_await m_parts.hypervisor.xml(m_domain.uuid, XmlKind::Migratable));
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_domain.uuid));
    const QJsonObject request{{u"spec"_s, record.spec.toJson()},
                              {u"epoch"_s, qint64(record.epoch.value)},
                              {u"settings"_s, record.settings.toJson()},
                              {u"xml"_s, xml},
                              {u"image-directory"_s, m_options.imageDirectory}};
    const bool isAutomatic = record.settings.governing.automatic;
    const auto answer =
        co_await m_parts.peers.call(m_peer.id, u"shadow.prepare"_s, request, prepareDeadline);
    // A version that does not know a word among the settings takes none of them.
    if (!answer && answer.error().code() == Errc::ProtocolError && isAutomatic)
        co_return knowsNoAuto(m_peer.name);
    LOCKSTEP_CO_TRY(reply, answer);
    const auto theirs = ReplicationSpec::fromJson(reply[u"spec"].toObject());
    if (!theirs)
        co_return std::unexpected{theirs.error().during(u"the answer of %1"_s.arg(m_peer.name))};
    // Without that its answers would count although it gets no requests.
    const auto followed = PairSettings::fromJson(reply[u"settings"].toObject());
    const bool follows = followed && followed->protocol.mode == record.settings.protocol.mode;
    if (!follows && !record.settings.protocol.compares())
        co_return failure(Errc::NotSupported,
                          u"lockstepd on %1 knows no mode but colo"_s.arg(m_peer.name),
                          u"Update it, or protect the domain with --mode colo."_s);
    if (isAutomatic && (!followed || followed->governing != record.settings.governing))
        co_return knowsNoAuto(m_peer.name);
    // Its QEMU would wait for other connections than this one makes.
    const auto taken = followed ? followed->transfer : MemoryTransfer{};
    if (!taken.suits(record.settings.transfer))
        co_return failure(
            Errc::NotSupported,
            u"lockstepd on %1 cannot take memory over %2 channels with compression %3"_s.arg(
                m_peer.name, QString::number(record.settings.transfer.channels),
                nameOf(record.settings.transfer.compression)),
            u"Update it, or protect the domain with --set channels=1 --set compression=none."_s);
    auto spec = record.spec;
    if (theirs->disks.size() != spec.disks.size() || theirs->nics.size() != spec.nics.size())
        co_return failure(Errc::Malformed,
                          u"%1 prepared other disks or NICs than asked"_s.arg(m_peer.name));
    if (theirs->copy != spec.copy || theirs->base != spec.base) {
        // An older version knows of neither, and would not be asked to flush.
        m_fullCopy = shortened(reply[u"full-copy"].toString(full_copy::olderPeer), 100);
        spec.copy = theirs->copy == spec.copy ? spec.copy : QString{};
        spec.base.clear();
    }
    spec.nbdPort = theirs->nbdPort;
    spec.migrationPort = theirs->migrationPort;
    for (qsizetype i = 0; i < spec.disks.size(); ++i) {
        spec.disks[i].replica = theirs->disks[i].replica;
        spec.disks[i].reused = theirs->disks[i].reused;
    }
    for (qsizetype i = 0; i < spec.nics.size(); ++i) {
        spec.nics[i].requestPort = theirs->nics[i].requestPort;
        spec.nics[i].responsePort = theirs->nics[i].responsePort;
    }
    m_graph->setSpec(spec);
    // Only the copy has to know: saved here, it would be said of this host's own image.
    for (auto& disk : spec.disks)
        disk.reused = false;
    m_prepared = true;
    tellCopy(record);
    co_return co_await m_parts.pairs.update(m_domain.uuid, [&spec](PairRecord& now) {
        now.spec = spec;
        now.lastCopy = LastCopy::none(full_copy::interrupted); // until it is known to be complete
        if (now.state == PairState::Preparing)
            now.state = PairState::Copying;
    });
}

Task<Result<void>> ProtectFlow::discardShadow()
{
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(m_domain.uuid));
    const QJsonObject request{{u"uuid"_s, toString(record.uuid)},
                              {u"epoch"_s, qint64(record.epoch.value)}};
    const auto reply = co_await m_parts.peers.call(m_peer.id, u"shadow.discard"_s, request, 30s);
    // A peer that cannot be reached cleans up by itself once it notices, or starts again.
    if (!reply && reply.error().code() != Errc::PeerUnreachable
        && reply.error().code() != Errc::Timeout)
        co_return std::unexpected{reply.error()};
    co_return {};
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
