// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "hypervisor/Hypervisor.h"
#include "hypervisor/ThreadActivity.h"

#include <QElapsedTimer>
#include <QTimer>

namespace lockstep {

/// Whether a QEMU that does not answer hangs, or is at work: on an overloaded host, or loading a
/// checkpoint, during which a shadow's main loop waits (docs/qemu.md, trap 23). Only its own
/// threads count: the guest's CPUs and the iothreads may run while the main loop is stuck.
class QemuPulse final
{
public:
    /// Nobody can use a guest whose QEMU is silent for so long, at work or not.
    static constexpr std::chrono::seconds longest{10};

    QemuPulse(Hypervisor& hypervisor, DomainUuid uuid);

    /// Another QEMU, or other threads.
    void forget();
    /// It was asked something, and has to answer within this time.
    void asked(std::chrono::milliseconds patience);
    /// It has answered. Learns, once, which threads it has.
    [[nodiscard]] Task<void> answered();
    /// It has not answered in time. Why it counts as stuck; empty while it is at work, and when
    /// libvirt does not answer either: then nothing is known of QEMU.
    [[nodiscard]] Task<QString> whyStuck();

private:
    [[nodiscard]] Task<Result<QSet<pid_t>>> threads(QString command);

    Hypervisor& m_hypervisor;
    DomainUuid m_uuid;
    QTimer m_midway;
    QElapsedTimer m_silent;
    std::chrono::milliseconds m_patience{};
    bool m_learned{false};
    pid_t m_thread{0}; ///< One of its threads, 0 if not known.
    QSet<pid_t> m_notOwn;
    std::optional<ThreadActivity> m_before;
};

} // namespace lockstep
