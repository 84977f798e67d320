// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

#include <chrono>

namespace lockstep {

/// What the heartbeats tell of another host.
enum class PeerHealth {
    Unknown,    ///< No heartbeat yet since this daemon started or trusts it.
    Alive,      ///< Its heartbeats come as they should.
    Slow,       ///< They come, but late, or it says itself that it is late.
    PathDown,   ///< They come, but over one of the two paths only.
    DaemonGone, ///< They ceased, but its kernel lives: its lockstepd does not run.
    Gone,       ///< No sign of life on any path.
};

/// A stable word, e.g. "daemon-gone".
[[nodiscard]] QString healthWord(PeerHealth health);

/// Times by the monotonic clock of whoever asks, since any one moment.
using Instant = std::chrono::microseconds;

/// How often heartbeats are sent, and how long the peer's may stay away. Each host uses its own.
struct HeartbeatTiming
{
    std::chrono::milliseconds interval{100};
    std::chrono::milliseconds timeout{300};
    friend bool operator==(const HeartbeatTiming&, const HeartbeatTiming&) = default;
};

} // namespace lockstep
