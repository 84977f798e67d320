// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/HeartbeatSettings.h"

#include <QHostAddress>
#include <QList>
#include <QMap>

namespace lockstep {

/// One way that heartbeats take.
struct PathView
{
    QString name; ///< "dedicated" or "second".
    QHostAddress localAddress;
    QHostAddress remoteAddress;
    bool up{false};
    std::chrono::microseconds roundTrip{0}; ///< Smoothed; 0 before the first.
    std::chrono::microseconds leastRoundTrip{0};
    std::chrono::microseconds mostRoundTrip{0};
    double lossPercent{0}; ///< Of the last 200 heartbeats that the peer should have sent.
    friend bool operator==(const PathView&, const PathView&) = default;
};

/// What the heartbeats of one peer tell, to be shown.
struct HeartbeatView
{
    PeerHealth health{PeerHealth::Unknown};
    QString reason; ///< Why, as a sentence without full stop.
    HeartbeatSettings settings;
    QList<PathView> paths; ///< The dedicated link first; empty if there is no peer to beat.
    QMap<QString, quint64> rejected; ///< Datagrams by reason; only reasons that occurred.
    friend bool operator==(const HeartbeatView&, const HeartbeatView&) = default;
};

} // namespace lockstep
