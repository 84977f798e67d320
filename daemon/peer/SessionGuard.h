// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/HeartbeatCodec.h"
#include "peer/ReplayWindow.h"

#include <array>
#include <optional>

namespace lockstep {

/// Which authentic heartbeats of one peer are fresh. Each counts once (ReplayWindow, per path), and
/// those of a session older than the newest one never again. As the keys outlive a restart of our
/// daemon and its memory does not, what comes first on a path may be a recording: it counts only
/// once the peer proves that it hears us, by sending back our own session, which no recording can
/// hold. What the peer says on the control channel needs no such proof. Sessions that begin later
/// have no recordings from before.
class SessionGuard final
{
public:
    static constexpr size_t paths = 2;

    explicit SessionGuard(quint64 ownSession) : m_ownSession{ownSession} { }

    using Sequences = std::array<quint64, paths>;

    /// The peer named its session on the control channel, and what it had sent by then: whatever
    /// was there before is over, even if its number was higher.
    void agreed(quint64 session, const Sequences& sent);
    /// What is wrong with a heartbeat that came on `path`; nothing if it is fresh, and it is not
    /// any more from then on.
    [[nodiscard]] std::optional<Rejection> take(const Heartbeat& beat, int path);

    /// To be sent back to the peer; 0 before anything was heard. May be that of a recording.
    [[nodiscard]] quint64 session() const { return m_session; }
    [[nodiscard]] const ReplayWindow& window(int path) const { return m_windows.at(size_t(path)); }

private:
    void begin(quint64 session);

    quint64 m_ownSession;
    quint64 m_session{0};
    std::array<bool, paths> m_confirmed{};
    std::array<ReplayWindow, paths> m_windows;
};

} // namespace lockstep
