// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Types.h"

#include <QLatin1StringView>
#include <QStringView>

namespace lockstep {

/// How memory is compressed on its way. QEMU's MultiFDCompression has more.
enum class Compression { None, Zlib, Zstd };

/// The word for it, QEMU's and that of settings: "none", "zlib", "zstd".
[[nodiscard]] QLatin1StringView nameOf(Compression compression);
/// None for a word that is not known.
[[nodiscard]] Compression compressionFromName(QStringView name);

/// How a pair's memory goes over the dedicated link. Bounds: base/PairSettingTable.h. Source: QEMU
/// qapi/migration.json, MigrationParameters.
struct MemoryTransfer
{
    /// What QEMU is told where there is no limit: more than any link has.
    static constexpr Bytes unlimited{Bytes::fromMiB(100LL * 1024)};

    Bytes bandwidth; ///< A second, of the copy to a new shadow; 0: no limit.
    int channels{1}; ///< Connections; from 2 on by "multifd".
    Compression compression{Compression::None}; ///< Of "multifd" only.
    friend bool operator==(const MemoryTransfer&, const MemoryTransfer&) = default;

    [[nodiscard]] bool isParallel() const { return channels > 1; }
    /// Whether a shadow that was made for one can go on with the other.
    [[nodiscard]] bool suits(const MemoryTransfer& other) const
    {
        return channels == other.channels && compression == other.compression;
    }
};

} // namespace lockstep
