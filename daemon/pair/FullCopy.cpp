// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/FullCopy.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

namespace {

using namespace full_copy;

constexpr std::array texts{
    std::pair{first, "%1 has no replica of them yet"_L1},
    std::pair{
        tookOver,
        "the domain came here by a takeover, and nobody knows what was being written on %1"_L1},
    std::pair{interrupted, "the copy before was not seen to be complete"_L1},
    std::pair{otherHost, "the last replica is on another host than %1"_L1},
    std::pair{
        guestRestarted,
        "the guest's QEMU was started anew since, or has other images, and with that ended the "
        "note of what has changed"_L1},
    std::pair{disksChanged,
              "there is no note of what has changed on each of the disks: one was added, or its "
              "image is another one"_L1},
    std::pair{
        unsafeCache,
        "a disk has the cache mode unsafe, so nobody knows what of its replica is on disk"_L1},
    std::pair{noReplica, "%1 has kept no replica"_L1},
    std::pair{otherCopy, "the replica that %1 has kept is of another copy or epoch"_L1},
    std::pair{otherSize, "the replica that %1 has kept has another size, format or disks"_L1},
    std::pair{touched, "somebody has written to the replica that %1 has kept"_L1},
    std::pair{unreadable, "%1 cannot read the replica that it has kept"_L1},
    std::pair{olderPeer, "lockstepd on %1 is an older version"_L1},
};

} // namespace

QString fullCopyText(const QString& word, const QString& peer)
{
    const auto* const found =
        std::ranges::find_if(texts, [&word](const auto& entry) { return entry.first == word; });
    if (found == texts.end())
        return u"%1 asks for it (%2)"_s.arg(peer, word);
    const QString text{found->second};
    return text.contains(u"%1") ? text.arg(peer) : text;
}

} // namespace lockstep
