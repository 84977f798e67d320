// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "doctor/HostReport.h"

namespace lockstep::test {

/// What a host that is well says of itself.
inline doctor::HostReport report(const QString& daemon = QStringLiteral(LOCKSTEP_VERSION))
{
    doctor::HostReport report;
    report.daemon = daemon;
    report.qemu = QStringLiteral("11.1.3");
    report.qemuPackage = QStringLiteral("Debian 1:11.1.3");
    report.linkDevice = QStringLiteral("eth1");
    report.linkMtu = 9000;
    report.receivedMs = 1'800'000'000'000;
    report.answeredMs = 1'800'000'004'000;
    return report;
}

} // namespace lockstep::test
