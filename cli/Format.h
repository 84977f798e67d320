// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

#include <chrono>

namespace lockstep::cli {

enum class Colour { None, Red, Yellow, Green, Bold };

/// "1.5 GiB"; whole bytes below 1 KiB.
[[nodiscard]] QString formatBytes(qint64 bytes);
/// "0:07", "12:30", "1:02:03".
[[nodiscard]] QString formatDuration(std::chrono::seconds time);
/// An ISO 8601 time of the daemon as local "2026-11-20 18:40:12"; "-" for none.
[[nodiscard]] QString formatTime(const QString& iso);
/// How a state of a pair, job, peer or finding shows: good green, bad red, in between yellow.
[[nodiscard]] Colour colourOf(const QString& state);
[[nodiscard]] QString painted(const QString& text, Colour colour);
/// Cut to `width` columns, with an ellipsis if it was longer.
[[nodiscard]] QString fitted(const QString& text, qsizetype width);

} // namespace lockstep::cli
