// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QList>
#include <QString>

#include <array>
#include <memory>
#include <utility>

namespace lockstep {

/// Figures of a checkpoint of which there are percentiles. The numbers are stored.
enum class Figure : quint8 {
    Stopped, ///< "stopped-usec"
    Duration, ///< "duration-usec"
    Memory, ///< "memory-bytes"
    Disk, ///< "disk-bytes"
    Hold, ///< "hold-usec"
};
inline constexpr std::size_t figureKinds = 5;
[[nodiscard]] QString toString(Figure figure);

/// How often a figure had which value: a histogram of Boost.Histogram with bins that grow by the
/// eighth root of 2, so that a percentile is off by 9 % at most. Times from 100 microseconds to
/// 105 s, sizes from 1 KiB to 1 TiB; what is smaller or larger is counted at that end. Takes about
/// 350 bytes, and 1.3 KiB once it has counted more than 65535 of a kind.
class Distribution final
{
public:
    /// For microseconds, or for bytes.
    enum class Kind { Time, Size };
    /// Bins of an octave.
    static constexpr int binsPerOctave = 8;

    explicit Distribution(Kind kind);
    ~Distribution();
    Distribution(const Distribution& other);
    Distribution& operator=(const Distribution& other);
    Distribution(Distribution&& other) noexcept;
    Distribution& operator=(Distribution&& other) noexcept;

    void add(double value);
    /// Of the same kind.
    void merge(const Distribution& other);

    [[nodiscard]] Kind kind() const { return m_kind; }
    [[nodiscard]] quint64 count() const { return m_count; }
    [[nodiscard]] double sum() const { return m_sum; }
    [[nodiscard]] double most() const { return m_most; } ///< 0 if there is none.
    /// The value that `share` (0 to 1) of all do not exceed, as good as the bins tell; 0 if there
    /// is none.
    [[nodiscard]] double percentile(double share) const;

    struct Bucket
    {
        double upTo{0}; ///< Counted are all that are smaller.
        quint64 count{0};
    };
    /// Cumulative, an octave each, from the lowest; without the last one, which has all.
    [[nodiscard]] QList<Bucket> octaves() const;

    /// What there is to store.
    struct Contents
    {
        QList<std::pair<int, quint64>> bins; ///< Those that are not 0, by number from -1.
        double sum{0};
        double most{0};
    };
    [[nodiscard]] Contents contents() const;
    /// Adds what was stored; bins that there are not are left out.
    void restore(const Contents& contents);

private:
    struct Histogram;

    Kind m_kind;
    quint64 m_count{0};
    double m_sum{0};
    double m_most{0};
    std::unique_ptr<Histogram> m_histogram;
};

[[nodiscard]] Distribution::Kind kindOf(Figure figure);

/// One of each figure; those that were never added to take no room.
class Distributions final
{
public:
    Distributions() = default;
    ~Distributions() = default;
    Distributions(const Distributions& other) { merge(other); }
    Distributions& operator=(const Distributions& other);
    Distributions(Distributions&&) noexcept = default;
    Distributions& operator=(Distributions&&) noexcept = default;

    void add(Figure figure, double value) { change(figure).add(value); }
    void merge(const Distributions& other);
    /// nullptr if there was none yet.
    [[nodiscard]] const Distribution* find(Figure figure) const
    {
        return m_all.at(static_cast<std::size_t>(figure)).get();
    }
    [[nodiscard]] Distribution& change(Figure figure);

private:
    std::array<std::unique_ptr<Distribution>, figureKinds> m_all;
};

} // namespace lockstep
