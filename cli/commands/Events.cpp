// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/Command.h"
#include "cli/Daemon.h"
#include "cli/EventWatch.h"
#include "cli/Interrupt.h"
#include "cli/Output.h"
#include "cli/Table.h"
#include "cli/Terminal.h"

#include <algorithm>
#include <array>
#include <optional>

namespace lockstep::cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr quint64 mostEvents = 1'000;
constexpr quint64 usualLimit = 100;
constexpr quint64 usualLimitToFollow = 10;
// Signals bring events at once; this only bounds how late Ctrl-C is seen if it comes just before
// the wait.
constexpr auto tick = 200ms;

struct Arguments
{
    std::string domain;
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

Result<int> follow(Daemon& daemon, const QString& domain, quint64 limit, bool json)
{
    const Interrupt interrupt;
    EventWatch watch{daemon, domain};
    auto news = watch.begin(limit);
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

Result<int> print(Daemon& daemon, const QString& domain, quint64 limit, bool json)
{
    const auto events = daemon.events({.domain = domain, .limit = limit, .since = {}});
    if (!events)
        return std::unexpected{events.error()};
    QJsonArray all;
    Table table{headings()};
    for (const QJsonObject& event : *events) {
        all.append(event);
        const QStringList row = cells(event);
        table.addRow(row, row[stateColumn] == "-"_L1 ? -1 : stateColumn);
    }
    if (json)
        printJsonArray(all);
    else if (!table.isEmpty())
        table.print();
    else if (domain.isEmpty())
        writeLine(Stream::Err, u"nothing has happened to a pair of this host yet"_s);
    else
        writeLine(Stream::Err, u"there is no event of a domain '%1'"_s.arg(domain));
    return 0;
}

/// The history knows names and UUIDs; an id is of the domain that has it now.
QString nameOrUuid(Daemon& daemon, const QString& domain)
{
    bool isNumber = false;
    domain.toUInt(&isNumber);
    if (!isNumber)
        return domain;
    const auto pair = daemon.pair(domain);
    return pair ? pair->properties[u"uuid"].toString() : domain;
}

Result<int> run(const Arguments& arguments, bool json)
{
    auto daemon = Daemon::connect();
    if (!daemon)
        return std::unexpected{daemon.error()};
    const QString domain = nameOrUuid(*daemon, QString::fromStdString(arguments.domain));
    if (arguments.follow)
        return follow(*daemon, domain, arguments.limit.value_or(usualLimitToFollow), json);
    return print(*daemon, domain, arguments.limit.value_or(usualLimit), json);
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
        ->add_option("--limit", arguments->limit,
                     "The newest so many, 1 to 1000 (100, or 10 with --follow)")
        ->check(CLI::Range(quint64{1}, mostEvents));
}

} // namespace lockstep::cli
