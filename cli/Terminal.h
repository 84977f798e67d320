// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

namespace lockstep::cli {

enum class Stream { In = 0, Out = 1, Err = 2 };

[[nodiscard]] bool isTerminal(Stream stream);
/// Columns of the terminal behind `stream`; nothing is known of other files.
[[nodiscard]] int columns(Stream stream);
[[nodiscard]] int rows(Stream stream);
/// Whether it is a terminal whose cursor can be moved.
[[nodiscard]] bool hasCursor(Stream stream);
/// Whether colours are welcome: a terminal that knows them, and NO_COLOR (no-color.org) is not set.
[[nodiscard]] bool hasColours(Stream stream);

/// Data goes to standard output; progress, questions and errors go to standard error.
void write(Stream stream, const QString& text);
void writeLine(Stream stream, const QString& line);

/// Asks on standard error and reads a line from standard input: nothing at its end or after Ctrl-C.
[[nodiscard]] QString ask(const QString& question);
/// Whether somebody is there to be asked.
[[nodiscard]] bool canAsk();

} // namespace lockstep::cli
