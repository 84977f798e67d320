// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

#include <chrono>

namespace lockstep::cli {

/// Follows the pairs of a host, also across restarts of its daemon.
class PairWatch final
{
public:
    struct News
    {
        std::optional<QList<RemoteObject>> pairs; ///< All of them, if any may have changed.
        bool gone{false}; ///< The daemon has gone just now.
        bool back{false}; ///< It is there again.
    };

    /// `daemon` must outlive it.
    explicit PairWatch(Daemon& daemon) : m_daemon{daemon} { }

    /// Waits for news, a signal of the process, or `time` to pass; asks for pairs four times a
    /// second at most. A daemon that is gone is waited for. The first call has all pairs.
    /// Errors: DaemonUnavailable if the bus is gone, or as of Daemon::pairs().
    [[nodiscard]] Result<News> next(std::chrono::milliseconds time);

private:
    [[nodiscard]] Result<void> listen();

    Daemon& m_daemon;
    sdbus::Slot m_pairs;
    sdbus::Slot m_objects;
    std::unique_ptr<sdbus::IProxy> m_bus;
    bool m_changed{true};
    bool m_present{true};
    bool m_restarted{false};
    std::chrono::steady_clock::time_point m_asked;
};

} // namespace lockstep::cli
