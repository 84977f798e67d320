// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Views.h"

namespace lockstep::test {

/// "error peer, warning heartbeats": what was found and is not in order.
inline QString told(const QList<Finding>& findings)
{
    QStringList words;
    for (const Finding& finding : findings) {
        if (finding.severity == Severity::Ok)
            continue;
        words << QStringLiteral("%1 %2").arg(toString(finding.severity), finding.id);
        const bool needsRemedy =
            finding.severity == Severity::Error || finding.severity == Severity::Warning;
        if (needsRemedy == finding.remedy.isEmpty())
            words << QStringLiteral("(remedy?)");
    }
    return words.join(QStringLiteral(", "));
}

} // namespace lockstep::test
