// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Task.h"

#include <QMap>
#include <QString>

#include <chrono>

namespace lockstep {

/// How to turn one host off.
struct FenceSettings
{
    QString agent; ///< Absolute path of a program that speaks the fence agents' interface.
    QMap<QString, QString> options; ///< As the agent's manual has them; may hold passwords.
    std::chrono::milliseconds timeout{30'000};    ///< For each call of the agent.
    std::chrono::milliseconds takeoverDelay{500}; ///< How long a shadow lets the owner go first.
};

/// Runs the agent once: "key=value" lines with these options and `action` on its standard input,
/// nothing in its arguments. Past the timeout it is killed with all that it started. What it writes
/// is logged within limits, without the values of options that may be secrets. Returns its exit
/// status. Errors: FenceFailed.
/// Source: ClusterLabs fence-agents, doc/FenceAgentAPI.md.
[[nodiscard]] Task<Result<int>> runFenceAgent(FenceSettings settings, QString action);

} // namespace lockstep
