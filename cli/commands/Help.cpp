// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Help.h"

#include "cli/Command.h"
#include "cli/CommandTree.h"
#include "cli/Output.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

Result<int> run(const CLI::App& app, const std::vector<std::string>& words, bool json)
{
    QStringList wanted;
    for (const std::string& word : words)
        wanted += QString::fromStdString(word).split(u' ', Qt::SkipEmptyParts);
    const QString name = QString::fromStdString(app.get_name());
    const auto text = helpFor(commandTree(app), wanted, name.isEmpty() ? QString{} : name + u' ');
    if (!text)
        return std::unexpected{text.error()};
    if (json)
        printJson(toJson(commandTree(app)));
    else
        write(Stream::Out, *text);
    return 0;
}

} // namespace

void addHelp(CLI::App& app, Context& context)
{
    const auto words = std::make_shared<std::vector<std::string>>();
    addCommand(app, context, "help", "What commands there are, or how one is used",
               [words, &app, &context] { return run(app, *words, context.json); })
        ->add_option("COMMAND", *words, "A command, or the keyword of a group");
}

} // namespace lockstep::cli
