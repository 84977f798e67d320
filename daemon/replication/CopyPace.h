// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Types.h"

#include <chrono>
#include <optional>

namespace lockstep {

/// How fast disks may be copied, told anew after each `window`, so that the guest keeps at least
/// 80 % of the speed that its own disks have without the copy. Pure; has no clock.
///
/// A copy takes time on the disks, and on CPUs that the guest could use to ask for more. So while a
/// guest keeps its disks busy the copy rests for two windows now and then: the first lets what is
/// under way end, in the second is measured how long requests take, and how many there are, when
/// nothing is copied. The copy is slowed down when they take more than 1.2 times that, or are fewer
/// by that, down to `least`, and may be faster when it is less than 1.1 times. A guest that has
/// come to ask for less by itself costs the copy nothing once that is measured. One that asks for
/// next to nothing is not in the way: no limit then.
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
    void measure(const Seen& seen);
    /// By how much the guest gets through less than alone, 1 for not at all; nothing while too
    /// little was seen at this speed.
    [[nodiscard]] std::optional<double> slowdown() const;
    void setSpeed(Bytes speed);

    Phase m_phase{Phase::Copying};
    std::optional<Seen> m_alone; ///< A window without the copy.
    Seen m_beside; ///< All windows since the speed was set, but those in which it rested.
    int m_windowsBeside{0};
    int m_sinceMeasured{0}; ///< Windows.
    int m_windowsToWait{0}; ///< Until it is measured whether a guest is still idle.
    Bytes m_speed; ///< 0: not held back yet.
    Bytes m_speedWhenMeasured;
    bool m_hurries{false};
};

} // namespace lockstep
