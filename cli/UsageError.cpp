// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/UsageError.h"

#include <QStringList>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

/// The command that was being typed, e.g. {"lockstep", "peer", "add"}; in the shell without the
/// first.
QStringList typedCommand(const CLI::App& app)
{
    QStringList words;
    if (!app.get_name().empty())
        words.append(QString::fromStdString(app.get_name()));
    for (const CLI::App* sub : app.get_subcommands())
        words += typedCommand(*sub);
    return words;
}

/// Whether a command's name is not complete yet.
bool isGroup(const CLI::App& app)
{
    const auto typed = app.get_subcommands();
    return typed.empty() ? !app.get_subcommands({}).empty() : isGroup(*typed.back());
}

} // namespace

Error usageError(const CLI::App& app, const CLI::ParseError& error)
{
    const bool inShell = app.get_name().empty();
    const QString command = typedCommand(app).join(u' ');
    const QString remedy = inShell ? u"See '%1'."_s.arg((u"help "_s + command).trimmed())
                                   : u"See '%1 --help'."_s.arg(command);
    // CLI11 tells that a command is missing, not that it does not know the one that was typed.
    const auto unknown = app.remaining(true);
    if (isGroup(app) && !unknown.empty()) {
        const QString word = QString::fromStdString(unknown.front());
        const QString kind = word.startsWith(u'-') ? u"option"_s : u"command"_s;
        const QString whose = command.isEmpty() ? u"the shell"_s : command;
        return {Errc::InvalidArgument, u"%1 has no %2 '%3'"_s.arg(whose, kind, word), remedy};
    }
    return {Errc::InvalidArgument, QString::fromUtf8(error.what()).simplified(), remedy};
}

} // namespace lockstep::cli
