// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Meeting.h"

#include "pair/ProtectFlow.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;

Meeting::Meeting(PairParts parts, ShadowKeeper& keeper, TaskSet& tasks)
    : m_parts{parts}, m_keeper{keeper}, m_tasks{tasks}
{
    connect(&m_parts.peers, &Peers::connected, this,
            [this](const PeerId& peer) { m_tasks.add(compareAll(peer)); });
}

Task<void> Meeting::compareAll(PeerId peer)
{
    const auto records = m_parts.pairs.all();
    for (const auto& record : records) {
        if (record.peer != peer)
            continue;
        const auto compared = co_await compare(record.uuid);
        if (!compared)
            spdlog::warn("pair {}: comparing with {}: {}", record.domain.toStdString(),
                         record.peerName.toStdString(), compared.error().message().toStdString());
    }
}

Task<TheirView> Meeting::ownView(DomainUuid uuid)
{
    TheirView view;
    if (const auto record = m_parts.pairs.find(uuid))
        view = {true, record->role, record->state, record->epoch, false};
    const auto domain = co_await m_parts.hypervisor.find(toString(uuid));
    view.domainRuns =
        domain && domain->state != DomainState::Off && domain->state != DomainState::Crashed;
    co_return view;
}

Task<Result<void>> Meeting::compare(DomainUuid uuid)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record)
        co_return {};
    QJsonObject request = (co_await ownView(uuid)).toJson();
    request.insert(u"uuid"_s, toString(uuid));
    LOCKSTEP_CO_TRY(reply, co_await m_parts.peers.call(record->peer, u"pair.compare"_s, request));
    LOCKSTEP_CO_TRY(theirs, TheirView::fromJson(reply));
    co_await act(uuid, theirs);
    co_return {};
}

Task<Result<QJsonObject>> Meeting::answer(PeerId peer, QJsonObject request)
{
    const DomainUuid uuid{QUuid::fromString(request[u"uuid"].toString())};
    if (uuid.value.isNull())
        co_return failure(Errc::ProtocolError, u"pair.compare without uuid"_s);
    LOCKSTEP_CO_TRY(theirs, TheirView::fromJson(request));
    // A third host has no say in a pair of two others.
    if (const auto record = m_parts.pairs.find(uuid); record && record->peer != peer)
        co_return TheirView{}.toJson();
    // As it is now: what we do about theirs comes after the answer.
    const QJsonObject own = (co_await ownView(uuid)).toJson();
    m_tasks.add(act(uuid, theirs));
    co_return own;
}

Task<void> Meeting::act(DomainUuid uuid, TheirView theirs)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || m_parts.jobs.isBusy(uuid))
        co_return;
    const auto acted = co_await actOn(*record, theirs);
    if (!acted)
        spdlog::error("pair {}: {}", record->domain.toStdString(),
                      acted.error().message().toStdString());
}

Task<Result<void>> Meeting::actOn(PairRecord record, TheirView theirs)
{
    switch (reconcile(record, theirs)) {
    case Consequence::None:
        co_return {};
    case Consequence::DiscardShadow:
        co_return co_await m_keeper.giveUp(
            record.uuid, u"%1 goes on without this shadow"_s.arg(record.peerName));
    case Consequence::BecomeStale:
        LOCKSTEP_CO_CHECK(co_await markStale(record, theirs.epoch));
        co_await destroyHeld(record.uuid);
        co_return {};
    case Consequence::ShadowLost:
        co_return co_await m_parts.pairs.setState(
            record.uuid, PairState::Interrupted,
            u"%1 has no shadow of it any more; 'lockstep continue-alone %2' lets the guest go on"_s
                .arg(record.peerName, record.domain));
    case Consequence::Conflict:
        spdlog::critical(
            "pair {}: {} claims it, too, under epoch {}; ours is {}. Nothing is touched.",
            record.domain.toStdString(), record.peerName.toStdString(), theirs.epoch.value,
            record.epoch.value);
        record.reason =
            u"both hosts claim the domain: shut it down on the host whose data may be lost, then unprotect it there"_s;
        co_return co_await m_parts.pairs.put(record);
    }
    co_return {};
}

Task<Result<void>> Meeting::markStale(PairRecord record, Epoch epoch)
{
    record.epoch = epoch;
    record.state = PairState::Stale;
    record.reason =
        u"%1 has taken the domain over; what is defined here is out of date"_s.arg(record.peerName);
    co_return co_await m_parts.pairs.put(record);
}

Task<void> Meeting::destroyHeld(DomainUuid uuid)
{
    // Its main loop may wait for the dead connections, and would not even hear that it shall end.
    if (const auto record = m_parts.pairs.find(uuid))
        severChannels(record->spec);
    // It cannot have sent anything since its shadow left it.
    const auto destroyed = co_await m_parts.hypervisor.destroy(uuid);
    if (!destroyed)
        spdlog::error("the held domain {} cannot be destroyed: {}", toString(uuid).toStdString(),
                      destroyed.error().message().toStdString());
}

Task<Result<QJsonObject>> Meeting::yield(PeerId peer, QJsonObject request)
{
    LOCKSTEP_CO_TRY(record, recordOf(m_parts.pairs, peer, request));
    const auto theirs = quint64(request[u"epoch"].toInteger());
    // Asked before, by a takeover that did not get further: this side has given way already.
    if (record.isPrimary() && record.state == PairState::Stale && record.epoch.value == theirs + 1)
        co_return QJsonObject{};
    const bool held =
        record.state == PairState::Protected || record.state == PairState::Interrupted;
    if (!record.isPrimary() || !held || record.epoch.value > theirs) {
        co_return failure(Errc::WrongRole,
                          u"domain %1 is %2 on %3, under epoch %4"_s.arg(
                              record.domain, toString(record.state), m_parts.peers.ownName(),
                              QString::number(record.epoch.value)));
    }
    if (m_parts.jobs.isBusy(record.uuid))
        co_return failure(
            Errc::Busy,
            u"a job works on domain %1 on %2"_s.arg(record.domain, m_parts.peers.ownName()));
    // The answer comes once it is certain that this side will not go on: clients wait for it. QEMU,
    // whose output is held from the moment its shadow leaves, is destroyed afterwards.
    LOCKSTEP_CO_CHECK(co_await markStale(record, {theirs + 1}));
    m_tasks.add(destroyHeld(record.uuid));
    co_return QJsonObject{};
}

} // namespace lockstep
