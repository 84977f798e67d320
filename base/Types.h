// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QHashFunctions>
#include <QString>
#include <QUuid>

#include <compare>
#include <cstdint>
#include <limits>

namespace lockstep {

/// A value of type T that cannot be mistaken for another one of the same T.
template <typename T, typename Tag>
struct Strong
{
    T value{};

    friend bool operator==(const Strong&, const Strong&) = default;
    friend bool operator<(const Strong& left, const Strong& right)
    {
        return left.value < right.value;
    }
    friend size_t qHash(const Strong& key, size_t seed = 0) { return qHash(key.value, seed); }
};

/// libvirt's UUID of a domain; the same on both hosts of a pair, and the pair's identity.
using DomainUuid = Strong<QUuid, struct DomainUuidTag>;
/// The SHA-256 fingerprint of a host's CA certificate, as 64 lower-case hex digits.
using PeerId = Strong<QString, struct PeerIdTag>;
/// Grows with each change of who may run a domain; 0 before the first protection.
using Epoch = Strong<quint64, struct EpochTag>;
/// Number of a job, unique while the daemon runs; starts at 1.
using JobId = Strong<quint64, struct JobIdTag>;

[[nodiscard]] inline QString toString(const DomainUuid& uuid)
{
    return uuid.value.toString(QUuid::WithoutBraces);
}

/// Bytes of memory, disk or network.
struct Bytes
{
    qint64 value{0};
    [[nodiscard]] static constexpr Bytes fromKiB(qint64 kib) { return {kib * 1024}; }
    [[nodiscard]] static constexpr Bytes fromMiB(qint64 mib) { return {mib * 1024 * 1024}; }
    [[nodiscard]] constexpr qint64 kib() const { return value / 1024; }
    friend auto operator<=>(const Bytes&, const Bytes&) = default;
    /// Sizes that others claim may be of any size: a sum too large to count is the largest.
    friend Bytes operator+(Bytes left, Bytes right)
    {
        Bytes sum;
        if (!__builtin_add_overflow(left.value, right.value, &sum.value))
            return sum;
        return {left.value < 0 ? std::numeric_limits<qint64>::min()
                               : std::numeric_limits<qint64>::max()};
    }
};

} // namespace lockstep
