// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <QJsonObject>
#include <QList>
#include <QStringList>

namespace lockstep::cli {

/// An option or a positional argument.
struct ArgumentInfo
{
    QStringList names; ///< "-c", "--connect"; of a positional its name, "DOMAIN".
    QString kind; ///< As in CommandTree.cpp; a flag takes no value.
    QString placeholder; ///< What help shows for the value; empty for a flag.
    QStringList values; ///< The allowed ones of a "choice"; of other kinds good ones to offer.
    QString description;
    QString initial; ///< What it is if not given; empty if that is in the description.
    QString environment; ///< The variable that is its default, if there is one.
    bool required{false};
    bool repeats{false};
};

struct CommandInfo
{
    QStringList words; ///< {"peer", "add"}
    QString group; ///< Its heading in help; empty if it is hidden.
    QString description;
    QString footer; ///< Lines that follow the arguments in help; mostly none.
    QList<ArgumentInfo> positionals;
    QList<ArgumentInfo> options; ///< Without those of the program.

    [[nodiscard]] QString name() const { return words.join(u' '); }
    /// "peer show PEER", with what is optional in brackets.
    [[nodiscard]] QString usage() const;
};

/// The program as the parser knows it, so that help, completion and the documents cannot say
/// anything else.
struct CommandTree
{
    QString description;
    QList<ArgumentInfo> options; ///< Of the program; each command takes them, too.
    QList<CommandInfo> commands; ///< Those that do something, in the order of help.

    [[nodiscard]] const CommandInfo* find(const QStringList& words) const;
    /// The headings of help, in order.
    [[nodiscard]] QStringList groups() const;
    /// All whose words begin with `words`.
    [[nodiscard]] QList<CommandInfo> below(const QStringList& words) const;
};

[[nodiscard]] CommandTree commandTree(const CLI::App& app);
/// The word by which `help` finds a group: the first of its heading, in lower case.
[[nodiscard]] QString keywordOf(const QString& group);
/// The format is told in CommandTree.cpp.
[[nodiscard]] QJsonObject toJson(const CommandTree& tree);

} // namespace lockstep::cli
