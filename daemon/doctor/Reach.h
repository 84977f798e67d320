// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"
#include "doctor/Findings.h"
#include "peer/Peers.h"

namespace lockstep::doctor {

/// How the other host's control port answers to a connection.
enum class Reach {
    Open,
    Refused,     ///< Its kernel says that nobody listens, or a firewall does so.
    Silent,      ///< Nothing came back.
    Unreachable, ///< The network says that the host is not there.
    NoAddress,   ///< This host has lost its own address there.
};

/// Tries it; takes three seconds at most.
[[nodiscard]] Task<Reach> tryControlPort(QHostAddress local, QString host, quint16 port);

/// Why there is no control channel to an accepted peer, as far as this host can tell.
[[nodiscard]] Finding judgeLostPeer(const PeerInfo& peer, Reach reach);
/// What heartbeats tell of a peer that there is a control channel to.
[[nodiscard]] QList<Finding> judgeHeartbeats(const PeerInfo& peer, quint16 ownPort);

} // namespace lockstep::doctor
