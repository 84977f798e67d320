// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/CommandTree.h"
#include "cli/Output.h"
#include "cli/Terminal.h"
#include "cli/Values.h"

namespace lockstep::cli {

namespace {

int printValues(const std::string& kind)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return 0;
    for (const QString& value : Values{*daemon}.of(QString::fromStdString(kind)))
        writeLine(Stream::Out, value);
    return 0;
}

Result<int> run(const CLI::App& app, const std::string& kind)
{
    if (!kind.empty())
        return printValues(kind);
    printJson(toJson(commandTree(app)));
    return 0;
}

} // namespace

void addDescribe(CLI::App& app, Context& context)
{
    const auto kind = std::make_shared<std::string>();
    addCommand(app, context, "describe", "All commands as JSON, for the documents and completion",
               [kind, &app] { return run(app, *kind); })
        ->add_option("--values", *kind, "Print what there is of this kind instead")
        ->check(CLI::IsMember(Values::kinds()));
}

} // namespace lockstep::cli
