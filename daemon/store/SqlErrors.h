// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

class QSqlError;

namespace lockstep {

/// Whether SQLite says that a file does not hold what it should. Source: sqlite.org/rescode.html.
[[nodiscard]] bool meansDamage(const QSqlError& error);
/// A StoreError that names the file.
[[nodiscard]] Error sqlError(const QString& path, const QSqlError& error);

} // namespace lockstep
