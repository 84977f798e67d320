// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "peer/Health.h"

#include <array>
#include <optional>

namespace lockstep {

/// Judges another host by its heartbeats. No clock, no I/O: the time comes as an argument, and the
/// same calls always lead to the same verdict. Knows what it cannot tell: a host that was itself
/// held up (suspended, no CPU) has heard nothing for that reason, and waits anew.
///
/// The peer is alive while heartbeats come on any path. After the timeout without any on all paths
/// - its kernel refusing our heartbeats (ICMP port unreachable), or data and acknowledgements on
///   QEMU's connections that are younger than its heartbeats, say that only its daemon is gone;
/// - else, a timeout after the last sign of either kind, the host is gone.
class Detector final
{
public:
    static constexpr int paths = 2; ///< 0: dedicated link, 1: second path.
    /// A refusal counts this long beyond the timeout: Linux answers with one a second (sysctl
    /// icmp_ratelimit), and one may get lost.
    static constexpr std::chrono::milliseconds refusalHolds{2'000};
    static constexpr std::chrono::milliseconds slownessHolds{3'000};
    /// Lateness below this is usual.
    static constexpr std::chrono::milliseconds usualLateness{50};

    /// What a heartbeat says that matters here.
    struct Sign
    {
        std::chrono::milliseconds interval{100};
        std::chrono::milliseconds late{0};
    };
    struct Verdict
    {
        PeerHealth health{PeerHealth::Unknown};
        QString reason; ///< A sentence without full stop; of the moment when it came to this.
        Instant since{0};
        std::array<bool, paths> down{};
    };

    Detector(HeartbeatTiming timing, Instant now);

    /// Waiting begins anew with each of these two.
    void setTiming(HeartbeatTiming timing, Instant now);
    /// Whether heartbeats are to be expected on a path. The dedicated link is used from the start.
    void setUsed(int path, bool used, Instant now);

    void heartbeat(int path, Instant at, Sign sign);
    /// The other kernel refused a heartbeat of ours. On the second path it counts only after a
    /// heartbeat came there: else that may be anybody's address.
    void unreachable(int path, Instant at);
    /// The other kernel was last seen alive on QEMU's connections at that time.
    void tcpActivity(Instant at);
    /// To be called when nextCheck() has come, after everything that has arrived was told. `late`:
    /// by how much the caller itself was.
    const Verdict& tick(Instant now, Instant late);

    [[nodiscard]] const Verdict& verdict() const { return m_verdict; }
    /// When time alone may change the verdict next; Instant::max() if it cannot.
    [[nodiscard]] Instant nextCheck() const;
    /// Whether tcpActivity() could change the verdict of a tick() at that time.
    [[nodiscard]] bool wantsTcpActivity(Instant now) const;
    /// The own timeout, or three of the peer's intervals if two of them would exceed it.
    [[nodiscard]] std::chrono::milliseconds timeout() const;
    /// When the last heartbeat came on a path.
    [[nodiscard]] std::optional<Instant> heard(int path) const { return of(path).heard; }

private:
    struct Path
    {
        bool used{false};
        bool down{false};
        Instant since{0}; ///< In use.
        std::optional<Instant> heard;
        std::optional<Instant> refused;
    };
    struct Finding
    {
        PeerHealth health;
        QString reason;
    };

    [[nodiscard]] const Path& of(int path) const { return m_paths.at(size_t(path)); }
    [[nodiscard]] Path& of(int path) { return m_paths.at(size_t(path)); }
    [[nodiscard]] Instant deadline(const Path& path) const;
    [[nodiscard]] std::optional<Instant> lastHeard() const;
    [[nodiscard]] std::optional<Instant> lastRefused() const;
    void noteGap(Instant at);
    void judge(Instant now);
    /// Nothing if it is too early to tell.
    [[nodiscard]] std::optional<Finding> find(Instant now) const;
    [[nodiscard]] std::optional<Finding> findSilent(Instant now) const;
    [[nodiscard]] QString silence(Instant now) const;

    HeartbeatTiming m_timing;
    std::chrono::milliseconds m_peerInterval;
    std::array<Path, paths> m_paths;
    Instant m_judged; ///< When the verdict was last thought over.
    Instant m_waitFrom; ///< Silence before that is not the peer's fault.
    std::optional<Instant> m_ownLateness; ///< When we were last noticeably late.
    std::optional<Instant> m_tcp;
    Instant m_slowUntil{Instant::min()};
    QString m_slowness;
    Verdict m_verdict;
};

} // namespace lockstep
