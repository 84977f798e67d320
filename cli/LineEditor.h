// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <functional>
#include <memory>
#include <optional>

namespace lockstep::cli {

/// Where the shell keeps what was typed: $XDG_STATE_HOME/lockstep/history, or below ~/.local/state.
/// Makes its folder. Empty if there is no home.
[[nodiscard]] QString historyFile();

/// Lines from the terminal, by libedit: edited, completed with Tab, and remembered.
class LineEditor final
{
public:
    /// The words that `begun` may become, after the words `before` of the same command.
    using Completer = std::function<QStringList(const QStringList& before, const QString& begun)>;

    /// `history` is kept readable for the user only; empty for none.
    LineEditor(std::string prompt, const QString& history, Completer completer);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    /// The next line, which may be empty, also after Ctrl-C; nothing at the end, or after Ctrl-D.
    [[nodiscard]] std::optional<QString> read();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace lockstep::cli
