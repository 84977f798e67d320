// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/StatisticsText.h"

#include <QDateTime>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr double perMillisecond = 1e3;
constexpr double perSecond = 1e6;
// Beside a chart stand its name and its top.
constexpr int besideChart = 36;
constexpr int chartInTable = 24;
constexpr int narrowestChart = 10;
constexpr int widestChart = 120;
constexpr int barWidth = 20;

QString perSecondText(double value)
{
    return value < 10 ? QString::number(value, 'f', 2) : QString::number(value, 'f', 0);
}

QString bytesText(double bytes) { return formatBytes(static_cast<qint64>(std::min(bytes, 1e18))); }

/// A series cut to `width` columns: the sum of `key` over that of `unit`, nothing where nothing is
/// known.
QList<std::optional<double>> values(const QJsonObject& one, const QString& key, const QString& unit,
                                    int width)
{
    const QJsonObject series = one[u"series"].toObject();
    const QJsonArray times = series[u"time-usec"].toArray();
    const QJsonArray figures = series[key].toArray();
    const QJsonArray units = series[unit].toArray();
    const double begin = one[u"since-usec"].toDouble();
    const double length = std::max(one[u"until-usec"].toDouble() - begin, 1.0);
    QList<double> sums(width, 0.0);
    QList<double> seconds(width, 0.0);
    for (qsizetype n = 0; n < times.size(); ++n) {
        const double place = (times[n].toDouble() - begin) / length * width;
        const auto column = std::clamp<qsizetype>(static_cast<qsizetype>(place), 0, width - 1);
        sums[column] += figures[n].toDouble();
        seconds[column] += units[n].toDouble();
    }
    QList<std::optional<double>> all;
    for (qsizetype column = 0; column < width; ++column) {
        all.append(seconds[column] > 0 ? std::optional{sums[column] / seconds[column]}
                                       : std::nullopt);
    }
    return all;
}

double topOf(const QList<std::optional<double>>& all)
{
    double top = 0;
    for (const auto& value : all)
        top = std::max(top, value.value_or(0));
    return top;
}

/// Totals of a pair, for a second each.
struct Rates
{
    double checkpoints{0};
    double stopped{0}; ///< Share of the time, 0 to 1.
    double memory{0};
    double disk{0};
    double asked{0}; ///< Share of the checkpoints, 0 to 1.
};

Rates ratesOf(const QJsonObject& one)
{
    const QJsonObject totals = one[u"totals"].toObject();
    const double seconds = std::max(totals[u"seconds"].toDouble(), 1.0);
    const double checkpoints = totals[u"checkpoints"].toDouble();
    return {.checkpoints = checkpoints / seconds,
            .stopped = totals[u"stopped-usec"].toDouble() / perSecond / seconds,
            .memory = totals[u"memory-bytes"].toDouble() / seconds,
            .disk = totals[u"disk-bytes"].toDouble() / seconds,
            .asked = totals[u"asked-by-qemu"].toDouble() / std::max(checkpoints, 1.0)};
}

/// Nothing was seen of that time: its sums are 0, but say nothing.
bool isUnknown(const QJsonObject& one) { return one[u"totals"][u"seconds"].toInteger() == 0; }

QString percentText(double share) { return QString::number(share * 100, 'f', 1) + u" %"_s; }

QString percentileText(const QJsonObject& one, const QString& figure, const QString& which)
{
    const auto value = one[u"percentiles"][figure][which];
    if (!value.isDouble())
        return u"-"_s;
    return figure.endsWith("-usec"_L1) ? formatMicroseconds(value.toDouble())
                                       : bytesText(value.toDouble());
}

Table percentileTable(const QJsonObject& one)
{
    struct Row
    {
        QLatin1StringView figure;
        QLatin1StringView name;
    };
    constexpr std::array rows{Row{"stopped-usec"_L1, "stopped"_L1},
                              Row{"duration-usec"_L1, "duration, if asked for"_L1},
                              Row{"hold-usec"_L1, "hold, at most"_L1},
                              Row{"memory-bytes"_L1, "memory"_L1}, Row{"disk-bytes"_L1, "disk"_L1}};
    Table table{{u"PER CHECKPOINT"_s, u"P50"_s, u"P90"_s, u"P99"_s, u"P99.9"_s, u"MOST"_s}};
    for (const Row& row : rows) {
        QStringList cells{row.name};
        for (const auto& which : {u"p50"_s, u"p90"_s, u"p99"_s, u"p999"_s, u"most"_s})
            cells.append(percentileText(one, row.figure, which));
        table.addRow(cells);
    }
    return table;
}

QString chartLine(const QString& name, const QList<std::optional<double>>& all, Letters letters,
                  const QString& top)
{
    constexpr qsizetype nameWidth = 15;
    return u"%1 %2  %3"_s.arg(name.leftJustified(nameWidth), sparkline(all, topOf(all), letters),
                              top);
}

QStringList charts(const QJsonObject& one, const StatisticsLook& look)
{
    const int width = std::clamp(look.width - besideChart, narrowestChart, widestChart);
    const auto seconds = u"seconds"_s;
    const auto checkpoints = values(one, u"checkpoints"_s, seconds, width);
    const auto stopped = values(one, u"stopped-usec"_s, seconds, width);
    const auto memory = values(one, u"memory-bytes"_s, seconds, width);
    const auto disk = values(one, u"disk-bytes"_s, seconds, width);
    return {
        chartLine(u"checkpoints"_s, checkpoints, look.letters,
                  u"to %1/s"_s.arg(perSecondText(topOf(checkpoints)))),
        chartLine(u"stopped"_s, stopped, look.letters,
                  u"to "_s + percentText(topOf(stopped) / perSecond)),
        chartLine(u"memory"_s, memory, look.letters, u"to %1/s"_s.arg(bytesText(topOf(memory)))),
        chartLine(u"disk"_s, disk, look.letters, u"to %1/s"_s.arg(bytesText(topOf(disk))))};
}

/// From when on something is known, and how much of the time since then is not.
QString spanLine(const QJsonObject& one)
{
    constexpr double roundings = 2; // both ends lie within a second
    const auto time = [](double microseconds) {
        const auto at =
            QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(microseconds / perMillisecond));
        return at.toString(u"yyyy-MM-dd HH:mm:ss"_s);
    };
    const double asked = one[u"since-usec"].toDouble();
    const double until = one[u"until-usec"].toDouble();
    if (isUnknown(one))
        return u"from %1 to %2 nothing is known"_s.arg(time(asked), time(until));
    const double first = one[u"series"][u"time-usec"].toArray().at(0).toDouble(asked);
    const double since = std::max(asked, first);
    const QString line = u"from %1 to %2"_s.arg(time(since), time(until));
    const double known = one[u"totals"][u"seconds"].toDouble();
    return (until - since) / perSecond - known <= roundings
        ? line
        : u"%1, of which %2 s are known"_s.arg(line, QString::number(known, 'f', 0));
}

/// What happened in that time, without what this host cannot know.
QStringList sumLines(const QJsonObject& one)
{
    const QJsonObject totals = one[u"totals"].toObject();
    const Rates rates = ratesOf(one);
    const auto count = totals[u"checkpoints"].toInteger();
    QStringList checkpoints{
        u"%1 checkpoints, %2/s"_s.arg(count).arg(perSecondText(rates.checkpoints))};
    // Where the shadow is nobody knows why.
    if (count > 0 && one[u"role"].toString() == u"primary")
        checkpoints.append(u"%1 of them asked for by QEMU"_s.arg(percentText(rates.asked)));
    checkpoints.append(u"stopped for %1 of the time"_s.arg(percentText(rates.stopped)));
    QString traffic =
        u"memory %1/s, disk %2/s"_s.arg(bytesText(rates.memory), bytesText(rates.disk));
    // 0 may mean that nobody knows.
    if (const auto held = totals[u"released-packets"].toInteger(); held > 0)
        traffic += u", about %1 packets were held"_s.arg(held);
    return {checkpoints.join(u"; "_s), traffic};
}

/// Why there were checkpoints, since the pair is known: those that there were, most first.
QStringList reasonLines(const QJsonObject& one, Letters letters)
{
    const QJsonObject reasons = one[u"lifetime"][u"reasons"].toObject();
    QList<std::pair<double, QString>> all;
    double sum = 0;
    for (auto it = reasons.begin(); it != reasons.end(); ++it) {
        sum += it->toDouble();
        if (it->toDouble() > 0)
            all.emplaceBack(it->toDouble(), it.key());
    }
    std::ranges::sort(all, std::greater{}, &std::pair<double, QString>::first);
    constexpr qsizetype nameWidth = 12;
    QStringList lines;
    for (const auto& [count, reason] : std::as_const(all)) {
        lines.append(
            u"  %1 %2 %3"_s.arg(reason.leftJustified(nameWidth),
                                bar(count / sum, barWidth, letters).leftJustified(barWidth),
                                QString::number(count, 'f', 0)));
    }
    return lines;
}

} // namespace

QString formatMicroseconds(double microseconds)
{
    if (microseconds < perMillisecond)
        return QString::number(microseconds, 'f', 0) + u" us"_s;
    if (microseconds < perSecond)
        return QString::number(microseconds / perMillisecond, 'f', 1) + u" ms"_s;
    return QString::number(microseconds / perSecond, 'f', 2) + u" s"_s;
}

Table statisticsTable(const QList<QJsonObject>& all, const StatisticsLook& look)
{
    Table table{{u"DOMAIN"_s, u"ROLE"_s, u"STATE"_s, u"CKPT/S"_s, u"STOPPED"_s, u"P50"_s, u"P99"_s,
                 u"MEMORY/S"_s, u"DISK/S"_s, u"CHECKPOINTS"_s}};
    for (const QJsonObject& one : all) {
        const Rates rates = ratesOf(one);
        const auto checkpoints = values(one, u"checkpoints"_s, u"seconds"_s, chartInTable);
        const auto ifKnown = [isKnown = !isUnknown(one)](const QString& text) {
            return isKnown ? text : u"-"_s;
        };
        table.addRow({one[u"domain"].toString(), one[u"role"].toString(), one[u"state"].toString(),
                      ifKnown(perSecondText(rates.checkpoints)),
                      ifKnown(percentText(rates.stopped)),
                      percentileText(one, u"stopped-usec"_s, u"p50"_s),
                      percentileText(one, u"stopped-usec"_s, u"p99"_s),
                      ifKnown(bytesText(rates.memory)), ifKnown(bytesText(rates.disk)),
                      sparkline(checkpoints, topOf(checkpoints), look.letters)},
                     2);
    }
    return table;
}

QStringList statisticsLines(const QJsonObject& one, const StatisticsLook& look)
{
    QStringList lines{u"%1: %2, %3 with %4"_s.arg(one[u"domain"].toString(),
                                                  one[u"role"].toString(), one[u"state"].toString(),
                                                  one[u"peer-name"].toString()),
                      spanLine(one)};
    if (!isUnknown(one)) {
        lines += sumLines(one) + QStringList{QString{}} + charts(one, look);
        lines += QString{};
        lines += percentileTable(one)
                     .toText({.width = look.width, .colours = false})
                     .split(u'\n', Qt::SkipEmptyParts);
        if (one[u"percentiles-since"] != one[u"since"])
            lines += u"(these are since %1: there were too many to keep each)"_s.arg(
                formatTime(one[u"percentiles-since"].toString()));
    }
    const QStringList reasons = reasonLines(one, look.letters);
    if (!reasons.isEmpty())
        lines += QStringList{QString{}, u"reasons, since the pair is known here:"_s} + reasons;
    return lines;
}

Table checkpointTable(const QJsonObject& one)
{
    const QJsonObject columns = one[u"checkpoints"].toObject();
    const auto figure = [&columns](const QString& column, qsizetype n) {
        return columns[column].toArray().at(n).toDouble();
    };
    const auto time = [](double microseconds) {
        return microseconds < 0 ? u"-"_s : formatMicroseconds(microseconds);
    };
    Table table{{u"TIME"_s, u"REASON"_s, u"STOPPED"_s, u"DURATION"_s, u"MEMORY"_s, u"DISK"_s,
                 u"HELD"_s, u"HOLD, AT MOST"_s}};
    const QJsonArray reasons = columns[u"reason"].toArray();
    for (qsizetype n = 0; n < reasons.size(); ++n) {
        const double held = figure(u"released-packets"_s, n);
        const auto ended = static_cast<qint64>(figure(u"time-usec"_s, n) / perMillisecond);
        table.addRow({QDateTime::fromMSecsSinceEpoch(ended).toString(u"yyyy-MM-dd HH:mm:ss.zzz"_s),
                      reasons[n].toString(), time(figure(u"stopped-usec"_s, n)),
                      time(figure(u"duration-usec"_s, n)), bytesText(figure(u"memory-bytes"_s, n)),
                      bytesText(figure(u"disk-bytes"_s, n)),
                      held < 0 ? u"-"_s : QString::number(held, 'f', 0),
                      time(figure(u"hold-usec"_s, n))});
    }
    return table;
}

} // namespace lockstep::cli
