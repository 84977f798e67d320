// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "doctor/Links.h"
#include "doctor/Reach.h"

#include <variant>

namespace lockstep::doctor {

/// How long another host's daemon may take to examine its host.
inline constexpr std::chrono::milliseconds peerDeadline{20'000};

/// What the other host's daemon said, and this host's clock before and after that.
struct Answer
{
    HostReport report;
    qint64 sentMs{0};
    qint64 gotMs{0};
};

/// What came of asking a peer; a Reach if there is no control channel.
using Asked = std::variant<Answer, Error, Reach>;

/// Asks an accepted peer's daemon, or finds out why it cannot be asked.
[[nodiscard]] Task<Asked> askPeer(Peers& peers, PeerInfo peer);

/// Findings of the peer; `own` is this host's report and `ownLink` its end of the dedicated link.
[[nodiscard]] QList<Finding> judgePeer(const PeerInfo& peer, const Asked& asked,
                                       const HostReport& own,
                                       const std::optional<LinkState>& ownLink, quint16 ownPort);
/// Of a host that is not trusted by both sides yet.
[[nodiscard]] Finding judgeUntrusted(const PeerInfo& peer, const QString& ownName);

} // namespace lockstep::doctor
