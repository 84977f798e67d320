// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QJsonObject>

#include <string>
#include <vector>

namespace lockstep::cli {

/// Adds "auto-protect=yes", "period=25ms" to settings of a pair, as D-Bus has them. Errors:
/// InvalidArgument, also for one that is there already.
[[nodiscard]] Result<void> readAssignments(const std::vector<std::string>& words,
                                           QJsonObject& into);
/// Each setting of a pair with each of its values, for completion.
[[nodiscard]] std::vector<std::string> assignments();
/// What --help says of the settings.
[[nodiscard]] std::string settingsHelp();

} // namespace lockstep::cli
