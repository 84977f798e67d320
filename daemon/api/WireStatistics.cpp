// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/WireStatistics.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace lockstep::wire {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 perSecond = 1'000'000;

using Numbers = std::vector<uint64_t>;

uint64_t timeOf(qint64 second)
{
    return static_cast<uint64_t>(std::max<qint64>(second, 0) * perSecond);
}

/// What sums and the columns of a series have, by name.
struct Column
{
    const char* name;
    quint64 Sums::* figure;
};
constexpr std::array columns{
    Column{"seconds", &Sums::seconds},           Column{"checkpoints", &Sums::checkpoints},
    Column{"asked-by-qemu", &Sums::asked},       Column{"stopped-usec", &Sums::stopped},
    Column{"longest-stop-usec", &Sums::longest}, Column{"released-packets", &Sums::released},
    Column{"memory-bytes", &Sums::memory},       Column{"disk-bytes", &Sums::disk},
};

struct Share
{
    const char* name;
    double share;
};
constexpr std::array shares{Share{"p50", 0.5}, Share{"p90", 0.9}, Share{"p99", 0.99},
                            Share{"p999", 0.999}};

Dictionary totals(const Sums& sums)
{
    Dictionary all;
    for (const Column& column : columns)
        all.emplace(column.name, sdbus::Variant{uint64_t{sums.*column.figure}});
    return all;
}

Dictionary series(const QList<StatisticsPoint>& points)
{
    Dictionary all;
    const auto add = [&all, &points](const char* name, const auto& figureOf) {
        Numbers numbers;
        numbers.reserve(static_cast<std::size_t>(points.size()));
        for (const StatisticsPoint& point : points)
            numbers.push_back(figureOf(point));
        all.emplace(name, sdbus::Variant{numbers});
    };
    add("time-usec", [](const StatisticsPoint& point) { return timeOf(point.start); });
    for (const Column& column : columns)
        add(column.name, [&column](const StatisticsPoint& point) {
            return uint64_t{point.sums.*column.figure};
        });
    return all;
}

Dictionary percentiles(const Distributions& distributions)
{
    Dictionary all;
    for (std::size_t n = 0; n < figureKinds; ++n) {
        const auto figure = static_cast<Figure>(n);
        const Distribution* const found = distributions.find(figure);
        if (!found)
            continue;
        Dictionary one{{"count", sdbus::Variant{uint64_t{found->count()}}},
                       {"most", sdbus::Variant{found->most()}}};
        for (const auto& [name, share] : shares)
            one.emplace(name, sdbus::Variant{found->percentile(share)});
        all.emplace(toString(figure).toStdString(), sdbus::Variant{one});
    }
    return all;
}

int64_t orMinusOne(const Maybe<quint32>& figure)
{
    return figure.isKnown() ? int64_t{figure.orZero()} : -1;
}

Dictionary checkpointColumns(const QList<Checkpoint>& checkpoints)
{
    Numbers times;
    std::vector<std::string> reasons;
    Numbers stopped;
    Numbers memory;
    Numbers disk;
    std::vector<int64_t> durations;
    std::vector<int64_t> released;
    std::vector<int64_t> holds;
    for (const Checkpoint& one : checkpoints) {
        times.push_back(static_cast<uint64_t>(std::max<qint64>(one.time, 0)));
        reasons.push_back(toString(one.reason).toStdString());
        stopped.push_back(one.stopped);
        memory.push_back(one.memory);
        disk.push_back(one.disk);
        durations.push_back(orMinusOne(one.duration));
        released.push_back(orMinusOne(one.released));
        holds.push_back(orMinusOne(one.hold));
    }
    return {{"time-usec", sdbus::Variant{times}},
            {"reason", sdbus::Variant{reasons}},
            {"stopped-usec", sdbus::Variant{stopped}},
            {"memory-bytes", sdbus::Variant{memory}},
            {"disk-bytes", sdbus::Variant{disk}},
            {"duration-usec", sdbus::Variant{durations}},
            {"released-packets", sdbus::Variant{released}},
            {"hold-usec", sdbus::Variant{holds}}};
}

Dictionary dictionary(const LifetimeFigures& figures)
{
    Dictionary reasons;
    for (std::size_t n = 0; n < checkpointReasons; ++n) {
        reasons.emplace(toString(static_cast<CheckpointReason>(n)).toStdString(),
                        sdbus::Variant{uint64_t{figures.checkpoints.at(n)}});
    }
    return {{"checkpoints", sdbus::Variant{uint64_t{figures.count()}}},
            {"reasons", sdbus::Variant{reasons}},
            {"stopped-usec", sdbus::Variant{uint64_t{figures.stopped}}},
            {"released-packets", sdbus::Variant{uint64_t{figures.released}}},
            {"memory-bytes", sdbus::Variant{uint64_t{figures.memory}}},
            {"disk-bytes", sdbus::Variant{uint64_t{figures.disk}}}};
}

/// Takes a number of type t, at most `most`, out of the options, if it is there.
Result<void> takeNumber(Dictionary& options, const char* key, int most, int& number)
{
    const auto given = options.extract(key);
    if (given.empty())
        return {};
    if (!given.mapped().containsValueOfType<uint64_t>()
        || given.mapped().get<uint64_t>() > static_cast<uint64_t>(most))
        return failure(
            Errc::InvalidArgument,
            u"option \"%1\" is not a number of type t from 0 to %2"_s.arg(QLatin1StringView{key})
                .arg(most));
    number = static_cast<int>(given.mapped().get<uint64_t>());
    return {};
}

} // namespace

Result<StatisticsQuery> statisticsQuery(uint64_t since, uint64_t until, const Dictionary& options,
                                        qint64 now)
{
    constexpr uint64_t most = std::numeric_limits<int64_t>::max() / 2; // room to count with
    StatisticsQuery query;
    query.until = until == 0 ? now : static_cast<qint64>(std::min(until, most));
    query.since = static_cast<qint64>(std::min(since, most));
    if (query.since > query.until)
        return failure(Errc::InvalidArgument, u"since is later than until"_s);
    Dictionary rest = options;
    return takeNumber(rest, "points", StatisticsQuery::mostPoints, query.points)
        .and_then([&] {
            return takeNumber(rest, "checkpoints", StatisticsQuery::mostCheckpoints,
                              query.checkpoints);
        })
        .and_then([&] { return noOptions(rest); })
        .transform([&] { return query; });
}

Dictionary dictionary(const StatisticsReport& report, const LifetimeFigures& lifetime)
{
    return {{"since-usec", sdbus::Variant{timeOf(report.since)}},
            {"until-usec", sdbus::Variant{timeOf(report.until)}},
            {"step-usec", sdbus::Variant{timeOf(report.step)}},
            {"totals", sdbus::Variant{totals(report.sums)}},
            {"percentiles-since-usec", sdbus::Variant{timeOf(report.distributionsSince)}},
            {"percentiles", sdbus::Variant{percentiles(report.distributions)}},
            {"series", sdbus::Variant{series(report.points)}},
            {"checkpoints", sdbus::Variant{checkpointColumns(report.checkpoints)}},
            {"lifetime", sdbus::Variant{dictionary(lifetime)}}};
}

} // namespace lockstep::wire
