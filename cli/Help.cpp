// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Help.h"

#include "cli/Format.h"
#include "cli/Terminal.h"

#include <algorithm>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype widest = 100; // Longer lines are hard to read.
constexpr qsizetype gap = 2;

using Rows = QList<std::pair<QString, QString>>;

/// `text` in lines of at most `width`, all but the first after `indent` blanks.
QString wrapped(const QString& text, qsizetype indent, qsizetype width)
{
    QString all;
    qsizetype used = indent;
    for (const QString& word : text.split(u' ', Qt::SkipEmptyParts)) {
        const bool isFirst = used == indent;
        if (!isFirst && used + 1 + word.size() > width) {
            all += u'\n' + QString{indent, u' '};
            used = indent;
        } else if (!isFirst) {
            all += u' ';
            ++used;
        }
        all += word;
        used += word.size();
    }
    return all;
}

QString twoColumns(const Rows& rows, qsizetype column)
{
    const qsizetype width = std::min<qsizetype>(columns(Stream::Out), widest);
    QString text;
    for (const auto& [left, right] : rows) {
        QString line = QString{gap, u' '} + left;
        if (line.size() + gap > column)
            line += u'\n' + QString{column, u' '};
        else
            line = line.leftJustified(column);
        text += line + wrapped(right, column, width) + u'\n';
    }
    return text;
}

/// "-c, --connect HOST", "--[no-]auto-protect".
QString written(const ArgumentInfo& argument)
{
    QString names = argument.names.join(u", "_s);
    if (argument.names.size() == 2
        && argument.names.last() == u"--no-"_s + argument.names.first().sliced(2))
        names = u"--[no-]"_s + argument.names.first().sliced(2);
    return argument.placeholder.isEmpty() || !names.startsWith(u'-')
        ? names
        : names + u' ' + argument.placeholder;
}

Rows rowsOf(const QList<ArgumentInfo>& arguments)
{
    Rows rows;
    for (const ArgumentInfo& argument : arguments) {
        QString text = argument.description;
        if (!argument.initial.isEmpty())
            text += u" (default: %1)"_s.arg(argument.initial);
        if (!argument.environment.isEmpty())
            text += u" (environment: %1)"_s.arg(argument.environment);
        rows.append({written(argument), text});
    }
    return rows;
}

QString heading(const QString& text)
{
    return hasColours(Stream::Out) ? painted(text, Colour::Bold) : text;
}

QString groupText(const CommandTree& tree, const QString& group)
{
    constexpr qsizetype column = 34;
    Rows rows;
    for (const CommandInfo& command : tree.commands) {
        if (command.group == group)
            rows.append({command.usage(), command.description});
    }
    return heading(group) + u" (help keyword '%1'):\n"_s.arg(keywordOf(group))
        + twoColumns(rows, column);
}

QString commandText(const CommandTree& tree, const CommandInfo& command, const QString& program)
{
    constexpr qsizetype column = 32;
    const QString options = command.options.isEmpty() ? QString{} : u" [OPTIONS]"_s;
    QString text = u"Usage: "_s + program + command.usage() + options + u"\n\n"_s
        + command.description + u"\n"_s;
    if (!command.positionals.isEmpty())
        text += u'\n' + heading(u"Arguments:"_s) + u'\n'
            + twoColumns(rowsOf(command.positionals), column);
    if (!command.options.isEmpty())
        text +=
            u'\n' + heading(u"Options:"_s) + u'\n' + twoColumns(rowsOf(command.options), column);
    if (!command.footer.isEmpty())
        text += u'\n' + command.footer + u'\n';
    return text + u'\n' + heading(u"Options of every command:"_s) + u'\n'
        + twoColumns(rowsOf(tree.options), column);
}

QString belowText(const QList<CommandInfo>& commands, const QStringList& words,
                  const QString& program)
{
    constexpr qsizetype column = 34;
    Rows rows;
    for (const CommandInfo& command : commands)
        rows.append({command.usage(), command.description});
    return u"Usage: "_s + program + words.join(u' ') + u" COMMAND\n\n"_s + twoColumns(rows, column);
}

class Formatter final : public CLI::FormatterBase
{
public:
    std::string make_help(const CLI::App* app, std::string /*name*/,
                          CLI::AppFormatMode /*mode*/) const override
    {
        QStringList words;
        for (; app->get_parent() != nullptr; app = app->get_parent())
            words.prepend(QString::fromStdString(app->get_name()));
        const CommandTree tree = commandTree(*app);
        QString program = QString::fromStdString(app->get_name());
        if (!program.isEmpty())
            program += u' ';
        return helpFor(tree, words, program).value_or(overview(tree, program)).toStdString();
    }
};

} // namespace

QString overview(const CommandTree& tree, const QString& program)
{
    constexpr qsizetype column = 32;
    QString text;
    if (!program.isEmpty()) {
        text = tree.description + u"\n\n"_s + u"Usage: "_s + program + u"[OPTIONS] COMMAND ...\n"_s
            + u"       "_s + program + u"[OPTIONS]                an interactive shell\n\n"_s;
    }
    for (const QString& group : tree.groups())
        text += groupText(tree, group) + u'\n';
    if (!program.isEmpty())
        text += heading(u"Options of every command:"_s) + u'\n'
            + twoColumns(rowsOf(tree.options), column) + u'\n';
    return text + u"'%1help COMMAND' tells more.\n"_s.arg(program);
}

Result<QString> helpFor(const CommandTree& tree, const QStringList& words, const QString& program)
{
    if (words.isEmpty())
        return overview(tree, program);
    if (const CommandInfo* const command = tree.find(words))
        return commandText(tree, *command, program);
    if (const auto commands = tree.below(words); !commands.isEmpty())
        return belowText(commands, words, program);
    const QString wanted = words.join(u' ');
    for (const QString& group : tree.groups()) {
        if (keywordOf(group) == wanted.toLower() || group.toLower() == wanted.toLower())
            return groupText(tree, group);
    }
    return failure(Errc::InvalidArgument, u"there is no command or group '%1'"_s.arg(wanted),
                   u"'%1help' lists them."_s.arg(program));
}

std::shared_ptr<CLI::FormatterBase> helpFormatter() { return std::make_shared<Formatter>(); }

} // namespace lockstep::cli
