// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

#include <chrono>

namespace lockstep::cli {

/// Follows one job by its signals, and asks for it now and then: a daemon that dies sends none.
class JobWatch final
{
public:
    /// `daemon` must outlive it.
    JobWatch(Daemon& daemon, sdbus::ObjectPath job) : m_daemon{daemon}, m_path{std::move(job)} { }

    /// Listens, and reads the job anew; as it was last if the daemon hangs.
    /// Errors: UnknownJob if the daemon was started again since.
    [[nodiscard]] Result<QJsonObject> refresh();
    /// Waits for a change, a signal of the process, or `time` to pass, whichever comes first.
    [[nodiscard]] Result<QJsonObject> next(std::chrono::milliseconds time);

private:
    [[nodiscard]] Result<void> listen();

    Daemon& m_daemon;
    sdbus::ObjectPath m_path;
    std::unique_ptr<sdbus::IProxy> m_proxy;
    QJsonObject m_job;
    std::chrono::steady_clock::time_point m_asked;
};

} // namespace lockstep::cli
