// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QDateTime>

namespace lockstep::cli {

/// A time in the past, as --since takes it: so long before `now` ("2h", "1h30min"; s, min, h, d and
/// w), or ISO 8601 ("2026-11-20", "2026-11-20T18:40", also with a blank for the T, seconds and
/// their parts, and "Z" or "+01:00"; in the time of this host unless it says which). Errors:
/// InvalidArgument.
[[nodiscard]] Result<QDateTime> parseSince(const QString& text, const QDateTime& now);

} // namespace lockstep::cli
