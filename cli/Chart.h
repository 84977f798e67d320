// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QList>
#include <QString>

#include <optional>

namespace lockstep::cli {

/// What a terminal can show.
enum class Letters { Unicode, Ascii };

/// Unicode if this process's locale has UTF-8 for text, as LC_ALL, LC_CTYPE or LANG say.
[[nodiscard]] Letters usualLetters();

/// One letter a value, the higher the larger, up to `top`: "▁▂▄█", or "_.=#" in ASCII. The lowest
/// stands for 0, the next for anything above; nothing known is a blank.
[[nodiscard]] QString sparkline(const QList<std::optional<double>>& values, double top,
                                Letters letters);
/// `share` (0 to 1) of `width` letters: "███▌" or "####".
[[nodiscard]] QString bar(double share, int width, Letters letters);

} // namespace lockstep::cli
