// SPDX-License-Identifier: LGPL-2.1-or-later
#include "peer/HeartbeatCodec.h"

#include <QMessageAuthenticationCode>
#include <QtEndian>

#include <openssl/crypto.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <ranges>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr QByteArrayView magic{"LSHB"};
constexpr qsizetype idSize = 16;

class Writer
{
public:
    explicit Writer(qsizetype room) { m_bytes.reserve(room); }

    template <typename T>
    void number(T value)
    {
        const T ordered = qToBigEndian(value);
        m_bytes.append(reinterpret_cast<const char*>(&ordered), sizeof ordered);
    }
    /// A time in its own unit, cut to what T holds.
    template <typename T>
    void time(auto value)
    {
        constexpr auto most = static_cast<quint64>(std::numeric_limits<T>::max());
        const auto count = static_cast<quint64>(std::max<qint64>(value.count(), 0));
        number(static_cast<T>(std::min(count, most)));
    }
    void bytes(QByteArrayView raw) { m_bytes.append(raw); }
    [[nodiscard]] const QByteArray& done() const { return m_bytes; }

private:
    QByteArray m_bytes;
};

/// Reads what is known to be long enough.
class Reader
{
public:
    explicit Reader(QByteArrayView bytes) : m_rest{bytes} { }

    template <typename T>
    [[nodiscard]] T number()
    {
        return qFromBigEndian<T>(bytes(sizeof(T)).data());
    }
    [[nodiscard]] QByteArrayView bytes(qsizetype count)
    {
        const QByteArrayView taken = m_rest.first(count);
        m_rest = m_rest.sliced(count);
        return taken;
    }

private:
    QByteArrayView m_rest;
};

QByteArray codeOf(QByteArrayView text, const HeartbeatKey& key)
{
    return QMessageAuthenticationCode::hash(text, key.secret, QCryptographicHash::Sha256);
}

PairBeat readPair(Reader& reader)
{
    PairBeat pair;
    pair.uuid.value = QUuid::fromRfc4122(reader.bytes(idSize));
    pair.role = reader.number<quint8>();
    pair.state = reader.number<quint8>();
    pair.epoch.value = reader.number<quint64>();
    pair.health = reader.number<quint32>();
    return pair;
}

/// The fields after the key id; nothing if one is out of its range.
std::optional<Heartbeat> readFields(Reader& reader)
{
    constexpr auto mostTime = static_cast<quint64>(std::numeric_limits<qint64>::max());
    Heartbeat beat;
    beat.session = reader.number<quint64>();
    beat.sequence = reader.number<quint64>();
    beat.path = reader.number<quint8>();
    const auto sent = reader.number<quint64>();
    beat.echoSession = reader.number<quint64>();
    const auto echoSent = reader.number<quint64>();
    beat.echoHeld = std::chrono::microseconds{reader.number<quint32>()};
    beat.late = std::chrono::milliseconds{reader.number<quint16>()};
    beat.interval = std::chrono::milliseconds{reader.number<quint16>()};
    beat.part = reader.number<quint8>();
    beat.parts = reader.number<quint8>();
    const auto pairs = reader.number<quint8>();
    if (beat.session == 0 || beat.sequence == 0 || beat.path > 1 || sent > mostTime
        || echoSent > mostTime || (beat.echoSession == 0 && echoSent != 0)
        || beat.interval.count() == 0 || beat.part >= beat.parts)
        return std::nullopt;
    beat.sent = std::chrono::microseconds{static_cast<qint64>(sent)};
    beat.echoSent = std::chrono::microseconds{static_cast<qint64>(echoSent)};
    for (int i = 0; i < pairs; ++i) {
        beat.pairs << readPair(reader);
        if (beat.pairs.constLast().uuid.value.isNull())
            return std::nullopt;
    }
    return beat;
}

/// Whether the length is one that a heartbeat with as many pairs as it says has.
std::optional<Rejection> wrongLength(const QByteArray& datagram)
{
    if (datagram.size() > HeartbeatCodec::largest)
        return Rejection::Oversized;
    if (datagram.size() < HeartbeatCodec::headerSize + HeartbeatCodec::macSize)
        return Rejection::Truncated;
    const auto pairs = static_cast<quint8>(datagram[HeartbeatCodec::headerSize - 1]);
    const qsizetype right =
        HeartbeatCodec::headerSize + pairs * HeartbeatCodec::pairSize + HeartbeatCodec::macSize;
    if (datagram.size() == right)
        return std::nullopt;
    return datagram.size() < right ? Rejection::Truncated : Rejection::Oversized;
}

} // namespace

QByteArray HeartbeatCodec::encode(const Heartbeat& beat, const HeartbeatKey& key)
{
    Q_ASSERT(beat.pairs.size() <= mostPairs);
    Writer writer{headerSize + beat.pairs.size() * pairSize + macSize};
    writer.bytes(magic);
    writer.number(version);
    writer.number(key.id);
    writer.number(beat.session);
    writer.number(beat.sequence);
    writer.number(beat.path);
    writer.time<quint64>(beat.sent);
    writer.number(beat.echoSession);
    writer.time<quint64>(beat.echoSent);
    writer.time<quint32>(beat.echoHeld);
    writer.time<quint16>(beat.late);
    writer.time<quint16>(beat.interval);
    writer.number(beat.part);
    writer.number(beat.parts);
    writer.number(static_cast<quint8>(beat.pairs.size()));
    for (const PairBeat& pair : beat.pairs) {
        writer.bytes(pair.uuid.value.toRfc4122());
        writer.number(pair.role);
        writer.number(pair.state);
        writer.number(pair.epoch.value);
        writer.number(pair.health);
    }
    writer.bytes(codeOf(writer.done(), key));
    return QByteArray{writer.done()};
}

std::expected<HeartbeatCodec::Decoded, Rejection>
HeartbeatCodec::decode(const QByteArray& datagram, const QList<HeartbeatKey>& keys)
{
    if (datagram.size() <= magic.size())
        return std::unexpected{Rejection::Truncated};
    if (!datagram.startsWith(magic))
        return std::unexpected{Rejection::NoHeartbeat};
    // Before the length: what a newer version makes of the rest is not known.
    if (static_cast<quint8>(datagram[magic.size()]) != version)
        return std::unexpected{Rejection::UnknownVersion};
    if (const auto wrong = wrongLength(datagram))
        return std::unexpected{*wrong};
    Reader reader{datagram};
    [[maybe_unused]] const auto start = reader.bytes(magic.size() + 1);
    const auto id = reader.number<quint32>();
    const QByteArrayView text = QByteArrayView{datagram}.chopped(macSize);
    const QByteArrayView code = QByteArrayView{datagram}.last(macSize);
    bool isKnown = false;
    for (const auto& [index, key] : std::views::enumerate(keys)) {
        if (key.id != id)
            continue;
        isKnown = true;
        const QByteArray right = codeOf(text, key);
        if (CRYPTO_memcmp(right.constData(), code.data(), macSize) != 0) // in constant time
            continue;
        auto beat = readFields(reader);
        if (!beat)
            return std::unexpected{Rejection::Malformed};
        return Decoded{.beat = *std::move(beat), .key = index};
    }
    return std::unexpected{isKnown ? Rejection::Forged : Rejection::UnknownKey};
}

QString rejectionWord(Rejection reason)
{
    switch (reason) {
    case Rejection::Truncated:
        return u"truncated"_s;
    case Rejection::Oversized:
        return u"oversized"_s;
    case Rejection::NoHeartbeat:
        return u"no-heartbeat"_s;
    case Rejection::UnknownVersion:
        return u"unknown-version"_s;
    case Rejection::UnknownKey:
        return u"unknown-key"_s;
    case Rejection::Forged:
        return u"forged"_s;
    case Rejection::Malformed:
        return u"malformed"_s;
    case Rejection::WrongPath:
        return u"wrong-path"_s;
    case Rejection::OldSession:
        return u"old-session"_s;
    case Rejection::Replayed:
        return u"replayed"_s;
    case Rejection::Unconfirmed:
        return u"unconfirmed"_s;
    case Rejection::Delayed:
        return u"delayed"_s;
    }
    std::unreachable();
}

} // namespace lockstep
