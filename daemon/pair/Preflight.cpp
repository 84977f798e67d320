// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/Preflight.h"

#include "pair/PreflightChecks.h"

#include <algorithm>
#include <array>

namespace lockstep {

QList<Finding> localFindings(const LocalFacts& local)
{
    using namespace preflight_checks;
    QList<Finding> findings;
    for (const auto& table : {domainChecks(), diskChecks(), nicChecks(), deviceChecks()}) {
        for (const auto check : table)
            findings += check(local);
    }
    return findings;
}

QList<Finding> quickFindings(const LocalFacts& local)
{
    QList<Finding> findings;
    for (const auto check : preflight_checks::quickChecks())
        findings += check(local);
    return findings;
}

QList<Finding> remoteFindings(const LocalFacts& local, const RemoteFacts& remote)
{
    QList<Finding> findings;
    for (const auto check : preflight_checks::hostChecks())
        findings += check(local, remote);
    return findings;
}

QList<Finding> preflight(const LocalFacts& local, const RemoteFacts& remote)
{
    auto findings = localFindings(local) + remoteFindings(local, remote);
    std::ranges::stable_sort(findings, {}, &Finding::severity);
    return findings;
}

} // namespace lockstep
