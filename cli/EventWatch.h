// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/EventSelection.h"

#include <chrono>

namespace lockstep::cli {

/// Follows the events of this host, each once and in order, also across restarts of the daemon.
/// Signals only say that there is more to fetch: so none is missed or comes twice.
class EventWatch final
{
public:
    struct News
    {
        QList<QJsonObject> events; ///< Oldest first.
        bool gone{false}; ///< The daemon has gone just now.
        bool back{false}; ///< It is there again.
    };

    /// `daemon` must outlive it. Follows the domain of `selection`.
    EventWatch(Daemon& daemon, EventSelection selection)
        : m_daemon{daemon}, m_selection{std::move(selection)}
    { }

    /// Listens, and gives those selected; later ones come by next().
    /// Errors: as of Daemon::events().
    [[nodiscard]] Result<News> begin();
    /// Waits for news, a signal of the process, or `time` to pass. A daemon that is gone is waited
    /// for. Errors: DaemonUnavailable if the bus is gone, or as of Daemon::events().
    [[nodiscard]] Result<News> next(std::chrono::milliseconds time);

private:
    [[nodiscard]] Result<void> listen();
    [[nodiscard]] Result<QList<QJsonObject>> fetch();
    [[nodiscard]] Result<void> checkCount();

    Daemon& m_daemon;
    EventSelection m_selection;
    std::unique_ptr<sdbus::IProxy> m_manager;
    std::unique_ptr<sdbus::IProxy> m_bus;
    quint64 m_last{0}; ///< Id of the newest event that was handed out.
    bool m_present{true};
    bool m_more{false}; ///< There may be events that were not fetched yet.
    bool m_restarted{false}; ///< Another daemon than before: it may count anew.
};

} // namespace lockstep::cli
