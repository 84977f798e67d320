// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Types.h"

#include <QByteArray>
#include <QList>

namespace lockstep {

/// Authenticates heartbeats of one direction. `id` goes along in the open, so that the receiver
/// finds the key again while two are valid; it tells nothing of the secret.
struct HeartbeatKey
{
    quint32 id{0};
    QByteArray secret; ///< 32 bytes.
    friend bool operator==(const HeartbeatKey&, const HeartbeatKey&) = default;
};

inline constexpr qsizetype heartbeatSecretSize = 32;

/// Random bytes for one side's part of a new secret.
[[nodiscard]] QByteArray heartbeatNonce();
/// The secret that two nonces make, the same on both sides: HMAC-SHA-256 as an extractor, as in RFC
/// 5869 section 2.2. `first` is the part of the host with the smaller id. The nonces travel over
/// the control channel only, so nobody else knows them.
[[nodiscard]] QByteArray heartbeatSecret(const QByteArray& first, const QByteArray& second);
/// The key for what `sender` sends. One per direction, so that a datagram cannot be sent back to
/// its own sender (RFC 5869 section 2.3, with the sender as info).
[[nodiscard]] HeartbeatKey heartbeatKey(const QByteArray& secret, const PeerId& sender);

/// The secrets of one peer while they are replaced, so that no datagram is lost to the change. The
/// side that asks for a new secret uses it at once; the one that answers goes on with the old one
/// until it hears the new one, because its answer may get lost. Both accept both meanwhile.
/// Empty byte arrays stand for "none".
struct HeartbeatSecrets
{
    QByteArray current; ///< What we send with.
    QByteArray offered; ///< Agreed, but not heard from the other side yet.
    QByteArray previous; ///< Before `current`; accepted until forgetPrevious().

    /// The side that answers: `secret` is accepted from now on.
    void offer(const QByteArray& secret);
    /// The side that asked: `secret` is used from now on.
    void adopt(const QByteArray& secret);
    /// An authentic datagram under `secret` came. Whether that changed anything.
    bool heard(const QByteArray& secret);
    void forgetPrevious() { previous.clear(); }

    /// All that are accepted, the likeliest first.
    [[nodiscard]] QList<QByteArray> accepted() const;
    friend bool operator==(const HeartbeatSecrets&, const HeartbeatSecrets&) = default;
};

} // namespace lockstep
