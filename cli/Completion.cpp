// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Completion.h"

#include <algorithm>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

const ArgumentInfo* optionNamed(const QList<ArgumentInfo>& options, const QString& name)
{
    const auto found = std::ranges::find_if(
        options, [&name](const ArgumentInfo& option) { return option.names.contains(name); });
    return found == options.end() ? nullptr : &*found;
}

QStringList valuesOf(const ArgumentInfo& argument, const KnownValues& known)
{
    return argument.values.isEmpty() ? known(argument.kind) : argument.values;
}

/// What a command line has come to in front of the cursor.
struct Progress
{
    QStringList words; ///< Of the command, as far as they are there.
    const CommandInfo* command{nullptr}; ///< Once they are complete.
    qsizetype positionals{0};
    QStringList given; ///< Options.
    const ArgumentInfo* pending{nullptr}; ///< The option whose value comes next.
    bool isUnknown{false}; ///< No such command.
};

const ArgumentInfo* option(const CommandTree& tree, const Progress& progress, const QString& name)
{
    const ArgumentInfo* const own =
        progress.command == nullptr ? nullptr : optionNamed(progress.command->options, name);
    return own != nullptr ? own : optionNamed(tree.options, name);
}

void takeWord(const CommandTree& tree, Progress& progress, const QString& word)
{
    if (progress.pending != nullptr) {
        progress.pending = nullptr;
    } else if (word.startsWith(u'-')) {
        progress.given.append(word.section(u'=', 0, 0));
        const ArgumentInfo* const found = option(tree, progress, word);
        if (found != nullptr && found->kind != "flag"_L1)
            progress.pending = found;
    } else if (progress.command != nullptr) {
        ++progress.positionals;
    } else {
        progress.words.append(word);
        progress.command = tree.find(progress.words);
        progress.isUnknown = tree.below(progress.words).isEmpty();
    }
}

/// The words that may come next in a command's name.
QStringList nextWords(const CommandTree& tree, const QStringList& words)
{
    QStringList all;
    for (const CommandInfo& command : tree.below(words)) {
        if (!command.group.isEmpty() && command.words.size() > words.size())
            all.append(command.words[words.size()]);
    }
    return all;
}

QStringList optionNames(const CommandTree& tree, const Progress& progress)
{
    QStringList all;
    QList<ArgumentInfo> options = tree.options;
    if (progress.command != nullptr)
        options += progress.command->options;
    for (const ArgumentInfo& info : options) {
        for (const QString& name : info.names) {
            if (name.startsWith(u"--"_s) && (info.repeats || !progress.given.contains(name)))
                all.append(name);
        }
    }
    return all;
}

QStringList positionalValues(const CommandTree& tree, const Progress& progress,
                             const QStringList& before, const KnownValues& known)
{
    const QList<ArgumentInfo>& positionals = progress.command->positionals;
    if (progress.command->words == QStringList{u"help"_s}) {
        const QStringList asked = before.sliced(before.indexOf(u"help"_s) + 1);
        QStringList all = nextWords(tree, asked);
        if (asked.isEmpty()) {
            for (const QString& group : tree.groups())
                all.append(keywordOf(group));
        }
        return all;
    }
    if (positionals.isEmpty())
        return {};
    if (progress.positionals < positionals.size())
        return valuesOf(positionals[progress.positionals], known);
    return positionals.last().repeats ? valuesOf(positionals.last(), known) : QStringList{};
}

QStringList candidates(const CommandTree& tree, const Progress& progress, const QStringList& before,
                       const QString& begun, const KnownValues& known)
{
    if (progress.pending != nullptr)
        return valuesOf(*progress.pending, known);
    if (const qsizetype equals = begun.indexOf(u'='); begun.startsWith(u'-') && equals > 0) {
        const QString name = begun.first(equals);
        const ArgumentInfo* const found = option(tree, progress, name);
        QStringList all = found == nullptr ? QStringList{} : valuesOf(*found, known);
        for (QString& value : all)
            value.prepend(name + u'=');
        return all;
    }
    if (begun.startsWith(u'-'))
        return optionNames(tree, progress);
    if (progress.command == nullptr)
        return progress.isUnknown ? QStringList{} : nextWords(tree, progress.words);
    return positionalValues(tree, progress, before, known);
}

} // namespace

QStringList completions(const CommandTree& tree, const QStringList& before, const QString& begun,
                        const KnownValues& known)
{
    Progress progress;
    for (const QString& word : before)
        takeWord(tree, progress, word);
    QStringList all = candidates(tree, progress, before, begun, known);
    all.removeIf([&begun](const QString& word) { return !word.startsWith(begun); });
    all.sort();
    all.removeDuplicates();
    return all;
}

QString commonBeginning(const QStringList& words)
{
    QString common = words.value(0);
    for (const QString& word : words) {
        while (!word.startsWith(common))
            common.chop(1);
    }
    return common;
}

} // namespace lockstep::cli
