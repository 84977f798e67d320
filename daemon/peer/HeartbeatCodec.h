// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/HeartbeatKey.h"
#include "peer/PairBeat.h"

#include <chrono>
#include <expected>

namespace lockstep {

/// Why a datagram is not taken. Counted and shown; never a reason to judge the peer.
enum class Rejection {
    Truncated,      ///< Shorter than it says, or than any heartbeat.
    Oversized,      ///< Longer than any heartbeat, or than it says.
    NoHeartbeat,    ///< Does not begin like one.
    UnknownVersion, ///< Of a daemon that is newer than this one.
    UnknownKey,     ///< Under a key that is not, or no more, agreed with this peer.
    Forged,         ///< Its authentication code is wrong.
    Malformed,      ///< Authentic, but a field is out of its range.
    WrongPath,      ///< Authentic, but sent over the other path.
    OldSession,     ///< From before the other daemon's last start.
    Replayed,       ///< Its number was there before, or is too old to tell.
    Unconfirmed,    ///< May be a recording: does not prove yet that the sender hears us.
    Delayed,        ///< Held back on its way.
};
inline constexpr int rejectionCount = static_cast<int>(Rejection::Delayed) + 1;

/// One datagram's content. Times of the sender's clock mean nothing to the receiver; it sends them
/// back.
struct Heartbeat
{
    /// Sessions grow with each start of the sender's daemon; never 0.
    quint64 session{0};
    quint64 sequence{0}; ///< Per session and path, from 1 on.
    quint8 path{0};      ///< 0: dedicated link, 1: second path.
    std::chrono::microseconds sent{0}; ///< The sender's monotonic clock; not negative.
    /// The receiver's session as the sender last heard it; 0 if it has not heard it. With it the
    /// receiver's own `sent` of the last datagram that came on this path (0: none), and how long
    /// ago it came; at most 2^32-1 microseconds, and less than that.
    quint64 echoSession{0};
    std::chrono::microseconds echoSent{0};
    std::chrono::microseconds echoHeld{0};
    std::chrono::milliseconds late{0}; ///< By how much its timer was late; 65535 at most.
    std::chrono::milliseconds interval{0}; ///< Of its heartbeats; 1 to 65535.
    quint8 part{0}; ///< Which one of `parts` datagrams that carry its pairs; from 0.
    quint8 parts{1}; ///< At least 1.
    QList<PairBeat> pairs;

    friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

/// Turns heartbeats into datagrams and back. Layout, numbers in network order: "LSHB", version (1),
/// key id (4), session (8), sequence (8), path (1), sent (8), echo session (8), echo sent (8), echo
/// held (4), late (2), interval (2), part (1), parts (1), number of pairs (1), per pair UUID (16),
/// role (1), state (1), epoch (8), health (4); then HMAC-SHA-256 of all that, in full (RFC 2104).
/// Nothing may follow. All of it fits the least MTU of IPv6 with headers (RFC 8200, 1280).
class HeartbeatCodec final
{
public:
    static constexpr quint8 version = 1;
    static constexpr qsizetype largest = 1200;
    static constexpr qsizetype headerSize = 61;
    static constexpr qsizetype pairSize = 30;
    static constexpr qsizetype macSize = 32;
    static constexpr qsizetype mostPairs = (largest - headerSize - macSize) / pairSize; ///< 36
    static constexpr qsizetype mostParts = 255;

    /// `beat` must hold what its comments promise, and mostPairs at most.
    [[nodiscard]] static QByteArray encode(const Heartbeat& beat, const HeartbeatKey& key);
    /// Also tells which of `keys` it was, by its index.
    struct Decoded
    {
        Heartbeat beat;
        qsizetype key{0};
    };
    [[nodiscard]] static std::expected<Decoded, Rejection> decode(const QByteArray& datagram,
                                                                  const QList<HeartbeatKey>& keys);
};

/// A stable word per reason, e.g. "forged".
[[nodiscard]] QString rejectionWord(Rejection reason);

} // namespace lockstep
