// SPDX-License-Identifier: LGPL-2.1-or-later
// How two daemons agree on a secret for their heartbeats, and tell each other their sessions.
#include "peer/Heartbeats.h"

#include <spdlog/spdlog.h>

#include <QJsonArray>

#include <algorithm>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::milliseconds askTime{5'000};

/// Params and result of "heartbeat.agree": {"session": decimal text, "sent": one decimal text per
/// path, "nonce": base64}.
struct Offer
{
    quint64 session{0};
    SessionGuard::Sequences sent{};
    QByteArray nonce;
};

Result<Offer> offerFrom(const QJsonObject& json)
{
    bool isNumber = false;
    const quint64 session = json[u"session"_s].toString().toULongLong(&isNumber);
    const auto nonce = QByteArray::fromBase64Encoding(json[u"nonce"_s].toString().toLatin1(),
                                                      QByteArray::AbortOnBase64DecodingErrors);
    const QJsonArray sent = json[u"sent"_s].toArray();
    if (sent.size() != qsizetype{SessionGuard::paths} || !isNumber || session == 0 || !nonce
        || nonce.decoded.size() != heartbeatSecretSize)
        return failure(Errc::ProtocolError, u"the offer of a heartbeat key is malformed"_s);
    Offer offer{.session = session, .sent = {}, .nonce = nonce.decoded};
    std::ranges::transform(sent, offer.sent.begin(), [](const QJsonValue& sequence) {
        return sequence.toString().toULongLong();
    });
    return offer;
}

} // namespace

QJsonObject Heartbeats::offer(const Pulse& pulse, const QByteArray& nonce) const
{
    QJsonArray sent;
    for (const quint64 sequence : pulse.sequences())
        sent.append(QString::number(sequence));
    return {{u"session"_s, QString::number(m_session)},
            {u"sent"_s, sent},
            {u"nonce"_s, QString::fromLatin1(nonce.toBase64())}};
}

QByteArray Heartbeats::secret(const PeerId& id, const QByteArray& own,
                              const QByteArray& theirs) const
{
    return m_peers.ownId() < id ? heartbeatSecret(own, theirs) : heartbeatSecret(theirs, own);
}

void Heartbeats::beginAgreement(const PeerId& id)
{
    // One side asks, or two secrets would come of it.
    if (m_running && m_peers.ownId() < id)
        m_tasks.add(agree(id));
}

Task<void> Heartbeats::agree(PeerId id)
{
    const auto asked = co_await ask(id);
    const auto info = m_peers.peer(id);
    if (asked || !m_running || !info || !info->connected)
        co_return;
    spdlog::warn("no heartbeat key agreed with {}: {}", info->name.toStdString(),
                 asked.error().message().toStdString());
    QTimer::singleShot(agreePeriod, this, [this, id] {
        const auto known = m_peers.peer(id);
        if (known && known->connected)
            beginAgreement(id);
    });
}

Task<Result<void>> Heartbeats::ask(PeerId id)
{
    look(id);
    const Pulse* const asking = pulse(id);
    if (asking == nullptr)
        co_return failure(Errc::PeerNotAccepted, u"the peer is not trusted"_s);
    const QByteArray nonce = heartbeatNonce();
    LOCKSTEP_CO_TRY(reply, co_await m_peers.call(id, agreeMethod, offer(*asking, nonce), askTime));
    LOCKSTEP_CO_TRY(theirs, offerFrom(reply));
    Pulse* beating = pulse(id);
    if (beating == nullptr)
        co_return failure(Errc::PeerNotAccepted, u"the peer is not trusted any more"_s);
    const QByteArray agreed = secret(id, nonce, theirs.nonce);
    m_records[id].secrets = beating->secrets();
    m_records[id].secrets.adopt(agreed);
    LOCKSTEP_CO_CHECK(co_await save(id)); // before it is used: the other side must not outlive it
    beating = pulse(id);
    if (beating == nullptr)
        co_return {};
    HeartbeatSecrets secrets = beating->secrets();
    secrets.adopt(agreed);
    beating->agreed(theirs.session, theirs.sent);
    beating->setSecrets(secrets);
    beating->beatSoon();
    co_return {};
}

Task<Result<QJsonObject>> Heartbeats::answer(PeerId id, QJsonObject params)
{
    LOCKSTEP_CO_TRY(theirs, offerFrom(params));
    look(id);
    Pulse* beating = pulse(id);
    if (beating == nullptr)
        co_return failure(Errc::Busy, u"heartbeats have not begun here"_s);
    if (m_peers.ownId() < id)
        co_return failure(Errc::ProtocolError, u"this side asks for heartbeat keys"_s);
    const QByteArray nonce = heartbeatNonce();
    const QByteArray agreed = secret(id, nonce, theirs.nonce);
    m_records[id].secrets = beating->secrets();
    m_records[id].secrets.offer(agreed);
    LOCKSTEP_CO_CHECK(co_await save(id)); // before the other side may use it
    beating = pulse(id);
    if (beating == nullptr)
        co_return failure(Errc::PeerNotAccepted, u"the peer is not trusted any more"_s);
    HeartbeatSecrets secrets = beating->secrets();
    secrets.offer(agreed);
    beating->agreed(theirs.session, theirs.sent);
    beating->setSecrets(secrets);
    co_return offer(*beating, nonce);
}

} // namespace lockstep
