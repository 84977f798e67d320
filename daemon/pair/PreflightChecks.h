// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Preflight.h"

#include <span>

namespace lockstep::preflight_checks {

using LocalCheck = QList<Finding> (*)(const LocalFacts& local);
using RemoteCheck = QList<Finding> (*)(const LocalFacts& local, const RemoteFacts& remote);

// The tables of checks by subject; each check looks at one thing and finds nothing if that is fine.
[[nodiscard]] std::span<const LocalCheck> domainChecks();
[[nodiscard]] std::span<const LocalCheck> quickChecks(); ///< Those of it that look at `info` only.
[[nodiscard]] std::span<const LocalCheck> deviceChecks();
[[nodiscard]] std::span<const LocalCheck> diskChecks();
[[nodiscard]] std::span<const LocalCheck> nicChecks();
[[nodiscard]] std::span<const RemoteCheck> hostChecks();

[[nodiscard]] inline Finding found(const QString& id, Severity severity, const QString& host,
                                   const QString& message, const QString& remedy)
{
    return {.id = id, .severity = severity, .host = host, .message = message, .remedy = remedy};
}

/// "the domain web": how messages name it.
[[nodiscard]] inline QString nameOf(const LocalFacts& local)
{
    return QStringLiteral("the domain %1").arg(local.info.name);
}

} // namespace lockstep::preflight_checks
