// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QJsonArray>
#include <QLatin1StringView>
#include <QString>

namespace lockstep::cli {

/// How many findings, of preflight or doctor, have this severity.
[[nodiscard]] int count(const QJsonArray& findings, QLatin1StringView severity);
/// "1 error", "2 errors".
[[nodiscard]] QString counted(int number, const QString& noun);

} // namespace lockstep::cli
