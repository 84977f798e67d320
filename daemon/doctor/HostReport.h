// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Text.h"
#include "pair/Views.h"

namespace lockstep::doctor {

/// What one host's daemon tells another one that asks it for `doctor`.
struct HostReport
{
    QString daemon; ///< Version of lockstepd.
    QString qemu;   ///< Versions; empty if they are not known.
    QString qemuPackage;
    QString linkDevice; ///< Which holds its address towards the asker; empty if none does.
    int linkMtu{0};     ///< Of that device; 0 if it is not known.
    qint64 receivedMs{0}; ///< Its clock, in ms since 1970 UTC, when the request came,
    qint64 answeredMs{0}; ///< and when the answer went out.
    QList<Finding> findings;

    friend bool operator==(const HostReport&, const HostReport&) = default;
};

[[nodiscard]] QJsonObject toJson(const HostReport& report);
/// Texts are made printable; more members may be there, and findings of severities of a newer
/// version count as info. Errors: ProtocolError.
[[nodiscard]] Result<HostReport> reportFromJson(const QJsonObject& json);

} // namespace lockstep::doctor
