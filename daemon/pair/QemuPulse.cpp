// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/QemuPulse.h"

#include <QJsonArray>

#include <spdlog/spdlog.h>

#include <utility>

namespace lockstep {

using namespace Qt::StringLiterals;

QemuPulse::QemuPulse(Hypervisor& hypervisor, DomainUuid uuid)
    : m_hypervisor{hypervisor}, m_uuid{uuid}
{
    m_midway.setSingleShot(true);
    QObject::connect(&m_midway, &QTimer::timeout, &m_midway, [this] {
        if (m_thread != 0)
            m_before = threadActivity(m_thread, m_notOwn);
    });
}

void QemuPulse::forget()
{
    m_learned = false;
    m_thread = 0;
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

Task<void> QemuPulse::answered()
{
    m_midway.stop();
    m_silent.invalidate();
    if (m_learned)
        co_return;
    const auto cpus = co_await threads(u"query-cpus-fast"_s);
    const auto others = co_await threads(u"query-iothreads"_s);
    if (!cpus || !others)
        co_return;
    m_learned = true;
    m_notOwn = *cpus | *others;
    m_thread = cpus->isEmpty() ? 0 : *cpus->begin();
}

Task<Result<QSet<pid_t>>> QemuPulse::threads(QString command)
{
    const auto reply = co_await m_hypervisor.monitor(m_uuid)->execute(command, {}, m_patience);
    if (!reply && reply.error().code() != Errc::Refused)
        co_return std::unexpected{reply.error()};
    QSet<pid_t> ids;
    const QJsonArray entries = reply ? reply->toArray() : QJsonArray{};
    for (const auto& entry : entries)
        ids.insert(entry[u"thread-id"].toInt());
    co_return ids;
}

Task<QString> QemuPulse::whyStuck()
{
    m_midway.stop();
    const auto before = std::exchange(m_before, std::nullopt);
    const auto now = before ? threadActivity(m_thread, m_notOwn) : std::nullopt;
    QElapsedTimer clock;
    clock.start();
    const auto domain = co_await m_hypervisor.find(toString(m_uuid));
    if (!domain || clock.durationElapsed() > m_patience) {
        spdlog::warn("libvirt is slow: nothing is known of the QEMU of domain {}",
                     toString(m_uuid).toStdString());
        co_return {};
    }
    if (!m_silent.isValid())
        co_return {}; // forgotten meanwhile
    const auto silent = std::chrono::duration<double>{m_silent.durationElapsed()}.count();
    const QString late = u"QEMU has not answered for %1 s"_s.arg(silent, 0, 'f', 1);
    if (!now)
        co_return late;
    if (now->stopped)
        co_return late + u": its process is stopped"_s;
    if (!now->hasWorkedSince(*before))
        co_return late + u", and does nothing"_s;
    co_return silent < longest.count() ? QString{} : late;
}

} // namespace lockstep
