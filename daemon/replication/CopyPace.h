// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Types.h"

#include <chrono>
#include <optional>

namespace lockstep {

/// How fast disks may be copied, told anew after each `window`, so that the guest keeps at least
/// 80 % of the speed that its own disks have without the copy. Pure; has no clock.
///
/// A guest that keeps its disks busy gets through less in the proportion in which its requests take
/// longer. So while it does, the copy rests for two windows now and then: the first lets what is
/// under way end, in the second is measured how long requests take when nothing is copied. The copy
/// is slowed down when they take more than 1.25 times that, down to `least`, and may be faster
/// when they take less than 1.1 times. A guest that asks for next to nothing is not in the way: no
/// limit then.
class CopyPace final
{
public:
    static constexpr std::chrono::milliseconds window{500};
    /// A copy that is slower does not end; below this the guest may keep less than 80 %.
    static constexpr Bytes least{Bytes::fromMiB(1)};
    /// While it rests. QEMU takes 0 for no limit.
    static constexpr Bytes rest{Bytes::fromKiB(64)};

    /// What happened in one window.
    struct Seen
    {
        qint64 requests{0}; ///< Of the guest.
        std::chrono::nanoseconds waited{0}; ///< Of all of them together.
        Bytes copied;
    };

    /// The limit from now on, in bytes a second; 0: none.
    [[nodiscard]] Bytes next(const Seen& seen);
    /// The copy does not come nearer to its end: it is not held back any more.
    void hurry() { m_hurries = true; }
    [[nodiscard]] bool hurries() const { return m_hurries; }

private:
    enum class Phase { Copying, Settling, Measuring };

    [[nodiscard]] Bytes adapt(const Seen& seen);

    Phase m_phase{Phase::Copying};
    std::optional<double> m_alone; ///< Nanoseconds that a request takes without the copy.
    int m_sinceMeasured{0}; ///< Windows.
    Bytes m_speed; ///< 0: not held back yet.
    bool m_hurries{false};
};

} // namespace lockstep
