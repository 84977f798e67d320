// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Heartbeats.h"

#include "store/Store.h"

#include <spdlog/spdlog.h>

#include <QDateTime>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr auto recordCollection = "heartbeat"_L1;
constexpr auto settingCollection = "setting"_L1;
constexpr auto sessionKey = "heartbeat-session"_L1;

} // namespace

Heartbeats::Heartbeats(Peers& peers, Store& store, TcpActivity tcpActivity)
    : m_peers{peers}, m_store{store}, m_tcpActivity{std::move(tcpActivity)}
{
    m_peers.handle(agreeMethod, [this](PeerId id, QJsonObject params) {
        return answer(std::move(id), std::move(params));
    });
    connect(&m_peers, &Peers::peerChanged, this, &Heartbeats::look);
    connect(&m_peers, &Peers::peerRemoved, this, &Heartbeats::forget);
    connect(&m_peers, &Peers::connected, this, &Heartbeats::beginAgreement);
    m_figures.setInterval(figuresPeriod);
    connect(&m_figures, &QTimer::timeout, this, &Heartbeats::tellFigures);
}

Heartbeats::~Heartbeats() { Q_ASSERT(m_tasks.isEmpty()); }

Task<Result<void>> Heartbeats::start(quint16 port)
{
    m_port = port;
    LOCKSTEP_CO_CHECK(co_await beginSession());
    LOCKSTEP_CO_CHECK(co_await loadRecords());
    m_running = true;
    m_figures.start();
    for (const PeerInfo& info : m_peers.peers()) {
        look(info.id);
        if (info.connected)
            beginAgreement(info.id);
    }
    co_return {};
}

Task<Result<void>> Heartbeats::beginSession()
{
    LOCKSTEP_CO_TRY(settings, co_await m_store.load(settingCollection));
    const quint64 last = settings[sessionKey][u"session"_s].toString().toULongLong();
    // Grows also if the store was lost, or if the clock was set back; not if both happened, and
    // then the control channel settles it.
    m_session = std::max(last + 1, static_cast<quint64>(QDateTime::currentMSecsSinceEpoch()));
    co_return co_await m_store.save(settingCollection, sessionKey,
                                    {{u"session"_s, QString::number(m_session)}});
}

Task<Result<void>> Heartbeats::loadRecords()
{
    LOCKSTEP_CO_TRY(documents, co_await m_store.load(recordCollection));
    for (const auto& [key, document] : documents.asKeyValueRange()) {
        auto record = heartbeatFromJson(document);
        if (!record) { // they can be agreed again
            spdlog::error("heartbeats with {}: {}; using defaults", key.toStdString(),
                          record.error().message().toStdString());
            continue;
        }
        m_records[PeerId{key}] = *std::move(record);
    }
    co_return {};
}

Task<void> Heartbeats::stop()
{
    m_running = false;
    m_figures.stop();
    m_pulses.clear();
    co_await m_tasks.drained();
}

Pulse* Heartbeats::pulse(const PeerId& id) const
{
    const auto found = m_pulses.find(id);
    return found == m_pulses.end() ? nullptr : found->second.get();
}

void Heartbeats::look(const PeerId& id)
{
    const auto info = m_peers.peer(id);
    if (!m_running || !info)
        return;
    if (info->trust != PeerTrust::Trusted) {
        m_pulses.erase(id);
        return;
    }
    auto& known = m_pulses[id];
    if (!known)
        known = makePulse(*info);
    aim(*known, *info);
}

Heartbeats::PulsePtr Heartbeats::makePulse(const PeerInfo& info)
{
    const PeerId id = info.id;
    PulsePtr made{
        new Pulse{id, info.name, m_records[id],
                  Pulse::Context{m_peers.ownId(), m_session, m_tcpActivity, m_pairBeats}}};
    connect(made.get(), &Pulse::healthChanged, this, [this, id] { Q_EMIT healthChanged(id); });
    connect(made.get(), &Pulse::pairBeatsChanged, this,
            [this, id] { Q_EMIT pairBeatsChanged(id); });
    connect(made.get(), &Pulse::secretsChanged, this, [this, id] {
        if (const Pulse* const changed = pulse(id)) {
            m_records[id].secrets = changed->secrets();
            m_tasks.add(saveLater(id));
        }
    });
    return made;
}

void Heartbeats::aim(Pulse& pulse, const PeerInfo& info) const
{
    std::optional<HeartbeatRoute> dedicated;
    if (!info.localAddress.isNull() && !info.remoteAddress.isNull())
        dedicated = HeartbeatRoute{info.localAddress, m_port, info.remoteAddress, info.port};
    pulse.setRoute(0, dedicated);
    const auto record = m_records.find(info.id);
    const QString second =
        record == m_records.end() ? QString{} : record->second.settings.secondPath;
    std::optional<HeartbeatRoute> other;
    if (!second.isEmpty())
        other = HeartbeatRoute{{}, m_port, QHostAddress{second}, info.port};
    pulse.setRoute(1, other);
}

void Heartbeats::forget(const PeerId& id)
{
    m_pulses.erase(id);
    m_told.erase(id);
    if (m_records.erase(id) > 0)
        m_tasks.add(erase(id));
}

Task<void> Heartbeats::erase(PeerId id)
{
    const auto erased = co_await m_store.remove(recordCollection, id.value);
    if (!erased)
        spdlog::error("forgetting heartbeat settings: {}", erased.error().message().toStdString());
}

Task<Result<void>> Heartbeats::save(PeerId id)
{
    const auto record = m_records.find(id);
    if (record == m_records.end())
        co_return failure(Errc::UnknownPeer, u"the peer was removed"_s);
    auto saved = co_await m_store.save(recordCollection, id.value, toJson(record->second));
    // Removed meanwhile, behind whose back this was saved?
    if (saved && !m_records.contains(id))
        co_await erase(id);
    co_return saved;
}

Task<void> Heartbeats::saveLater(PeerId id)
{
    const auto saved = co_await save(id);
    if (!saved)
        spdlog::error("noting heartbeat secrets: {}", saved.error().message().toStdString());
}

Task<Result<void>> Heartbeats::set(PeerId id, HeartbeatSettings settings)
{
    LOCKSTEP_CO_TRY(good, checked(settings));
    LOCKSTEP_CO_TRY(info, m_peers.peer(id));
    if (info.trust == PeerTrust::Asked)
        co_return failure(Errc::PeerNotAccepted, u"%1 is not accepted here"_s.arg(info.name));
    if (!good.secondPath.isEmpty() && QHostAddress{good.secondPath} == info.remoteAddress) {
        co_return failure(Errc::InvalidArgument,
                          u"%1 is the dedicated link itself"_s.arg(good.secondPath),
                          u"Give the other host's address on another network."_s);
    }
    const HeartbeatSettings before = m_records[id].settings;
    m_records[id].settings = good;
    if (auto saved = co_await save(id); !saved) {
        if (m_records.contains(id))
            m_records[id].settings = before;
        co_return saved;
    }
    if (Pulse* const changed = pulse(id)) {
        if (before.timing != good.timing)
            changed->setTiming(good.timing);
        aim(*changed, info);
    }
    Q_EMIT figuresChanged(id);
    co_return {};
}

void Heartbeats::beatSoon(const PeerId& id)
{
    if (Pulse* const beating = pulse(id))
        beating->beatSoon();
}

HeartbeatView Heartbeats::view(const PeerId& id) const
{
    const Pulse* const beating = pulse(id);
    HeartbeatView view = beating == nullptr ? HeartbeatView{} : beating->view();
    if (beating == nullptr)
        view.reason = u"heartbeats begin when both sides trust each other"_s;
    if (const auto record = m_records.find(id); record != m_records.end())
        view.settings = record->second.settings;
    return view;
}

QList<PairBeat> Heartbeats::pairBeats(const PeerId& id) const
{
    const Pulse* const beating = pulse(id);
    return beating == nullptr ? QList<PairBeat>{} : beating->pairBeats();
}

std::optional<PairBeat> Heartbeats::pairBeat(const PeerId& id, const DomainUuid& pair) const
{
    const Pulse* const beating = pulse(id);
    return beating == nullptr ? std::nullopt : beating->pairBeat(pair);
}

void Heartbeats::tellFigures()
{
    QList<PeerId> changed;
    for (const auto& [id, beating] : m_pulses) {
        HeartbeatView now = view(id);
        if (m_told[id] == now)
            continue;
        m_told[id] = std::move(now);
        changed << id;
    }
    for (const PeerId& id : changed)
        Q_EMIT figuresChanged(id);
}

} // namespace lockstep
