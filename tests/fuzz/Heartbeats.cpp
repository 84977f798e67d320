// SPDX-License-Identifier: LGPL-2.1-or-later
/// Datagrams to the heartbeat port: as they are, which whoever reaches the port can send, and with
/// a code that is right, as from a trusted peer that is hostile.

#include "Target.h"
#include "pair/Word.h"
#include "peer/HeartbeatCodec.h"
#include "peer/ReplayWindow.h"

#include <QMessageAuthenticationCode>
#include <QtEndian>

namespace {

using namespace lockstep;
using fuzz::promise;

constexpr quint32 keyId = 0x4c534b31;
constexpr qsizetype keyPlace = 5; // behind "LSHB" and the version

HeartbeatKey key() { return {.id = keyId, .secret = QByteArray(heartbeatSecretSize, 'k')}; }

QByteArray sign(QByteArray datagram)
{
    if (datagram.size() < HeartbeatCodec::headerSize + HeartbeatCodec::macSize)
        return datagram;
    qToBigEndian(keyId, datagram.data() + keyPlace);
    const QByteArray text = datagram.chopped(HeartbeatCodec::macSize);
    return text + QMessageAuthenticationCode::hash(text, key().secret, QCryptographicHash::Sha256);
}

void take(const HeartbeatCodec::Decoded& decoded)
{
    const Heartbeat& beat = decoded.beat;
    promise(decoded.key == 0, "the key is one of those given");
    promise(beat.pairs.size() <= HeartbeatCodec::mostPairs, "no more pairs than a datagram holds");
    ReplayWindow window;
    promise(window.take(beat.sequence), "the first number is new");
    promise(!window.take(beat.sequence), "no number is taken twice");
    const double loss = window.lossPercent(beat.echoSession);
    promise(loss >= 0 && loss <= 100, "a loss is from 0 to 100 %");
    for (const PairBeat& pair : beat.pairs) {
        const auto word = failover::wordFrom(pair);
        if (!word)
            continue;
        const PairBeat again = failover::toBeat(pair.uuid, *word, failover::wantsAnswer(pair));
        promise(failover::wordFrom(again).has_value(), "a word that is known can be said again");
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const QByteArray datagram = fuzz::bytes(data, size);
    if (const auto decoded = HeartbeatCodec::decode(datagram, {key()}))
        take(*decoded);
    const QByteArray authentic = sign(datagram);
    const auto decoded = HeartbeatCodec::decode(authentic, {key()});
    if (!decoded) {
        promise(!rejectionWord(decoded.error()).isEmpty(), "each rejection has a word");
        return 0;
    }
    take(*decoded);
    promise(HeartbeatCodec::encode(decoded->beat, key()) == authentic,
            "a heartbeat has one form only");
    return 0;
}
