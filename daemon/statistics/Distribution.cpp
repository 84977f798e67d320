// SPDX-License-Identifier: LGPL-2.1-or-later
#include "statistics/Distribution.h"

#include <boost/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace lockstep {

namespace {

namespace histogram = boost::histogram;

using Axis =
    histogram::axis::regular<double, histogram::axis::transform::log, histogram::axis::null_type>;
using Counts = decltype(histogram::make_histogram(std::declval<Axis>()));

/// So many octaves from `lowest` on.
struct Range
{
    double lowest;
    int octaves;
};

constexpr Range rangeOf(Distribution::Kind kind)
{
    return kind == Distribution::Kind::Time ? Range{.lowest = 100, .octaves = 20}
                                            : Range{.lowest = 1'024, .octaves = 30};
}

/// Lower edge of a bin.
double edge(Distribution::Kind kind, int bin)
{
    return rangeOf(kind).lowest * std::exp2(double(bin) / Distribution::binsPerOctave);
}

int binsOf(Distribution::Kind kind) { return rangeOf(kind).octaves * Distribution::binsPerOctave; }

Counts makeCounts(Distribution::Kind kind)
{
    const int bins = binsOf(kind);
    return histogram::make_histogram(
        Axis{static_cast<unsigned>(bins), rangeOf(kind).lowest, edge(kind, bins)});
}

// By number: names of D-Bus and of JSON.
constexpr std::array<QLatin1StringView, figureKinds> names{
    QLatin1StringView{"stopped-usec"}, QLatin1StringView{"duration-usec"},
    QLatin1StringView{"memory-bytes"}, QLatin1StringView{"disk-bytes"},
    QLatin1StringView{"hold-usec"},
};
static_assert(std::size_t(Figure::Hold) + 1 == figureKinds);

} // namespace

QString toString(Figure figure) { return names.at(static_cast<std::size_t>(figure)); }

Distribution::Kind kindOf(Figure figure)
{
    return figure == Figure::Memory || figure == Figure::Disk ? Distribution::Kind::Size
                                                              : Distribution::Kind::Time;
}

struct Distribution::Histogram
{
    explicit Histogram(Kind kind) : counts{makeCounts(kind)} { }

    [[nodiscard]] quint64 at(int bin) const
    {
        return static_cast<quint64>(static_cast<double>(counts.at(bin)));
    }

    Counts counts;
};

Distribution::Distribution(Kind kind) : m_kind{kind}, m_histogram{std::make_unique<Histogram>(kind)}
{ }

Distribution::~Distribution() = default;

Distribution::Distribution(const Distribution& other)
    : m_kind{other.m_kind}, m_count{other.m_count}, m_sum{other.m_sum}, m_most{other.m_most},
      m_histogram{std::make_unique<Histogram>(*other.m_histogram)}
{ }

Distribution& Distribution::operator=(const Distribution& other)
{
    if (this != &other)
        *this = Distribution{other};
    return *this;
}

Distribution::Distribution(Distribution&& other) noexcept = default;
Distribution& Distribution::operator=(Distribution&& other) noexcept = default;

void Distribution::add(double value)
{
    m_histogram->counts(value);
    ++m_count;
    m_sum += value;
    m_most = std::max(m_most, value);
}

void Distribution::merge(const Distribution& other)
{
    m_histogram->counts += other.m_histogram->counts;
    m_count += other.m_count;
    m_sum += other.m_sum;
    m_most = std::max(m_most, other.m_most);
}

double Distribution::percentile(double share) const
{
    if (m_count == 0)
        return 0;
    const auto rank = std::max(1.0, std::ceil(share * double(m_count)));
    quint64 seen = 0;
    for (int bin = -1; bin < binsOf(m_kind); ++bin) {
        const quint64 here = m_histogram->at(bin);
        if (double(seen + here) < rank) {
            seen += here;
            continue;
        }
        if (bin < 0)
            return std::min(rangeOf(m_kind).lowest, m_most);
        // Spread evenly over the bin, in the measure of the bins.
        const double part = (rank - double(seen)) / double(here);
        return std::min(edge(m_kind, bin) * std::exp2(part / binsPerOctave), m_most);
    }
    return m_most;
}

QList<Distribution::Bucket> Distribution::octaves() const
{
    QList<Bucket> all;
    quint64 seen = m_histogram->at(-1);
    for (int bin = 0; bin < binsOf(m_kind); ++bin) {
        if (bin % binsPerOctave == 0)
            all.append(
                {.upTo = std::ldexp(rangeOf(m_kind).lowest, bin / binsPerOctave), .count = seen});
        seen += m_histogram->at(bin);
    }
    all.append(
        {.upTo = std::ldexp(rangeOf(m_kind).lowest, rangeOf(m_kind).octaves), .count = seen});
    return all;
}

Distribution::Contents Distribution::contents() const
{
    Contents all{.bins = {}, .sum = m_sum, .most = m_most};
    for (int bin = -1; bin <= binsOf(m_kind); ++bin) {
        if (const quint64 here = m_histogram->at(bin); here > 0)
            all.bins.emplaceBack(bin, here);
    }
    return all;
}

void Distribution::restore(const Contents& contents)
{
    for (const auto& [bin, count] : contents.bins) {
        if (bin < -1 || bin > binsOf(m_kind))
            continue;
        m_histogram->counts.at(bin) += static_cast<std::uint64_t>(count);
        m_count += count;
    }
    m_sum += contents.sum;
    m_most = std::max(m_most, contents.most);
}

Distributions& Distributions::operator=(const Distributions& other)
{
    if (this != &other) {
        m_all = {};
        merge(other);
    }
    return *this;
}

void Distributions::merge(const Distributions& other)
{
    for (std::size_t n = 0; n < figureKinds; ++n) {
        const auto figure = static_cast<Figure>(n);
        if (const Distribution* const theirs = other.find(figure))
            change(figure).merge(*theirs);
    }
}

Distribution& Distributions::change(Figure figure)
{
    auto& place = m_all.at(static_cast<std::size_t>(figure));
    if (!place)
        place = std::make_unique<Distribution>(kindOf(figure));
    return *place;
}

} // namespace lockstep
