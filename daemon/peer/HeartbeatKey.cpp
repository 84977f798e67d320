// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/HeartbeatKey.h"

#include <QMessageAuthenticationCode>
#include <QRandomGenerator>
#include <QtEndian>

#include <array>

namespace lockstep {

namespace {

QByteArray hmac(const QByteArray& key, const QByteArray& text)
{
    return QMessageAuthenticationCode::hash(text, key, QCryptographicHash::Sha256);
}

} // namespace

QByteArray heartbeatNonce()
{
    std::array<quint32, heartbeatSecretSize / sizeof(quint32)> words{};
    QRandomGenerator::system()->fillRange(words.data(), words.size());
    return {reinterpret_cast<const char*>(words.data()), heartbeatSecretSize};
}

QByteArray heartbeatSecret(const QByteArray& first, const QByteArray& second)
{
    return hmac("lockstep heartbeat 1", first + second);
}

HeartbeatKey heartbeatKey(const QByteArray& secret, const PeerId& sender)
{
    const QByteArray key = hmac(secret, "from " + sender.value.toLatin1());
    return {.id = qFromBigEndian<quint32>(hmac(key, "id").constData()), .secret = key};
}

void HeartbeatSecrets::offer(const QByteArray& secret)
{
    if (current.isEmpty())
        current = secret;
    else
        offered = secret;
}

void HeartbeatSecrets::adopt(const QByteArray& secret)
{
    previous = current;
    current = secret;
    offered.clear();
}

bool HeartbeatSecrets::heard(const QByteArray& secret)
{
    if (secret != offered || offered.isEmpty())
        return false;
    adopt(secret);
    return true;
}

QList<QByteArray> HeartbeatSecrets::accepted() const
{
    QList<QByteArray> secrets{current, offered, previous};
    secrets.removeAll(QByteArray{});
    return secrets;
}

} // namespace lockstep
