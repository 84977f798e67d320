// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QLatin1StringView>
#include <QString>

namespace lockstep {

/// Why disks are copied wholly though a replica may be there: words that programs may compare
/// (docs/json.md), and that the two hosts' daemons send each other.
namespace full_copy {
inline constexpr QLatin1StringView first{"first"};
inline constexpr QLatin1StringView tookOver{"took-over"};
inline constexpr QLatin1StringView interrupted{"interrupted"};
inline constexpr QLatin1StringView otherHost{"other-host"};
inline constexpr QLatin1StringView guestRestarted{"guest-restarted"};
inline constexpr QLatin1StringView disksChanged{"disks-changed"};
inline constexpr QLatin1StringView unsafeCache{"unsafe-cache"};
inline constexpr QLatin1StringView noReplica{"no-replica"};
inline constexpr QLatin1StringView otherCopy{"other-copy"};
inline constexpr QLatin1StringView otherSize{"other-size"};
inline constexpr QLatin1StringView touched{"touched"};
inline constexpr QLatin1StringView unreadable{"unreadable"};
inline constexpr QLatin1StringView olderPeer{"older-peer"};
} // namespace full_copy

/// One sentence without its full stop, e.g. "beta has kept no replica". `peer` is the name of the
/// other host. A word of a later version gets a sentence, too.
[[nodiscard]] QString fullCopyText(const QString& word, const QString& peer);

} // namespace lockstep
