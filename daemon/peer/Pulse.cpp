// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/Pulse.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// A pair that several datagrams were too short to mention is forgotten after so long.
constexpr Instant saidHolds = 5s;
/// Longer than any echo can say (2^32-1 microseconds).
constexpr Instant longestHeld = 1h;

} // namespace

Pulse::Pulse(PeerId id, QString name, HeartbeatRecord record, Context context)
    : m_id{std::move(id)}, m_name{std::move(name)}, m_context{std::move(context)},
      m_timing{record.settings.timing}, m_guard{m_context.ownSession},
      m_detector{record.settings.timing, now()}, m_toldReason{m_detector.verdict().reason},
      m_nextBeat{now()}
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &Pulse::onTimer);
    setSecrets(record.secrets);
    schedule();
}

Pulse::~Pulse() = default;

Instant Pulse::now()
{
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::seconds{time.tv_sec}
    + std::chrono::duration_cast<Instant>(std::chrono::nanoseconds{time.tv_nsec});
}

void Pulse::setRoute(int path, const std::optional<HeartbeatRoute>& route)
{
    Path& changed = of(path);
    if (changed.route == route)
        return;
    if (path != 0 && changed.route.has_value() != route.has_value())
        m_detector.setUsed(path, route.has_value(), now());
    changed.route = route;
    close(changed);
    if (route)
        open(path);
}

void Pulse::close(Path& path)
{
    if (!path.socket)
        return;
    path.socket->close();
    path.socket.release()->deleteLater();
}

void Pulse::forgetEcho()
{
    for (Path& path : m_paths)
        path.peerSent = 0us;
}

void Pulse::agreed(quint64 session, const SessionGuard::Sequences& sent)
{
    if (session != m_guard.session())
        forgetEcho();
    m_guard.agreed(session, sent);
}

SessionGuard::Sequences Pulse::sequences() const
{
    SessionGuard::Sequences sent{};
    std::ranges::transform(m_paths, sent.begin(), &Path::sequence);
    return sent;
}

void Pulse::open(int path)
{
    Path& opened = of(path);
    opened.opened = now();
    close(opened); // first, or the kernel would still hand datagrams to the old one
    if (!opened.route)
        return;
    auto socket = HeartbeatSocket::open(*opened.route);
    if (!socket) {
        if (m_logLimit.take())
            spdlog::warn("{}: {}", m_name.toStdString(), socket.error().message().toStdString());
        return;
    }
    opened.socket = *std::move(socket);
    connect(opened.socket.get(), &HeartbeatSocket::received, this,
            [this, path](const QByteArray& datagram) { receive(path, datagram); });
    connect(opened.socket.get(), &HeartbeatSocket::refused, this,
            [this, path] { m_detector.unreachable(path, now()); });
}

void Pulse::setTiming(HeartbeatTiming timing)
{
    m_timing = timing;
    m_detector.setTiming(timing, now());
    beatSoon(); // the peer learns the interval before it expects more
}

void Pulse::setSecrets(const HeartbeatSecrets& secrets)
{
    m_secrets = secrets;
    m_acceptedSecrets = secrets.accepted();
    m_receivingKeys.clear();
    for (const QByteArray& secret : m_acceptedSecrets)
        m_receivingKeys << heartbeatKey(secret, m_id);
    m_sendingKey = heartbeatKey(secrets.current, m_context.ownId);
    m_retirePrevious.reset();
}

void Pulse::beatSoon()
{
    m_nextBeat = now();
    schedule();
}

void Pulse::schedule()
{
    m_due = std::max(now(), std::min(m_nextBeat, m_detector.nextCheck()));
    m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(m_due - now()));
}

void Pulse::onTimer()
{
    // What came while we were late counts, and comes first.
    for (const Path& path : m_paths) {
        if (path.socket)
            path.socket->drain();
    }
    const Instant time = now();
    const Instant late = std::max(time - m_due - 1ms, 0us); // the timer counts milliseconds
    m_worstLate = std::max(m_worstLate, late);
    if (time >= m_nextBeat) {
        send(m_worstLate);
        m_worstLate = 0us;
        m_nextBeat = std::max(m_nextBeat + m_timing.interval, time + m_timing.interval / 2);
    }
    if (m_retirePrevious && time >= *m_retirePrevious) {
        m_secrets.forgetPrevious();
        setSecrets(HeartbeatSecrets{m_secrets});
        Q_EMIT secretsChanged();
    }
    for (int path = 0; path < Detector::paths; ++path) {
        const bool isSilent = time - of(path).heard > reopenPeriod;
        if (of(path).route && isSilent && time - of(path).opened > reopenPeriod)
            open(path);
    }
    evaluate(time, late);
    schedule();
}

void Pulse::evaluate(Instant now, Instant late)
{
    const auto& route = of(0).route;
    if (m_context.tcpActivity && route && m_detector.wantsTcpActivity(now)) {
        if (const auto age = m_context.tcpActivity(route->local, route->remote))
            m_detector.tcpActivity(now - *age);
    }
    m_detector.tick(now, late);
    tell();
}

void Pulse::tell()
{
    const Detector::Verdict& verdict = m_detector.verdict();
    if (verdict.health == m_toldHealth && verdict.reason == m_toldReason)
        return;
    const bool isBad =
        verdict.health == PeerHealth::Gone || verdict.health == PeerHealth::DaemonGone;
    spdlog::log(isBad ? spdlog::level::warn : spdlog::level::info, "{} is {}: {}",
                m_name.toStdString(), healthWord(verdict.health).toStdString(),
                verdict.reason.toStdString());
    m_toldHealth = verdict.health;
    m_toldReason = verdict.reason;
    Q_EMIT healthChanged();
}

void Pulse::send(Instant late)
{
    if (m_secrets.current.isEmpty())
        return;
    const QList<PairBeat> pairs =
        m_context.pairBeats ? m_context.pairBeats(m_id) : QList<PairBeat>{};
    constexpr qsizetype most = HeartbeatCodec::mostPairs;
    const qsizetype parts =
        std::clamp<qsizetype>((pairs.size() + most - 1) / most, 1, HeartbeatCodec::mostParts);
    Heartbeat beat{.session = m_context.ownSession,
                   .echoSession = m_guard.session(),
                   .late = std::chrono::duration_cast<std::chrono::milliseconds>(late),
                   .interval = m_timing.interval,
                   .parts = static_cast<quint8>(parts),
                   .pairs = {}};
    for (qsizetype part = 0; part < parts; ++part) {
        beat.part = static_cast<quint8>(part);
        beat.pairs = pairs.mid(part * most, most);
        for (Path& path : m_paths) {
            if (path.socket)
                send(path, beat);
        }
    }
}

void Pulse::send(Path& path, const Heartbeat& common)
{
    Heartbeat beat = common;
    beat.path = static_cast<quint8>(&path - m_paths.data());
    beat.sequence = ++path.sequence;
    beat.sent = now();
    if (path.peerSent > 0us && beat.sent - path.heard < longestHeld) {
        beat.echoSent = path.peerSent;
        beat.echoHeld = beat.sent - path.heard;
    }
    path.socket->send(HeartbeatCodec::encode(beat, m_sendingKey));
}

void Pulse::receive(int path, const QByteArray& datagram)
{
    const Instant time = now();
    const auto decoded = HeartbeatCodec::decode(datagram, m_receivingKeys);
    if (!decoded) {
        reject(decoded.error());
        return;
    }
    const Heartbeat& beat = decoded->beat;
    const auto rejection = take(path, beat, time);
    if (rejection && *rejection != Rejection::Unconfirmed) {
        reject(*rejection);
        return;
    }
    // Also what is not confirmed is sent back, so that it can be.
    of(path).peerSent = beat.sent;
    of(path).heard = time;
    if (rejection) {
        reject(*rejection);
        return;
    }
    m_peerInterval = beat.interval;
    noteKey(decoded->key, time);
    notePairs(beat, time);
    m_detector.heartbeat(path, time, {.interval = beat.interval, .late = beat.late});
    tell();
}

std::optional<Rejection> Pulse::take(int path, const Heartbeat& beat, Instant now)
{
    const quint64 before = m_guard.session();
    const auto rejection = m_guard.take(beat, path);
    if (m_guard.session() != before)
        forgetEcho();
    if (rejection)
        return rejection;
    if (beat.echoSession != m_context.ownSession || beat.echoSent == 0us)
        return {};
    const Instant took = now - beat.echoSent - beat.echoHeld;
    if (took > longestRoundTrip)
        return Rejection::Delayed;
    if (took >= 0us)
        of(path).roundTrip.add(took);
    return {};
}

void Pulse::reject(Rejection reason)
{
    ++m_rejected.at(size_t(reason));
    // Usual after a start, and before the first secret.
    const bool isUsual = reason == Rejection::Unconfirmed || m_receivingKeys.isEmpty();
    if (!isUsual && m_logLimit.take())
        spdlog::warn("a datagram that is no good heartbeat came from {}'s address: {}",
                     m_name.toStdString(), rejectionWord(reason).toStdString());
}

void Pulse::noteKey(qsizetype index, Instant now)
{
    const QByteArray secret = m_acceptedSecrets.value(index);
    if (m_secrets.heard(secret)) {
        setSecrets(HeartbeatSecrets{m_secrets});
        Q_EMIT secretsChanged();
    }
    if (secret == m_secrets.current && !m_secrets.previous.isEmpty() && !m_retirePrevious)
        m_retirePrevious = now + previousSecretHolds;
}

void Pulse::notePairs(const Heartbeat& beat, Instant now)
{
    if (std::exchange(m_saidIn, m_guard.session()) != m_guard.session())
        m_said.clear(); // times of another clock
    bool changed = m_said.removeIf([&](const std::pair<const DomainUuid&, Said&>& entry) {
        const Said& said = entry.second;
        return said.sent < beat.sent
            && (beat.parts == 1 ? !std::ranges::contains(beat.pairs, entry.first, &PairBeat::uuid)
                                : now - said.heard > saidHolds);
    }) > 0;
    for (const PairBeat& pair : beat.pairs) {
        Said& said = m_said[pair.uuid];
        if (said.sent > beat.sent)
            continue; // overtaken on the other path
        changed = changed || said.beat != pair;
        said = {.beat = pair, .sent = beat.sent, .heard = now};
    }
    if (changed)
        Q_EMIT pairBeatsChanged();
}

std::optional<PairBeat> Pulse::pairBeat(const DomainUuid& uuid) const
{
    const auto found = m_said.constFind(uuid);
    return found == m_said.cend() ? std::nullopt : std::optional{found->beat};
}

QList<PairBeat> Pulse::pairBeats() const
{
    QList<PairBeat> beats;
    for (const Said& said : m_said)
        beats.append(said.beat);
    return beats;
}

HeartbeatView Pulse::view() const
{
    HeartbeatView view{.health = m_detector.verdict().health,
                       .reason = m_detector.verdict().reason,
                       .settings = {},
                       .paths = {},
                       .rejected = {}};
    const Instant time = now();
    for (int i = 0; i < Detector::paths; ++i) {
        const Path& path = of(i);
        if (!path.route)
            continue;
        const auto heard = m_detector.heard(i);
        quint64 overdue = 0; // beyond the one that may be on its way
        if (heard && m_peerInterval > 0ms)
            overdue =
                static_cast<quint64>(std::max<qint64>((time - *heard) / m_peerInterval - 1, 0));
        view.paths << PathView{.name = i == 0 ? u"dedicated"_s : u"second"_s,
                               .localAddress =
                                   path.socket ? path.socket->localAddress() : path.route->local,
                               .remoteAddress = path.route->remote,
                               .up = heard && !m_detector.verdict().down.at(size_t(i)),
                               .roundTrip = path.roundTrip.smoothed(),
                               .leastRoundTrip = path.roundTrip.least(),
                               .mostRoundTrip = path.roundTrip.most(),
                               .lossPercent = m_guard.window(i).lossPercent(overdue)};
    }
    for (int i = 0; i < rejectionCount; ++i) {
        if (m_rejected.at(size_t(i)) > 0)
            view.rejected.insert(rejectionWord(static_cast<Rejection>(i)),
                                 m_rejected.at(size_t(i)));
    }
    return view;
}

} // namespace lockstep
