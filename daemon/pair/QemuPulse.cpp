// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/QemuPulse.h"

#include <QJsonArray>

#include <spdlog/spdlog.h>

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

QemuPulse::QemuPulse(Hypervisor& hypervisor, DomainUuid uuid)
    : m_hypervisor{hypervisor}, m_uuid{uuid}
{
    m_midway.setSingleShot(true);
    QObject::connect(&m_midway, &QTimer::timeout, &m_midway, [this] {
        if (m_process != 0)
            m_before = threadActivity(m_process, m_notOwn);
    });
}

void QemuPulse::forget()
{
    ++m_qemu;
    m_learned = false;
    m_process = 0;
    m_notOwn.clear();
    m_before.reset();
    m_silent.invalidate();
}

void QemuPulse::asked(std::chrono::milliseconds patience)
{
    if (!m_silent.isValid())
        m_silent.start();
    m_patience = patience;
    m_before.reset();
    m_midway.start(patience / 2);
}

void QemuPulse::answered()
{
    m_midway.stop();
    m_silent.invalidate();
}

Task<void> QemuPulse::learn()
{
    const int qemu = m_qemu;
    m_learned = true;
    const auto cpus = co_await threads(u"query-cpus-fast"_s);
    auto others = cpus;
    if (cpus)
        others = co_await threads(u"query-iothreads"_s);
    if (qemu != m_qemu)
        co_return;
    m_learned = others.has_value();
    if (!others)
        co_return;
    m_notOwn = *cpus | *others;
    m_process = cpus->isEmpty() ? 0 : processOf(*cpus->begin()).value_or(0);
}

Task<Result<QSet<pid_t>>> QemuPulse::threads(QString command)
{
    const auto reply = co_await m_hypervisor.monitor(m_uuid)->execute(command);
    if (!reply && reply.error().code() != Errc::Refused)
        co_return std::unexpected{reply.error()};
    QSet<pid_t> ids;
    const QJsonArray entries = reply ? reply->toArray() : QJsonArray{};
    for (const auto& entry : entries)
        ids.insert(entry[u"thread-id"].toInt());
    co_return ids;
}

Task<QString> QemuPulse::whyStuck(Role role)
{
    m_midway.stop();
    if (!m_silent.isValid())
        co_return {}; // forgotten meanwhile
    const int qemu = m_qemu;
    const auto before = std::exchange(m_before, std::nullopt);
    const auto now = m_process != 0 ? threadActivity(m_process, m_notOwn) : std::nullopt;
    const bool isKnown = m_process != 0;
    const auto silent = [this] {
        return u"QEMU has not answered for %1 s"_s.arg(
            std::chrono::duration<double>{m_silent.durationElapsed()}.count(), 0, 'f', 1);
    };
    if (now && now->isStopped())
        co_return silent() + u": its process is stopped"_s;
    const auto waits = co_await m_hypervisor.waitsForMonitor(m_uuid);
    if (qemu != m_qemu)
        co_return {};
    // Whoever was held up himself has not given it that time.
    const bool heldUp = isKnown && (!before || !now || now->time - before->time < m_patience / 4);
    if (!waits || *waits < m_patience / 2 || heldUp) {
        m_silent.invalidate();
        co_return {};
    }
    if (!isKnown)
        co_return silent();
    if (now->isBlockedSince(*before))
        co_return silent() + u": it waits for a disk"_s;
    // A shadow that does nothing may wait for its primary, in the middle of a checkpoint.
    if (role == Role::Primary && !now->hasWorkedSince(*before))
        co_return silent() + u", and does nothing"_s;
    const auto longest = role == Role::Primary ? longestOfPrimary : longestOfShadow;
    co_return m_silent.durationElapsed() >= longest ? silent() : QString{};
}

} // namespace lockstep
