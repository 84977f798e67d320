// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "statistics/Report.h"

#include <QByteArray>

#include <optional>

/// Pieces of statistics as bytes, by QDataStream, and back. The first byte is a format's number;
/// what another version, or damage, has left cannot be read: nothing.
namespace lockstep::packed {

[[nodiscard]] QByteArray pack(const Minute& minute);
[[nodiscard]] std::optional<Minute> minute(const QByteArray& data);

[[nodiscard]] QByteArray pack(const Distributions& distributions);
[[nodiscard]] std::optional<Distributions> distributions(const QByteArray& data);

[[nodiscard]] QByteArray pack(const LifetimeFigures& figures);
[[nodiscard]] std::optional<LifetimeFigures> lifetime(const QByteArray& data);

/// A block of the ring: numbered from `first` on.
struct Block
{
    quint64 first{0};
    QList<Checkpoint> checkpoints;
};
[[nodiscard]] QByteArray pack(const Block& block);
[[nodiscard]] std::optional<Block> block(const QByteArray& data);

} // namespace lockstep::packed
