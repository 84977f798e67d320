// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/Output.h"
#include "cli/SinceTime.h"
#include "cli/StatisticsText.h"
#include "cli/StatisticsWatch.h"
#include "cli/Terminal.h"

#include <QDateTime>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr quint64 mostCheckpoints = 1'000;
const QString usualSince = u"10min"_s;
const QString usualSinceToWatch = u"2min"_s;

struct Arguments
{
    std::vector<std::string> domains;
    std::optional<std::string> since;
    quint64 checkpoints{0};
    bool watching{false};
};

void print(const QList<QJsonObject>& all, const StatisticsSelection& selection)
{
    const StatisticsLook look{.width = columns(Stream::Out), .letters = usualLetters()};
    if (all.isEmpty()) {
        writeLine(Stream::Err,
                  u"no domain is paired; protect one with 'lockstep protect DOMAIN PEER'"_s);
    } else if (selection.domains.isEmpty()) {
        statisticsTable(all, look).print();
    } else {
        for (const QJsonObject& one : all) {
            const QStringList lines = statisticsLines(one, look);
            for (const QString& line : lines)
                writeLine(Stream::Out, line);
            writeLine(Stream::Out, {});
            if (selection.checkpoints > 0)
                checkpointTable(one).print();
        }
    }
}

Result<StatisticsSelection> selectionOf(const Arguments& arguments)
{
    StatisticsSelection selection;
    for (const std::string& domain : arguments.domains)
        selection.domains.append(QString::fromStdString(domain));
    selection.checkpoints = arguments.checkpoints;
    const QString usual = arguments.watching ? usualSinceToWatch : usualSince;
    const QString since = arguments.since ? QString::fromStdString(*arguments.since) : usual;
    const QDateTime now = QDateTime::currentDateTime();
    const auto time = parseSince(since, now);
    if (!time)
        return std::unexpected{time.error()};
    selection.length = std::chrono::milliseconds{std::max<qint64>(time->msecsTo(now), 0)};
    return selection;
}

Result<int> run(const Arguments& arguments, bool json)
{
    const auto selection = selectionOf(arguments);
    if (!selection)
        return std::unexpected{selection.error()};
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    if (arguments.watching)
        return watchStatistics(*daemon, *selection, json);
    const auto all = selectStatistics(*daemon, *selection);
    if (!all)
        return std::unexpected{all.error()};
    if (!json) {
        print(*all, *selection);
        return 0;
    }
    QJsonArray array;
    for (const QJsonObject& one : *all)
        array.append(one);
    printJson({{u"statistics"_s, array}});
    return 0;
}

} // namespace

void addStats(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "stats", "What checkpoints have cost", [arguments, &context] {
            context.lines = arguments->watching;
            return run(*arguments, context.json);
        });
    ofKind(
        command->add_option("DOMAIN", arguments->domains,
                            "All of these: their names, UUIDs or ids; else a line for each pair"),
        Kind::Pair);
    command->add_flag("--watch", arguments->watching, "Go on, once a second, until Ctrl-C");
    command
        ->add_option_function<std::string>(
            "--since", [arguments](const std::string& time) { arguments->since = time; },
            "From then on, within the last day: how long ago (2h, 30min), or when "
            "(2026-11-20T18:40, with Z for UTC); 10min, or 2min with --watch")
        ->type_name("TIME");
    command
        ->add_option("--checkpoints", arguments->checkpoints,
                     "The newest so many one by one, to 1000; with a DOMAIN or --json")
        ->check(CLI::Range(quint64{0}, mostCheckpoints));
}

} // namespace lockstep::cli
