// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"
#include "peer/Health.h"
#include "peer/HeartbeatKey.h"

#include <QJsonObject>

namespace lockstep {

/// What an administrator sets of the heartbeats to and from one peer, on this host.
struct HeartbeatSettings
{
    static constexpr std::chrono::milliseconds shortestInterval{20};
    static constexpr std::chrono::milliseconds longestInterval{1'000};
    static constexpr std::chrono::milliseconds longestTimeout{10'000}; ///< At least two intervals.

    HeartbeatTiming timing;
    /// The peer's IPv4 or IPv6 address on a second network; empty if there is none.
    QString secondPath;
    friend bool operator==(const HeartbeatSettings&, const HeartbeatSettings&) = default;
};

/// The same in its usual form, if it is within bounds. Errors: InvalidArgument.
[[nodiscard]] Result<HeartbeatSettings> checked(HeartbeatSettings settings);

/// What of one peer's heartbeats survives a restart, in the store's collection "heartbeat": with
/// the secrets they go on although the control channel cannot be had.
struct HeartbeatRecord
{
    HeartbeatSettings settings;
    HeartbeatSecrets secrets;
};

[[nodiscard]] QJsonObject toJson(const HeartbeatRecord& record);
/// Errors: StoreError.
[[nodiscard]] Result<HeartbeatRecord> heartbeatFromJson(const QJsonObject& json);

} // namespace lockstep
