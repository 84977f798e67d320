// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

namespace lockstep::cli {

/// The other host, as `peer add` and `peer accept` are about to trust it.
struct Stranger
{
    QString name;
    QString address;
    QString fingerprint;
};

/// Makes sure that the user wants to trust this key: by the fingerprint that was given, by --yes,
/// or by showing both hosts' fingerprints and asking. Returns the fingerprint to trust. Errors:
/// FingerprintMismatch, Cancelled if the user says no, InvalidArgument if nobody can be asked.
[[nodiscard]] Result<QString> confirmFingerprint(Daemon& daemon, const Stranger& stranger,
                                                 const QString& given, bool yes);

} // namespace lockstep::cli
