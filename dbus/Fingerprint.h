// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

namespace lockstep::dbus {

/// A fingerprint as people type it, with spaces, colons or upper-case digits, as the 64 lower-case
/// hex digits that D-Bus wants. Errors: InvalidArgument.
[[nodiscard]] Result<QString> parseFingerprint(const QString& typed);
/// In blocks of four digits, to be read aloud; `blocks` of them, all 16 unless told.
[[nodiscard]] QString groupedFingerprint(const QString& fingerprint, int blocks = 16);

} // namespace lockstep::dbus
