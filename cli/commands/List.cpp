// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

Result<int> run(bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto pairs = daemon->pairs();
    if (!pairs)
        return std::unexpected{pairs.error()};
    QJsonArray all;
    Table table{{u"DOMAIN"_s, u"ROLE"_s, u"STATE"_s, u"PEER"_s, u"LINK"_s, u"REASON"_s}};
    for (const RemoteObject& pair : *pairs) {
        all.append(pair.properties);
        table.addRow(
            {pair.properties[u"domain"].toString(), pair.properties[u"role"].toString(),
             pair.properties[u"state"].toString(), pair.properties[u"peer-name"].toString(),
             pair.properties[u"peer-connected"].toBool() ? u"connected"_s : u"unreachable"_s,
             pair.properties[u"reason"].toString()},
            2);
    }
    if (json)
        printJson({{u"pairs"_s, all}});
    else if (table.isEmpty())
        writeLine(Stream::Err,
                  u"no domain is paired; protect one with 'lockstep protect DOMAIN PEER'"_s);
    else
        table.print();
    return 0;
}

} // namespace

void addList(CLI::App& app, Context& context)
{
    const auto all = std::make_shared<bool>(false);
    CLI::App* const command =
        addCommand(app, context, "list", "The pairs of this host", [all, &context] {
            return *all ? listAllDomains(context.json) : run(context.json);
        });
    command->add_flag("--all", *all, "Every domain of this host, paired or not");
}

} // namespace lockstep::cli
