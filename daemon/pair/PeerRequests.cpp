// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/PeerRequests.h"

#include "base/Text.h"
#include "pair/FullCopy.h"
#include "pair/HandOver.h"
#include "pair/KeptReplicas.h"
#include "pair/PreflightFlow.h"
#include "pair/SettingsFlow.h"
#include "pair/ShadowBuild.h"
#include "pair/ShadowGate.h"
#include "pair/StaleDisks.h"
#include "replication/ShadowGraph.h"

#include <spdlog/spdlog.h>

#include <QDir>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace failover;

namespace {

constexpr auto discardDeadline = 25s;
constexpr qsizetype longestReason = 400; // characters

/// What was there before may be somebody's own again, or not be wanted for it any more.
bool mayReuse(const PairRecord& record, const QList<StaleDisk>& stale)
{
    return std::ranges::all_of(record.spec.disks, [&](const DiskSpec& disk) {
        const auto isIt = [&disk](const StaleDisk& image) {
            return image.path == disk.replica && image.fits(disk);
        };
        return !disk.reused || std::ranges::any_of(stale, isIt);
    });
}

/// Of a pair; nothing for what is none. Beyond 2^53 JSON numbers are not exact.
std::optional<Epoch> epochOf(const QJsonObject& request)
{
    constexpr qint64 largest = 9'007'199'254'740'992;
    const auto epoch = request[u"epoch"].toInteger(-1);
    if (epoch < 0 || epoch > largest)
        return std::nullopt;
    return Epoch{quint64(epoch)};
}

QJsonObject agreement(bool agreed) { return {{u"agreed"_s, agreed}}; }

/// Why a shadow cannot be made here now; nothing if it can.
std::optional<Error> obstacle(const PairRecord& wanted, const PairRecord& before)
{
    const QString state = toString(before.state);
    if (before.peer != wanted.peer || before.isEngaged())
        return Error{Errc::Busy, u"domain %1 is %2 here"_s.arg(wanted.domain, state)};
    // Our epoch may be the newer one: what is live here must not be replaced by an older copy.
    if (before.state != PairState::Stale)
        return Error{Errc::NameTaken,
                     u"domain %1 is %2 here, under epoch %3"_s.arg(
                         wanted.domain, state, QString::number(before.epoch.value))};
    return std::nullopt;
}

} // namespace

void PeerRequests::answer()
{
    const auto handle = [this](const QString& method, auto member) {
        m_parts.peers.handle(method, [this, member](PeerId peer, QJsonObject request) {
            return (this->*member)(std::move(peer), std::move(request));
        });
    };
    m_parts.peers.handle(u"preflight.facts"_s, [this](PeerId peer, QJsonObject request) {
        return answerPreflight(m_parts, peer, request);
    });
    handle(u"shadow.prepare"_s, &PeerRequests::prepare);
    handle(u"shadow.confirm"_s, &PeerRequests::confirm);
    handle(u"shadow.discard"_s, &PeerRequests::discard);
    handle(u"replica.flush"_s, &PeerRequests::flush);
    handle(u"replica.drop"_s, &PeerRequests::drop);
    handle(u"pair.let-go"_s, &PeerRequests::letGo);
    handle(u"pair.promise"_s, &PeerRequests::promise);
    handle(u"pair.settings"_s, &PeerRequests::settings);
    handle(u"pair.switch-over"_s, &PeerRequests::switchOver);
}

Result<PeerRequests::Subject> PeerRequests::subject(const PeerId& peer,
                                                    const QJsonObject& request) const
{
    const DomainUuid uuid{QUuid::fromString(request[u"uuid"].toString())};
    const auto epoch = epochOf(request);
    if (uuid.value.isNull() || !epoch)
        return failure(Errc::ProtocolError, u"a request about a pair without uuid or epoch"_s);
    auto* const driver = m_drivers.find(uuid);
    // A third host has no say in a pair of two others.
    if (!driver || driver->peer() != peer)
        return failure(Errc::UnknownPair,
                       u"domain %1 has no pair with you here"_s.arg(toString(uuid)));
    return Subject{driver, *epoch};
}

Task<Result<QJsonObject>> PeerRequests::prepare(PeerId peer, QJsonObject request)
{
    auto spec = ReplicationSpec::fromJson(request[u"spec"].toObject());
    if (!spec)
        co_return std::unexpected{spec.error().as(Errc::ProtocolError)};
    const auto settings = PairSettings::fromJson(request[u"settings"].toObject());
    if (!settings)
        co_return std::unexpected{settings.error().as(Errc::ProtocolError)};
    const auto epoch = epochOf(request);
    if (!epoch)
        co_return failure(Errc::ProtocolError, u"shadow.prepare without epoch"_s);
    LOCKSTEP_CO_TRY(info, m_parts.peers.peer(peer));
    PairRecord record;
    record.uuid = spec->uuid;
    record.domain = spec->domain;
    record.role = Role::Secondary;
    record.state = PairState::Stale; // nothing yet
    record.sole = false;
    record.peer = peer;
    record.peerName = info.name;
    record.epoch = *epoch;
    record.settings = *settings;
    record.spec = std::move(*spec);
    record.spec.primaryAddress = info.remoteAddress;
    record.spec.secondaryAddress = info.localAddress;
    record.imageDirectory = QDir::cleanPath(request[u"image-directory"].toString());
    if (record.imageDirectory.isEmpty())
        record.imageDirectory = m_parts.config.replication.imageDirectory;
    else if (const auto why = imageDirectoryRefusal(m_parts.config, record.imageDirectory);
             !why.isEmpty())
        co_return failure(Errc::ShadowRefused,
                          u"%1 makes no images there: %2"_s.arg(m_parts.peers.ownName(), why));
    const auto before = m_parts.pairs.find(record.uuid);
    if (before) {
        if (const auto why = obstacle(record, *before))
            co_return std::unexpected{*why};
    }
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
    const auto ports = choosePorts(record.spec, m_parts.pairs.all(), m_parts.config);
    if (!ports)
        co_return std::unexpected{ports.error()};
    ShadowBuild::nameImages(record);
    const QString fullCopy = co_await chooseReplicas(&record);
    LOCKSTEP_CO_TRY(xml, co_await admitShadow(m_parts, record, request[u"xml"].toString()));
    auto* const driver = co_await m_drivers.add(record);
    if (driver->isBuilding() || !co_await driver->askToBuild(record))
        co_return failure(Errc::Busy,
                          u"domain %1 is not free for a shadow on %2 yet"_s.arg(
                              record.domain, m_parts.peers.ownName()));
    LOCKSTEP_CO_TRY(reply, co_await build(driver, xml));
    if (!fullCopy.isEmpty())
        reply.insert(u"full-copy"_s, fullCopy);
    co_return reply;
}

Task<QString> PeerRequests::chooseReplicas(PairRecord* record)
{
    const KeptReplicas kept{m_parts.config};
    QList<StaleDisk> stale;
    if (record->settings.reuseDisks)
        stale = co_await staleDisks(m_parts, record->uuid);
    QString word;
    if (!record->spec.base.isEmpty()) {
        word = co_await kept.problem(*record);
        if (word.isEmpty() && kept.fill(*record) && mayReuse(*record, stale))
            co_return QString{};
        if (word.isEmpty())
            word = full_copy::noReplica;
        record->spec.base.clear();
        ShadowBuild::nameImages(*record);
    }
    reuse(*record, stale);
    co_return word;
}

Task<Result<QJsonObject>> PeerRequests::flush(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(what, subject(peer, request));
    const auto uuid = what.driver->uuid();
    const auto epoch = what.epoch;
    const auto isInStep = [epoch](const PairRecord& record) {
        return !record.isPrimary() && record.state == PairState::Protected && record.epoch == epoch
            && !record.spec.copy.isEmpty();
    };
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(uuid));
    const auto refused = [domain = record.domain] {
        return failure(Errc::NotInStep, u"the shadow of domain %1 is not in step"_s.arg(domain));
    };
    if (!isInStep(record))
        co_return refused();
    const ShadowGraph graph{Qmp{m_parts.hypervisor.monitor(uuid)}, record.spec};
    LOCKSTEP_CO_CHECK(co_await graph.flushReplicas());
    LOCKSTEP_CO_TRY(now, m_parts.pairs.get(uuid)); // much may have happened meanwhile
    if (!isInStep(now) || now.spec.copy != record.spec.copy)
        co_return refused();
    const LastCopy copy{now.spec.copy, peer, epoch, {}};
    if (now.lastCopy != copy)
        LOCKSTEP_CO_CHECK(co_await m_parts.pairs.update(uuid, [&](PairRecord& saved) {
            if (isInStep(saved))
                saved.lastCopy = copy;
        }));
    co_return QJsonObject{{u"copy"_s, copy.identity}};
}

Task<Result<QJsonObject>> PeerRequests::drop(PeerId peer, QJsonObject request)
{
    const DomainUuid uuid{QUuid::fromString(request[u"uuid"].toString())};
    if (uuid.value.isNull())
        co_return failure(Errc::ProtocolError, u"replica.drop without uuid"_s);
    // One that is being discarded would be kept in a moment.
    const auto record = m_parts.pairs.find(uuid);
    const bool isGoing = record && !record->isPrimary() && record->peer == peer
        && (record->state == PairState::Interrupted || record->state == PairState::Undoing);
    if (auto* const driver = m_drivers.find(uuid); driver && isGoing)
        co_await driver->discarded(discardDeadline);
    const KeptReplicas replicas{m_parts.config};
    const auto kept = replicas.find(uuid);
    if (kept && kept->peer == peer)
        LOCKSTEP_CO_CHECK(co_await replicas.giveUp(uuid));
    co_return QJsonObject{};
}

Task<Result<QJsonObject>> PeerRequests::build(PairDriver* driver, QString xml)
{
    std::stop_source stop;
    driver->setBuilding(stop);
    const auto uuid = driver->uuid();
    Result<void> built;
    if (const auto record = m_parts.pairs.find(uuid)) {
        ShadowBuild shadow{m_parts, *record, std::move(xml)};
        // A replica that was kept is written to from here on: should that not come to its end, it
        // is of no use. One that does not fit would only take the new one's room.
        const KeptReplicas kept{m_parts.config};
        if (record->spec.base.isEmpty())
            built = co_await kept.giveUp(uuid);
        else
            built = kept.forget(uuid);
        if (built)
            built = co_await shadow.run(stop.get_token());
    } else {
        built = failure(Errc::Cancelled, u"the shadow is not wanted any more"_s);
    }
    co_await driver->builtOrNot(built); // it cannot be gone while it is building
    const auto record = m_parts.pairs.find(uuid);
    if (!built)
        co_return std::unexpected{built.error()};
    if (!record || record->state != PairState::Copying)
        co_return failure(Errc::Cancelled, u"the shadow is not wanted any more"_s);
    co_return QJsonObject{{u"spec"_s, record->spec.toJson()},
                          {u"settings"_s, record->settings.toJson()}};
}

Task<Result<QJsonObject>> PeerRequests::confirm(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(what, subject(peer, request));
    const auto uuid = what.driver->uuid();
    co_await what.driver->look();
    LOCKSTEP_CO_TRY(now, subject(peer, request)); // it may be gone meanwhile
    const bool agreed = co_await now.driver->ask(AskedToConfirm{now.epoch.value});
    const auto record = m_parts.pairs.find(uuid);
    if (!agreed || !record)
        co_return failure(Errc::NotInStep,
                          u"the shadow of domain %1 is not in step"_s.arg(record ? record->domain
                                                                                 : toString(uuid)));
    // What earlier protections left here is out of date now that this shadow is in step.
    LOCKSTEP_CO_CHECK(co_await ShadowBuild::removeOldImages(*record));
    co_return QJsonObject{};
}

Task<Result<QJsonObject>> PeerRequests::discard(PeerId peer, QJsonObject request)
{
    const auto what = subject(peer, request);
    if (!what) {
        if (what.error().code() == Errc::UnknownPair)
            co_return QJsonObject{};
        co_return std::unexpected{what.error()};
    }
    const auto uuid = what->driver->uuid();
    if (!co_await what->driver->ask(AskedToLetGo{what->epoch.value, ClaimKind::GoAlone}))
        co_return failure(Errc::WrongRole,
                          u"%1 has no shadow of domain %2 that it could discard"_s.arg(
                              m_parts.peers.ownName(), toString(uuid)));
    if (auto* const driver = m_drivers.find(uuid))
        co_await driver->discarded(discardDeadline);
    co_return QJsonObject{};
}

Task<Result<QJsonObject>> PeerRequests::letGo(PeerId peer, QJsonObject request)
{
    const QString what = request[u"for"].toString();
    if (what != u"takeover" && what != u"go-alone")
        co_return failure(Errc::ProtocolError, u"pair.let-go for nothing that is known"_s);
    const auto pair = subject(peer, request);
    const auto kind = what == u"takeover" ? ClaimKind::Takeover : ClaimKind::GoAlone;
    if (!pair) {
        // There is nothing here that could go on; not so if this host just cannot tell.
        const bool nothing = pair.error().code() == Errc::UnknownPair && kind == ClaimKind::GoAlone;
        if (!nothing)
            co_return std::unexpected{pair.error()};
        const auto domain = co_await m_parts.hypervisor.find(request[u"uuid"].toString());
        const bool runs = domain ? domain->state != DomainState::Off
                                 : domain.error().code() != Errc::UnknownDomain;
        co_return agreement(!runs);
    }
    co_return agreement(co_await pair->driver->ask(AskedToLetGo{pair->epoch.value, kind}));
}

Task<Result<QJsonObject>> PeerRequests::promise(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(what, subject(peer, request));
    const auto number = request[u"number"].toInteger(-1);
    if (number < 0 || !request[u"promise"].isBool())
        co_return failure(Errc::ProtocolError, u"pair.promise without number or promise"_s);
    co_return agreement(co_await what.driver->ask(
        AskedToPromise{what.epoch.value, quint64(number), request[u"promise"].toBool()}));
}

Task<Result<QJsonObject>> PeerRequests::settings(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(what, subject(peer, request));
    const auto wanted = PairSettings::fromJson(request[u"settings"].toObject());
    if (!wanted)
        co_return std::unexpected{wanted.error().as(Errc::ProtocolError)};
    const auto turn = co_await m_adopting.take(what.driver->uuid());
    // It comes into the history of this host.
    const QString why = shortened(request[u"why"].toString(), longestReason);
    LOCKSTEP_CO_CHECK(
        co_await adoptSettings(m_parts, m_drivers, what.driver->uuid(), what.epoch, *wanted, why));
    co_return QJsonObject{{u"settings"_s, wanted->toJson()}};
}

Task<Result<QJsonObject>> PeerRequests::switchOver(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(what, subject(peer, request));
    if (what.driver->mind().epoch != what.epoch.value)
        co_return failure(Errc::WrongRole, u"the pair is under another epoch by now"_s);
    LOCKSTEP_CO_TRY(record, m_parts.pairs.get(what.driver->uuid()));
    LOCKSTEP_CO_TRY(job, m_parts.jobs.start(u"switchover"_s, record.uuid, record.domain, false));
    // The answer does not wait for it: who asked may be in a hurry.
    m_tasks.add(handOver(m_parts, m_drivers, job, record));
    co_return QJsonObject{};
}

} // namespace lockstep
