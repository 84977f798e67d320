// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>
#include <QtTypes>

#include <array>
#include <limits>
#include <optional>

namespace lockstep {

/// Why there was a checkpoint. The words are those of D-Bus, of the CLI and of metrics; the numbers
/// are stored: they stay as they are.
enum class CheckpointReason : quint8 {
    Unknown, ///< "unknown": seen on the shadow's host, which is not told.
    First, ///< "first": made before a new shadow is trusted.
    Request, ///< "request": before a switchover, or for new settings.
    Period, ///< "period": the pair's period was over.
    Idle, ///< "idle": the pair's idle period was over.
    Boot, ///< "boot": the guest boots.
    Difference, ///< "difference": QEMU asked for it; answers differed, or the shadow's was late.
    Output, ///< "output": QEMU asked for it, for output that waited, in a mode that compares none.
};
inline constexpr std::size_t checkpointReasons = 8;
using ReasonCounts = std::array<quint64, checkpointReasons>;

[[nodiscard]] QString toString(CheckpointReason reason);
/// Of a stored number; Unknown if a later version has written it.
[[nodiscard]] CheckpointReason checkpointReason(quint8 number);
/// Whether QEMU asked for it, because of what the guest sends.
[[nodiscard]] constexpr bool isAskedByQemu(CheckpointReason reason)
{
    return reason == CheckpointReason::Difference || reason == CheckpointReason::Output;
}

/// A figure of a checkpoint that may not be known, in as many bytes as the number itself.
template <typename T>
class Maybe final
{
public:
    constexpr Maybe() = default;
    /// Larger ones are cut to the largest that can be told.
    constexpr Maybe(std::optional<quint64> value)
        : m_value{!value              ? none
                      : *value < none ? static_cast<T>(*value)
                                      : T(none - 1)}
    { }
    constexpr Maybe(quint64 value) : Maybe{std::optional<quint64>{value}} { }

    [[nodiscard]] constexpr bool isKnown() const { return m_value != none; }
    [[nodiscard]] constexpr T orZero() const { return isKnown() ? m_value : T{0}; }
    /// As it is stored.
    [[nodiscard]] constexpr T raw() const { return m_value; }
    [[nodiscard]] static constexpr Maybe fromRaw(T raw)
    {
        Maybe made;
        made.m_value = raw;
        return made;
    }
    friend bool operator==(const Maybe&, const Maybe&) = default;

private:
    static constexpr T none = std::numeric_limits<T>::max();
    T m_value{none};
};

/// One checkpoint as this host saw it: on the primary's host of the guest, on the other of its
/// shadow. docs/statistics.md tells where each figure comes from.
struct Checkpoint
{
    qint64 time{0}; ///< Its end, microseconds since 1970 UTC, by QEMU's clock.
    quint64 memory{0}; ///< Bytes on the migration's connection since the one before.
    quint64 disk{0}; ///< Bytes on the disks' connections since the one before.
    quint32 stopped{0}; ///< Microseconds that this host's copy stood still.
    Maybe<quint32> duration; ///< Microseconds from lockstepd's request to its end.
    Maybe<quint32> released; ///< Packets that left while the guest stood still.
    Maybe<quint32> hold; ///< Microseconds: none of them has waited longer than that.
    CheckpointReason reason{CheckpointReason::Unknown};
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
static_assert(sizeof(Checkpoint) == 48, "docs/statistics.md says how large the rings are");

} // namespace lockstep
