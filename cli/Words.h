// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QList>
#include <QStringList>

namespace lockstep::cli {

/// The commands of a line, each as its words: ";" stands between commands, blanks between words;
/// '..', ".." and \ quote as in a shell, # begins a comment. Errors: InvalidArgument if a quote has
/// no end.
[[nodiscard]] Result<QList<QStringList>> splitLine(const QString& line);

/// Where the cursor is, for completion.
struct BegunWord
{
    QStringList before; ///< The words of the same command in front of it.
    QString word; ///< What is there of it, without quotes.
    qsizetype start{0}; ///< Where it begins in the line.
    QChar quote; ///< The one that is open; null if none is.
};

/// `line` ends at the cursor.
[[nodiscard]] BegunWord begunWord(const QString& line);

/// `word` so that splitLine() reads it again, in `quote` if one is open already.
[[nodiscard]] QString quotedWord(const QString& word, QChar quote);

} // namespace lockstep::cli
