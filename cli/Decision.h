// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"
#include "cli/WaitOptions.h"

#include <functional>

namespace lockstep::cli {

/// `takeover`, `continue-alone` and `unprotect`: one pair, one call that starts a job.
struct Decision
{
    QString domain;
    bool yes{false};
    WaitOptions waiting;
};

using StartJob = Result<sdbus::ObjectPath> (Daemon::*)(const sdbus::ObjectPath&);

/// `warning` is shown and confirmed at a terminal if the other host is connected, hence seems to be
/// alive; empty for no question. Scripts are never asked: the daemon decides.
[[nodiscard]] Result<int> carryOut(const Decision& decision, StartJob start, const QString& warning,
                                   const QString& sentence, bool json);

} // namespace lockstep::cli
