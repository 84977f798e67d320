// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/PreflightFacts.h"
#include "pair/Views.h"

namespace lockstep {

/// Everything that speaks against protecting a domain as far as its own host can tell. Pure.
/// Ids of findings are stable; docs/preflight.md lists them.
[[nodiscard]] QList<Finding> localFindings(const LocalFacts& local);

/// What of it follows from `info` and the host's name alone. Pure.
[[nodiscard]] QList<Finding> quickFindings(const LocalFacts& local);

/// Everything that speaks against this pair of hosts. Pure.
[[nodiscard]] QList<Finding> remoteFindings(const LocalFacts& local, const RemoteFacts& remote);

/// Both, errors first, otherwise in the order of the checks.
[[nodiscard]] QList<Finding> preflight(const LocalFacts& local, const RemoteFacts& remote);

} // namespace lockstep
