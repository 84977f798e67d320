// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/ShadowKeeper.h"

#include "pair/ShadowBuild.h"
#include "replication/ShadowGraph.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Longer than a restart of the peer's daemon takes; nobody waits for it but our own disk space.
constexpr auto peerGrace = 10s;

bool neverInStep(const PairRecord& record)
{
    return !record.isPrimary()
        && (record.state == PairState::Preparing || record.state == PairState::Copying);
}

} // namespace

Result<PairRecord> recordOf(const PairTable& pairs, const PeerId& peer, const QJsonObject& request)
{
    const DomainUuid uuid{QUuid::fromString(request[u"uuid"].toString())};
    if (uuid.value.isNull() || !request[u"epoch"].isDouble())
        return failure(Errc::ProtocolError, u"a request about a pair without uuid or epoch"_s);
    auto record = pairs.find(uuid);
    if (!record || record->peer != peer)
        return failure(Errc::UnknownPair,
                       u"domain %1 has no pair with you here"_s.arg(toString(uuid)));
    return *record;
}

ShadowKeeper::ShadowKeeper(PairParts parts, TaskSet& tasks) : m_parts{parts}, m_tasks{tasks}
{
    connect(&m_parts.peers, &Peers::disconnected, this, &ShadowKeeper::onPeerLost);
}

Task<Result<QJsonObject>> ShadowKeeper::prepare(PeerId peer, QJsonObject request)
{
    auto spec = ReplicationSpec::fromJson(request[u"spec"].toObject());
    if (!spec)
        co_return std::unexpected{spec.error().as(Errc::ProtocolError)};
    LOCKSTEP_CO_TRY(info, m_parts.peers.peer(peer));
    PairRecord record;
    record.uuid = spec->uuid;
    record.domain = spec->domain;
    record.role = Role::Secondary;
    record.peer = peer;
    record.peerName = info.name;
    record.epoch = {quint64(request[u"epoch"].toInteger())};
    record.spec = std::move(*spec);
    record.spec.primaryAddress = info.remoteAddress;
    record.spec.secondaryAddress = info.localAddress;
    record.imageDirectory = request[u"image-directory"].toString();
    if (record.imageDirectory.isEmpty())
        record.imageDirectory = m_parts.config.replication.imageDirectory;
    const auto before = m_parts.pairs.find(record.uuid);
    if (before && (before->isEngaged() || before->peer != peer))
        co_return failure(Errc::Busy,
                          u"domain %1 is %2 here"_s.arg(record.domain, toString(before->state)));
    // Our epoch may be the newer one: what is live here must not be replaced by an older copy.
    if (before && before->state == PairState::Alone)
        co_return failure(
            Errc::NameTaken,
            u"domain %1 lives here, under epoch %2"_s.arg(record.domain).arg(before->epoch.value));
    if (before)
        record.epoch.value = std::max(record.epoch.value, before->epoch.value + 1);
    LOCKSTEP_CO_TRY(domains, co_await m_parts.hypervisor.domains());
    for (const auto& domain : std::as_const(domains)) {
        if (domain.uuid != record.uuid && domain.name != record.domain)
            continue;
        if (!before || domain.uuid != record.uuid || domain.state != DomainState::Off)
            co_return failure(
                Errc::NameTaken,
                u"host %1 has a domain %2 already"_s.arg(m_parts.peers.ownName(), domain.name));
        record.definedHere = true;
    }
    if (m_building.contains(record.uuid))
        co_return failure(Errc::Busy,
                          u"a shadow of domain %1 is being made here"_s.arg(record.domain));
    m_building.insert(record.uuid, {});
    const auto reply = co_await prepare(record, request[u"xml"].toString());
    m_building.remove(record.uuid);
    co_return reply;
}

Task<Result<QJsonObject>> ShadowKeeper::prepare(PairRecord record, QString xml)
{
    const auto ports = choosePorts(record.spec, m_parts.pairs.all(), m_parts.config);
    if (!ports)
        co_return std::unexpected{ports.error()};
    record.state = PairState::Preparing;
    ShadowBuild build{m_parts, record, std::move(xml)};
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(build.record()));
    const auto stop = m_building.value(record.uuid).get_token();
    const auto built = co_await build.run(stop);
    if (!built) {
        LOCKSTEP_CO_CHECK(co_await giveUp(record.uuid, built.error().message()));
        co_return std::unexpected{built.error()};
    }
    record = build.record();
    record.state = PairState::Copying;
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(record));
    co_return QJsonObject{{u"spec"_s, record.spec.toJson()},
                          {u"epoch"_s, qint64(record.epoch.value)}};
}

Task<Result<QJsonObject>> ShadowKeeper::confirm(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(record, recordOf(m_parts.pairs, peer, request));
    const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(record.uuid)}, record.spec};
    LOCKSTEP_CO_TRY(inStep, co_await graph.isInStep());
    if (record.isPrimary() || !inStep)
        co_return failure(Errc::NotInStep,
                          u"the shadow of domain %1 is not in step"_s.arg(record.domain));
    record.state = PairState::Protected;
    record.reason.clear();
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(record));
    // What earlier protections left here is out of date now that this shadow is in step.
    LOCKSTEP_CO_CHECK(co_await ShadowBuild::removeOldImages(record));
    co_return QJsonObject{};
}

Task<Result<QJsonObject>> ShadowKeeper::release(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(record, recordOf(m_parts.pairs, peer, request));
    if (record.isPrimary() || record.state == PairState::TakingOver) {
        co_return failure(
            Errc::WrongRole,
            u"%1 has taken domain %2 over, under epoch %3"_s.arg(
                m_parts.peers.ownName(), record.domain, QString::number(record.epoch.value)));
    }
    // A takeover that has begun will go live; it asks the primary to yield, which refuses
    // meanwhile.
    if (m_parts.jobs.isBusy(record.uuid))
        co_return failure(
            Errc::Busy,
            u"a job works on domain %1 on %2"_s.arg(record.domain, m_parts.peers.ownName()));
    if (!record.isEngaged())
        co_return QJsonObject{}; // there is no shadow that could take over
    record.state = PairState::Undoing;
    record.reason = u"%1 goes on without it"_s.arg(record.peerName);
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(record));
    co_return QJsonObject{};
}

Task<Result<QJsonObject>> ShadowKeeper::discard(PeerId peer, QJsonObject request)
{
    const auto record = recordOf(m_parts.pairs, peer, request);
    if (!record) {
        if (record.error().code() == Errc::UnknownPair)
            co_return QJsonObject{};
        co_return std::unexpected{record.error()};
    }
    if (const auto building = m_building.find(record->uuid); building != m_building.end()) {
        building->request_stop();
        co_return QJsonObject{};
    }
    LOCKSTEP_CO_CHECK(
        co_await giveUp(record->uuid, u"%1 has ended protection"_s.arg(record->peerName)));
    co_return QJsonObject{};
}

Task<Result<void>> ShadowKeeper::giveUp(DomainUuid uuid, QString reason)
{
    auto record = m_parts.pairs.find(uuid);
    // A shadow that went live is no shadow any more: it is never given up here. Nor is what
    // somebody started from a definition that is left of an earlier one.
    if (!record || record->isPrimary() || !record->isEngaged()
        || record->state == PairState::TakingOver || m_parts.jobs.isBusy(uuid))
        co_return {};
    record->state = PairState::Undoing;
    record->reason = reason;
    LOCKSTEP_CO_CHECK(co_await m_parts.pairs.put(*record));
    co_return co_await takeAway(*record, reason);
}

Task<Result<void>> ShadowKeeper::takeAway(PairRecord record, QString reason)
{
    LOCKSTEP_CO_CHECK(co_await ShadowBuild::discard(m_parts, record));
    if (!record.definedHere)
        co_return co_await m_parts.pairs.remove(record.uuid);
    record.state = PairState::Stale;
    record.reason = u"the domain runs on %1; what is defined here is out of date (%2)"_s.arg(
        record.peerName, reason);
    co_return co_await m_parts.pairs.put(record);
}

void ShadowKeeper::onPeerLost(const PeerId& peer)
{
    const auto records = m_parts.pairs.all();
    const bool any = std::ranges::any_of(
        records, [&](const auto& record) { return record.peer == peer && neverInStep(record); });
    if (any)
        m_tasks.add(discardUnlessPeerReturns(peer));
}

Task<void> ShadowKeeper::discardUnlessPeerReturns(PeerId peer)
{
    const auto waited = co_await pause(peerGrace);
    const auto info = m_parts.peers.peer(peer);
    if (!waited || (info && info->connected))
        co_return; // the two daemons agree on what to do when they meet
    const auto records = m_parts.pairs.all();
    for (const auto& record : records) {
        if (record.peer != peer || !neverInStep(record))
            continue;
        if (const auto building = m_building.find(record.uuid); building != m_building.end()) {
            building->request_stop();
            continue;
        }
        const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(record.uuid)}, record.spec};
        const auto inStep = co_await graph.isInStep();
        if (inStep && *inStep)
            continue; // lost between COLO and its confirmation: this may be the only live copy
        const auto given =
            co_await giveUp(record.uuid, u"the connection to %1 was lost"_s.arg(record.peerName));
        if (!given)
            spdlog::error("pair {}: {}", record.domain.toStdString(),
                          given.error().message().toStdString());
    }
}

} // namespace lockstep
