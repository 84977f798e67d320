// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replication/MemoryTransfer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array words{std::pair{Compression::None, "none"_L1},
                           std::pair{Compression::Zlib, "zlib"_L1},
                           std::pair{Compression::Zstd, "zstd"_L1}};

} // namespace

QLatin1StringView nameOf(Compression compression)
{
    return std::ranges::find(words, compression, &std::pair<Compression, QLatin1StringView>::first)
        ->second;
}

Compression compressionFromName(QStringView name)
{
    const auto* const found =
        std::ranges::find_if(words, [name](const auto& entry) { return entry.second == name; });
    return found == words.end() ? Compression::None : found->first;
}

} // namespace lockstep
