// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes/FakePeers.h"

#include <QCryptographicHash>

namespace lockstep::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto beatPeriod = 20ms;

std::unexpected<Error> noPairing()
{
    return failure(Errc::NotSupported, u"no test pairs hosts here"_s);
}

} // namespace

FakePeers::FakePeers(const QString& name, QStringList* journal)
    : m_name{name},
      m_id{QString::fromLatin1(
          QCryptographicHash::hash(name.toUtf8(), QCryptographicHash::Sha256).toHex())},
      m_journal{journal}
{
    other.id = {QString(64, u'0')};
    other.name = u"other"_s;
    m_beat.setSingleShot(true);
    connect(&m_beat, &QTimer::timeout, this, &FakePeers::beat);
}

void FakePeers::beat()
{
    m_beat.start(beatPeriod);
    if (m_other && m_provider)
        m_other->receive(m_provider(m_other->m_id));
}

void FakePeers::receive(const QList<PairBeat>& beats)
{
    if (other.heartbeat.health != PeerHealth::Alive)
        return;
    std::map<DomainUuid, PairBeat> heard;
    for (const auto& beat : beats)
        heard[beat.uuid] = beat;
    if (std::exchange(pairBeats, heard) != heard)
        Q_EMIT pairHealthChanged(other.id);
}

void FakePeers::setHealth(PeerHealth health, const QString& reason)
{
    other.heartbeat.health = health;
    other.heartbeat.reason = reason;
    Q_EMIT healthChanged(other.id);
}

void FakePeers::setLink(bool up)
{
    for (auto* const side : {this, m_other}) {
        side->setConnected(up);
        side->setHealth(up ? PeerHealth::Alive : PeerHealth::Gone,
                        up ? QString{} : u"no heartbeats"_s);
    }
}

Task<Result<QJsonObject>> FakePeers::ask(PeerId from, QString method, QJsonObject params)
{
    (void)co_await pause(0ms);
    co_return co_await serve(from, method, params);
}

Task<Result<QJsonObject>> FakePeers::serve(PeerId from, QString method, QJsonObject params)
{
    const auto asked = handler(method);
    ++m_serving;
    const auto reply = co_await asked(from, params);
    --m_serving;
    co_return reply;
}

void FakePeers::join(FakePeers& left, FakePeers& right)
{
    const auto introduce = [](FakePeers& to, FakePeers& who, const QString& own,
                              const QString& its) {
        to.m_other = &who;
        to.other = {.id = who.m_id,
                    .name = who.m_name,
                    .address = its,
                    .port = 1,
                    .trust = PeerTrust::Trusted,
                    .connected = true,
                    .localAddress = QHostAddress{own},
                    .remoteAddress = QHostAddress{its},
                    .version = {},
                    .lastError = {},
                    .heartbeat = {}};
        to.other.heartbeat.health = PeerHealth::Alive;
        to.m_beat.start(0);
    };
    introduce(left, right, u"127.0.0.1"_s, u"127.0.0.2"_s);
    introduce(right, left, u"127.0.0.2"_s, u"127.0.0.1"_s);
}

void FakePeers::setConnected(bool on)
{
    if (std::exchange(other.connected, on) == on)
        return;
    if (on)
        Q_EMIT connected(other.id);
    else
        Q_EMIT disconnected(other.id);
}

Result<PeerInfo> FakePeers::find(const QString& nameOrId) const
{
    if (nameOrId == other.name || nameOrId == other.id.value)
        return other;
    return failure(Errc::UnknownPeer, u"no peer %1"_s.arg(nameOrId));
}

Result<PeerInfo> FakePeers::peer(const PeerId& id) const { return find(id.value); }

Task<Result<PeerProbe>> FakePeers::probe(QString) { co_return noPairing(); }
Task<Result<PeerInfo>> FakePeers::add(QString, PeerId, QString) { co_return noPairing(); }
Task<Result<PeerInfo>> FakePeers::accept(QString, PeerId) { co_return noPairing(); }
Task<Result<void>> FakePeers::remove(PeerId) { co_return noPairing(); }

Task<Result<QJsonObject>> FakePeers::call(PeerId id, QString method, QJsonObject params,
                                          std::chrono::milliseconds)
{
    if (m_journal)
        m_journal->append(u"call "_s + method);
    (void)co_await pause(0ms);
    if (id != other.id)
        co_return failure(Errc::UnknownPeer, u"no such peer"_s);
    if (!other.connected)
        co_return failure(Errc::PeerUnreachable, u"no connection"_s);
    if (silent.contains(method))
        co_return failure(Errc::Timeout, u"no answer"_s);
    if (const auto prepared = answers.find(method); prepared != answers.end())
        co_return Result<QJsonObject>{prepared->second};
    if (!m_other || !m_other->m_handlers.contains(method))
        co_return failure(Errc::PeerUnreachable, u"nobody answers %1"_s.arg(method));
    const auto reply = co_await m_other->serve(m_id, method, params);
    (void)co_await pause(0ms);
    if (lostReplies.contains(method))
        co_return failure(Errc::Timeout, u"no answer"_s);
    co_return reply;
}

Task<Result<QString>> FakePeers::qemuCredentials(PeerId, uint, uint)
{
    co_return u"/credentials"_s;
}

Task<Result<void>> FakePeers::setHeartbeat(PeerId, HeartbeatSettings settings)
{
    LOCKSTEP_CO_TRY(good, checked(settings));
    other.heartbeat.settings = good;
    co_return {};
}

QList<PairBeat> FakePeers::pairsOf(const PeerId&) const
{
    QList<PairBeat> beats;
    for (const auto& [uuid, beat] : pairBeats)
        beats.append(beat);
    return beats;
}

std::optional<PairBeat> FakePeers::pairHealth(const PeerId&, const DomainUuid& pair) const
{
    const auto found = pairBeats.find(pair);
    return found == pairBeats.end() ? std::nullopt : std::optional{found->second};
}

} // namespace lockstep::test
