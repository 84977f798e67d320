// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

namespace lockstep {

/// Text from elsewhere, fit for a log or a terminal: no control characters, at most 1000
/// characters.
[[nodiscard]] QString printable(QString text);
/// The same with at most `longest` characters (1 to 1000); an ellipsis ends what was longer.
[[nodiscard]] QString shortened(const QString& text, qsizetype longest);

} // namespace lockstep
