// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Interrupt.h"
#include "cli/Output.h"
#include "cli/PairWatch.h"
#include "cli/Table.h"
#include "cli/Terminal.h"
#include "cli/WatchView.h"

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Signals bring changes at once; this only bounds how late Ctrl-C is seen if it comes just before
// the wait.
constexpr auto tick = 200ms;

Result<int> watch(Daemon& daemon, bool json)
{
    const Interrupt interrupt;
    PairWatch watch{daemon};
    auto news = watch.next(tick);
    if (!news)
        return std::unexpected{news.error()};
    WatchView view{json};
    while (news && Interrupt::count() == 0) {
        if (news->gone)
            view.showGone();
        if (news->back)
            view.showBack();
        if (const auto& pairs = news->pairs)
            view.show(*pairs);
        view.redraw();
        news = watch.next(tick);
    }
    if (!news)
        return std::unexpected{news.error()};
    (void)Interrupt::takeCtrlC(); // this is how it ends
    return 0;
}

Result<int> run(bool watching, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    if (watching)
        return watch(*daemon, json);
    const auto pairs = daemon->pairs();
    if (!pairs)
        return std::unexpected{pairs.error()};
    QJsonArray all;
    Table table{pairHeadings()};
    for (const RemoteObject& pair : *pairs) {
        all.append(pair.properties);
        table.addRow(pairCells(pair.properties), pairStateColumn);
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
    const auto watching = std::make_shared<bool>(false);
    CLI::App* const command =
        addCommand(app, context, "list", "The pairs of this host", [all, watching, &context] {
            context.lines = *watching;
            return *all ? listAllDomains(context.json) : run(*watching, context.json);
        });
    CLI::Option* const every =
        command->add_flag("--all", *all, "Every domain of this host, paired or not");
    command->add_flag("--watch", *watching, "Go on showing them as they change, until Ctrl-C")
        ->excludes(every);
}

} // namespace lockstep::cli
