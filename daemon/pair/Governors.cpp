// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Governors.h"

#include "pair/ChangeText.h"
#include "pair/RecordEvent.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

// QEMU's news of a checkpoint takes a moment to come here.
constexpr qint64 settled = microseconds{250ms}.count();
// What lies between two looks that are so far apart was not all seen: the host was suspended, or
// lockstepd stopped.
constexpr qint64 longestLook = microseconds{5s}.count();
// A clock that was set by more than that between two looks cannot tell what lies between them.
constexpr qint64 mostSet = microseconds{100ms}.count();

/// What was picked. That of colo is no choice, but the limit.
Choice choiceOf(const PairRecord& record)
{
    const Protocol& protocol = record.settings.protocol;
    return {.mode = protocol.mode, .period = protocol.compares() ? 0ms : protocol.periodInForce()};
}

bool isGoverned(const PairRecord& record)
{
    return record.isPrimary() && record.state == PairState::Protected && !record.suspended
        && record.settings.governing.automatic;
}

template <typename Time>
qint64 sinceEpoch(Time time)
{
    return std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count();
}

} // namespace

Governors::Moment Governors::Moment::now()
{
    return {.steady = sinceEpoch(std::chrono::steady_clock::now()),
            .wall = sinceEpoch(std::chrono::system_clock::now())};
}

Governors::Governors(PairParts parts, SettingsFlow& settings, TaskSet& tasks, Clock clock,
                     Pace pace)
    : m_parts{parts}, m_settings{settings}, m_tasks{tasks}, m_clock{std::move(clock)}, m_pace{pace}
{
    m_timer.setInterval(m_pace.look);
    connect(&m_timer, &QTimer::timeout, this, &Governors::look);
    connect(&m_parts.pairs, &PairTable::changed, this, &Governors::onPairChanged);
    connect(&m_parts.pairs, &PairTable::removed, this,
            [this](const DomainUuid& uuid) { m_all.erase(uuid); });
    // What happened while libvirt was away was not seen.
    connect(&m_parts.hypervisor, &Hypervisor::connected, this, [this] {
        for (auto& [uuid, governed] : m_all)
            startOver(governed, uuid, m_clock());
    });
}

void Governors::begin() { m_timer.start(); }

void Governors::stop()
{
    m_timer.stop();
    m_stop.request_stop();
}

void Governors::onPairChanged(const DomainUuid& uuid)
{
    const auto record = m_parts.pairs.find(uuid);
    if (!record || !isGoverned(*record))
        m_all.erase(uuid);
}

Governors::Governed* Governors::find(const DomainUuid& uuid, Epoch epoch)
{
    const auto found = m_all.find(uuid);
    return found == m_all.end() || found->second.epoch != epoch ? nullptr : &found->second;
}

void Governors::look()
{
    const auto now = m_clock();
    const auto records = m_parts.pairs.all();
    for (const PairRecord& record : records) {
        if (isGoverned(record))
            lookAt(record, now);
    }
}

void Governors::lookAt(const PairRecord& record, const Moment& now)
{
    const Choice inForce = choiceOf(record);
    const Governing& limits = record.settings.governing;
    if (!find(record.uuid, record.epoch)) {
        Governed fresh{.governor = Governor{limits, inForce, now.steady},
                       .epoch = record.epoch,
                       .limits = limits,
                       .inForce = inForce,
                       .since = {},
                       .packets = {},
                       .told = {}};
        startOver(fresh, record.uuid, now);
        m_all.erase(record.uuid);
        m_all.emplace(record.uuid, std::move(fresh));
        return;
    }
    Governed& governed = m_all.at(record.uuid);
    if (governed.isChanging)
        return;
    // Somebody has changed the limits, and with them perhaps what is in force.
    if (std::exchange(governed.limits, limits) != limits)
        governed.governor.setLimits(limits);
    if (std::exchange(governed.inForce, inForce) != inForce) {
        governed.governor.applied(now.steady, inForce);
        startOver(governed, record.uuid, now);
        return;
    }
    const auto seen = seenBy(governed, record, now);
    // Without the other host nothing can be changed.
    const auto peer = m_parts.peers.peer(record.peer);
    if (!seen || !peer || !peer->connected || m_parts.jobs.isBusy(record.uuid))
        return;
    if (const auto change = governed.governor.look(now.steady, *seen)) {
        governed.isChanging = true;
        m_tasks.add(apply(record.uuid, record.epoch, *change));
    }
}

void Governors::startOver(Governed& governed, const DomainUuid& uuid, const Moment& now) const
{
    governed.since = now;
    governed.packets = m_parts.statistics.packets(uuid);
}

std::optional<GovernorInput> Governors::seenBy(Governed& governed, const PairRecord& record,
                                               const Moment& now) const
{
    const auto* const statistics = m_parts.statistics.find(record.uuid);
    const qint64 length = now.steady - governed.since.steady;
    const bool wasSet = std::abs(now.wall - governed.since.wall - length) > mostSet;
    if (!statistics || wasSet || length > longestLook || !m_parts.hypervisor.isConnected()) {
        startOver(governed, record.uuid, now);
        return std::nullopt;
    }
    const Moment until{.steady = now.steady - settled, .wall = now.wall - settled};
    if (until.wall <= governed.since.wall)
        return std::nullopt;
    const auto since = std::exchange(governed.since, until);
    const auto packets = m_parts.statistics.packets(record.uuid);
    const auto before = std::exchange(governed.packets, packets);
    GovernorInput seen =
        inputFrom(statistics->checkpoints(), since.wall, until.wall, record.settings.protocol);
    if (packets && before && *packets >= *before)
        seen.sent = *packets - *before;
    return seen;
}

Task<void> Governors::apply(DomainUuid uuid, Epoch epoch, Governor::Change change)
{
    const auto stop = m_stop.get_token();
    Result<void> done = co_await m_settings.applyChoice(uuid, change.choice, change.why);
    tell(uuid, epoch, change.choice, done);
    // It was brought back already, unless that failed, too.
    while (!done && find(uuid, epoch) && !stop.stop_requested()) {
        done = co_await m_settings.bringBack(uuid);
        if (!done)
            (void)co_await pause(m_pace.retry, stop);
    }
    const auto record = m_parts.pairs.find(uuid);
    auto* const governed = find(uuid, epoch);
    if (!governed || !record)
        co_return;
    const auto now = m_clock();
    governed->isChanging = false;
    startOver(*governed, uuid, now);
    const Choice inForce = choiceOf(*record);
    // Also if it is what somebody else has changed meanwhile.
    if (std::exchange(governed->inForce, inForce) != inForce)
        governed->governor.applied(now.steady, inForce);
    else
        governed->governor.failed(now.steady);
}

void Governors::tell(const DomainUuid& uuid, Epoch epoch, const Choice& choice,
                     const Result<void>& done)
{
    const auto record = m_parts.pairs.find(uuid);
    auto* const governed = find(uuid, epoch);
    // Somebody else came first, or it is not protected any more: nothing is wrong.
    if (!record || !governed || (!done && done.error().code() == Errc::Busy))
        return;
    const QString before = std::exchange(governed->told, done ? QString{} : done.error().message());
    if (governed->told.isEmpty() || governed->told == before)
        return;
    PairEvent event = eventOf(*record, EventKind::Note);
    event.severity = Severity::Warning;
    event.text = u"auto: stays with %1, as it could not change to %2: %3"_s.arg(
        choiceText(record->settings.protocol),
        choiceText({.mode = choice.mode, .period = choice.period}), governed->told);
    m_parts.chronicle.record(std::move(event));
}

} // namespace lockstep
