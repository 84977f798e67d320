// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <QtTypes>

#include <chrono>
#include <optional>

namespace lockstep::cli {

/// How long a command stays with the job that it started.
struct WaitOptions
{
    bool noWait{false};
    std::optional<quint64> seconds; ///< As long as it takes unless given.

    [[nodiscard]] std::optional<std::chrono::seconds> limit() const
    {
        return seconds.transform([](quint64 count) { return std::chrono::seconds{count}; });
    }
};

/// Adds --wait, --no-wait and --timeout to a command that starts a job.
void addWaitOptions(CLI::App* command, WaitOptions& waiting);

} // namespace lockstep::cli
