// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QDateTime>
#include <QString>

namespace lockstep::gui {

/// Figures as people read them, in the language of the program. What is not known is a dash.

/// "1.5 GiB".
[[nodiscard]] QString bytesText(quint64 bytes);
/// "230 µs", "12.5 ms", "1.2 s".
[[nodiscard]] QString microsecondsText(quint64 microseconds);
/// "0:07", "12:30", "1:02:03".
[[nodiscard]] QString durationText(qint64 seconds);
/// Date and time of day with seconds, as the language writes them.
[[nodiscard]] QString timeText(const QDateTime& time);
/// How long ago, roughly: "5 min", "3 h", "2 d".
[[nodiscard]] QString agoText(const QDateTime& time, const QDateTime& now);
/// "0.5 %".
[[nodiscard]] QString percentText(double percent);
/// "12,345".
[[nodiscard]] QString numberText(quint64 number);
/// What is shown where nothing is known.
[[nodiscard]] QString noText();

} // namespace lockstep::gui
