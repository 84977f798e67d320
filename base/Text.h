// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

namespace lockstep {

/// Text from elsewhere, fit for a log or a terminal: no control characters, at most 1000
/// characters.
[[nodiscard]] QString printable(QString text);

} // namespace lockstep
