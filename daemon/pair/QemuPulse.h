// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "hypervisor/ThreadActivity.h"
#include "pair/Views.h"

#include <QElapsedTimer>
#include <QTimer>

namespace lockstep {

/// Whether a QEMU that does not answer hangs, or is at work: on an overloaded host, or loading a
/// checkpoint, during which a shadow's monitor waits (docs/qemu.md, trap 23). Only its own threads
/// count: the guest's CPUs and the iothreads may run while the main loop is stuck.
class QemuPulse final
{
public:
    /// A primary that is at work, and silent for so long, hangs all the same.
    static constexpr std::chrono::milliseconds longestOfPrimary{3'000};
    /// A shadow reads checkpoints as fast as the primary sends them.
    static constexpr std::chrono::milliseconds longestOfShadow{10'000};

    QemuPulse(Hypervisor& hypervisor, DomainUuid uuid);

    /// Another QEMU, or other threads.
    void forget();
    /// It was asked something, and has to answer within this time.
    void asked(std::chrono::milliseconds patience);
    /// It has answered.
    void answered();
    [[nodiscard]] bool isLearned() const { return m_learned; }
    /// Asks it which threads it has. Once, unless it does not answer.
    [[nodiscard]] Task<void> learn();
    /// It has not answered in time. Why it counts as stuck; empty while it may be at work, and when
    /// nothing is known of it because libvirt, or this daemon, was held up.
    [[nodiscard]] Task<QString> whyStuck(Role role);

private:
    [[nodiscard]] Task<Result<QSet<pid_t>>> threads(QString command);

    Hypervisor& m_hypervisor;
    DomainUuid m_uuid;
    QTimer m_midway;
    QElapsedTimer m_silent;
    std::chrono::milliseconds m_patience{};
    bool m_learned{false};
    int m_qemu{0}; ///< Which one; grows with forget().
    pid_t m_process{0}; ///< 0 if not known.
    QSet<pid_t> m_notOwn;
    std::optional<ThreadActivity> m_before;
};

} // namespace lockstep
