// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/EventWatch.h"
#include "cli/Interrupt.h"
#include "cli/Output.h"
#include "cli/SinceTime.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

#include <algorithm>
#include <array>
#include <optional>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr quint64 usualLimit = 100;
constexpr quint64 usualLimitToFollow = 10;
// Signals bring events at once; this only bounds how late Ctrl-C is seen if it comes just before
// the wait.
constexpr auto tick = 200ms;

struct Arguments
{
    std::string domain;
    std::optional<std::string> since;
    bool follow{false};
    std::optional<quint64> limit;
};

constexpr qsizetype stateColumn = 3;

QStringList headings() { return {u"TIME"_s, u"DOMAIN"_s, u"EVENT"_s, u"STATE"_s, u"TEXT"_s}; }

QStringList cells(const QJsonObject& event)
{
    const auto known = [&event](QStringView key) {
        const QString value = event[key].toString();
        return value.isEmpty() ? u"-"_s : value;
    };
    return {formatTime(event[u"time"].toString()), known(u"domain"), known(u"event"),
            known(u"state"), event[u"text"].toString()};
}

/// A line of a table that has no end: columns are as wide as usual, and move for what is wider.
QString liveLine(const QStringList& row)
{
    constexpr std::array<qsizetype, 4> widths{19, 12, 8, 12};
    QString line;
    for (qsizetype column = 0; column < stateColumn + 1; ++column) {
        const QString padding{std::max<qsizetype>(widths.at(column) - row[column].size(), 0) + 2,
                              u' '};
        const bool isPainted = column == stateColumn && row[column] != "-"_L1 && row != headings()
            && hasColours(Stream::Out);
        line += (isPainted ? painted(row[column], colourOf(row[column])) : row[column]) + padding;
    }
    return line + row.last();
}

void printNews(const EventWatch::News& news, bool json)
{
    if (news.gone)
        writeLine(Stream::Err, u"lockstepd is gone; waiting for it"_s);
    if (news.back)
        writeLine(Stream::Err, u"lockstepd is back"_s);
    for (const QJsonObject& event : news.events) {
        if (json)
            printJsonLine(event);
        else
            writeLine(Stream::Out, liveLine(cells(event)));
    }
}

Result<int> follow(Daemon& daemon, const EventSelection& selection, bool json)
{
    const Interrupt interrupt;
    EventWatch watch{daemon, selection};
    auto news = watch.begin();
    if (news && !json)
        writeLine(Stream::Out, liveLine(headings()));
    while (news) {
        printNews(*news, json);
        if (Interrupt::count() > 0) {
            (void)Interrupt::takeCtrlC(); // this is how it ends
            return 0;
        }
        news = watch.next(tick);
    }
    return std::unexpected{news.error()};
}

/// What is said instead of an empty table.
QString nothing(const EventSelection& selection)
{
    const QString since = selection.since
        ? u" since "_s + formatTime(selection.since->toUTC().toString(Qt::ISODateWithMs))
        : QString{};
    return selection.domain.isEmpty()
        ? u"nothing has happened to a pair of this host%1"_s.arg(since.isEmpty() ? u" yet"_s
                                                                                 : since)
        : u"there is no event of a domain '%1'%2"_s.arg(selection.domain, since);
}

Result<int> print(Daemon& daemon, const EventSelection& selection, bool json)
{
    const auto selected = selectEvents(daemon, selection);
    if (!selected)
        return std::unexpected{selected.error()};
    QJsonArray all;
    Table table{headings()};
    for (const QJsonObject& event : selected->events) {
        all.append(event);
        const QStringList row = cells(event);
        table.addRow(row, row[stateColumn] == "-"_L1 ? -1 : stateColumn);
    }
    if (json)
        printJsonArray(all);
    else if (!table.isEmpty())
        table.print();
    else
        writeLine(Stream::Err, nothing(selection));
    return 0;
}

/// The history knows names and UUIDs; an id is of the domain that has it now.
Result<QString> nameOrUuid(Daemon& daemon, const QString& domain)
{
    bool isNumber = false;
    domain.toUInt(&isNumber);
    if (!isNumber)
        return domain;
    const auto pair = daemon.pair(domain);
    if (pair)
        return pair->properties[u"uuid"].toString();
    const auto code = pair.error().code();
    if (code == Errc::DaemonUnavailable || code == Errc::Timeout || code == Errc::Cancelled)
        return std::unexpected{pair.error()};
    return domain; // It may be a name that is a number.
}

/// All but the domain.
Result<EventSelection> selectionOf(const Arguments& arguments)
{
    EventSelection selection{.domain = {}, .since = {}, .limit = arguments.limit};
    if (arguments.since) {
        const auto time =
            parseSince(QString::fromStdString(*arguments.since), QDateTime::currentDateTime());
        if (!time)
            return std::unexpected{time.error()};
        selection.since = *time;
    } else if (!selection.limit) {
        selection.limit = arguments.follow ? usualLimitToFollow : usualLimit;
    }
    return selection;
}

Result<int> run(const Arguments& arguments, bool json)
{
    auto selection = selectionOf(arguments);
    if (!selection)
        return std::unexpected{selection.error()};
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const auto domain = nameOrUuid(*daemon, QString::fromStdString(arguments.domain));
    if (!domain)
        return std::unexpected{domain.error()};
    selection->domain = *domain;
    return arguments.follow ? follow(*daemon, *selection, json) : print(*daemon, *selection, json);
}

} // namespace

void addEvents(CLI::App& app, Context& context)
{
    const auto arguments = std::make_shared<Arguments>();
    CLI::App* const command =
        addCommand(app, context, "events", "What has happened to the pairs of this host",
                   [arguments, &context] {
                       context.lines = arguments->follow;
                       return run(*arguments, context.json);
                   });
    pairArgument(command, arguments->domain, "Only this domain: its UUID, its id, or its name then")
        ->required(false);
    command->add_flag("--follow", arguments->follow, "Go on with new ones until Ctrl-C");
    command
        ->add_option_function<std::string>(
            "--since", [arguments](const std::string& time) { arguments->since = time; },
            "Only those since then: how long ago (2h, 30min), or when (2026-11-20T18:40, with Z "
            "for UTC)")
        ->type_name("TIME");
    command
        ->add_option("--limit", arguments->limit,
                     "The newest so many, 1 to 1000 (100, or 10 with --follow; all with --since)")
        ->check(CLI::Range(quint64{1}, mostEvents));
}

} // namespace lockstep::cli
