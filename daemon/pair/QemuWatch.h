// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "pair/Mind.h"
#include "pair/PairParts.h"
#include "pair/QemuPulse.h"

#include <QObject>
#include <QTimer>

namespace lockstep {

/// Senses what has become of one domain's QEMU on this host: by libvirt's and QEMU's events, by a
/// command that a QEMU that is well answers (a watchdog), and by the kernel's view of its
/// connections.
class QemuWatch final : public QObject
{
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds period{250};
    /// A QEMU that has not answered for so long hangs, unless it is at work.
    static constexpr std::chrono::milliseconds patience{1'000};

    QemuWatch(PairParts parts, DomainUuid uuid, TaskSet& tasks);

    /// Looks at it now. Unknown if libvirt cannot be asked.
    [[nodiscard]] Task<failover::QemuSense> look();
    /// The watchdog runs while a shadow exists and no flow uses the monitor.
    void setWatching(bool on);
    /// This host has cut its connections.
    void cut(QString why);
    /// A new protection begins: what is known of the last one's connections is over.
    void renew()
    {
        m_left.clear();
        m_kept.reset();
    }
    [[nodiscard]] bool isIdle() const { return m_running == 0; }
    /// Why it is as it was sensed last; empty if there is nothing to say.
    [[nodiscard]] const QString& why() const { return m_why; }

Q_SIGNALS:
    void sensed(lockstep::failover::QemuSense sense);
    /// Nothing of it is under way any more.
    void idle();

private:
    void onQmpEvent(const QString& name, const QJsonObject& data);
    void onLifecycle(Lifecycle event, int detail);
    void onTimer();
    [[nodiscard]] Task<void> ping(bool disconnected);
    /// Whether it answers; tells when it hangs.
    [[nodiscard]] Task<bool> ask();
    /// Cuts a primary off whose replica has missed a write: QEMU tells nobody by itself.
    [[nodiscard]] Task<void> lookForLostWrites();
    /// What a primary sends while its shadow is out of reach is kept from compare, which loses it.
    [[nodiscard]] Task<void> keepAnswers();
    /// A task of this object, which must live until it has ended.
    void run(Task<void> task);
    [[nodiscard]] Task<void> keep(Task<void> task);
    [[nodiscard]] Task<void> lookAgain();
    [[nodiscard]] failover::QemuSense ended(bool asked);
    void tell(failover::QemuSense sense, QString why);

    PairParts m_parts;
    DomainUuid m_uuid;
    TaskSet& m_tasks;
    QTimer m_timer;
    QemuPulse m_pulse;
    int m_running{0};
    bool m_pinging{false};
    int m_pings{0};
    bool m_hung{false};
    std::optional<bool> m_kept; ///< Nothing if that is not known.
    QString m_left; ///< Why the twins are not connected any more; empty while they are.
    QString m_why;
};

} // namespace lockstep
