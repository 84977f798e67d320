// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pair/QemuWatch.h"

#include "pair/Channels.h"
#include "pair/LateWrites.h"
#include "replication/Names.h"
#include "replication/PrimaryNetwork.h"
#include "replication/Qmp.h"

#include <spdlog/spdlog.h>

namespace lockstep {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using failover::QemuSense;

namespace {

// libvirt's virDomainEventStoppedDetailType: a QEMU that crashed or failed is not a domain that
// somebody, or the guest, turned off.
constexpr int stoppedCrashed = 2;
constexpr int stoppedFailed = 5;
// Once a second.
constexpr int pingsPerLook = 4;

} // namespace

QemuWatch::QemuWatch(PairParts parts, DomainUuid uuid, TaskSet& tasks)
    : m_parts{parts}, m_uuid{uuid}, m_tasks{tasks}, m_pulse{parts.hypervisor, uuid}
{
    m_timer.setInterval(period);
    connect(&m_timer, &QTimer::timeout, this, &QemuWatch::onTimer);
    connect(&m_parts.hypervisor, &Hypervisor::qmpEvent, this,
            [this](const DomainUuid& domain, const QString& name, qint64, const QJsonObject& data) {
                if (domain == m_uuid)
                    onQmpEvent(name, data);
            });
    connect(&m_parts.hypervisor, &Hypervisor::lifecycle, this,
            [this](const DomainUuid& domain, Lifecycle event, int detail) {
                if (domain == m_uuid)
                    onLifecycle(event, detail);
            });
    // What happened while libvirt could not tell.
    connect(&m_parts.hypervisor, &Hypervisor::connected, this, [this] { run(lookAgain()); });
}

void QemuWatch::setWatching(bool on)
{
    if (on == m_timer.isActive())
        return;
    m_pulse.forget();
    if (on)
        m_timer.start();
    else
        m_timer.stop();
}

void QemuWatch::cut(QString why)
{
    m_left = std::move(why);
    tell(QemuSense::Left, m_left);
}

void QemuWatch::tell(QemuSense sense, QString why)
{
    m_why = std::move(why);
    Q_EMIT sensed(sense);
}

void QemuWatch::onQmpEvent(const QString& name, const QJsonObject& data)
{
    const auto record = m_parts.pairs.find(m_uuid);
    if (!record)
        return;
    if (name == u"COLO_EXIT") {
        m_left = u"QEMU has lost its twin"_s;
        tell(QemuSense::Left, m_left);
        return;
    }
    // A write that only one of the twins has: they are not in step any more.
    const QString node = data[u"node-name"].toString();
    const bool badChild = name == u"QUORUM_REPORT_BAD" && data.contains(u"error");
    const bool badNode = name == u"BLOCK_IO_ERROR" && node.startsWith(names::prefix);
    if (!badChild && !badNode)
        return;
    spdlog::error("pair {}: {} of {}: {}", record->domain.toStdString(), name.toStdString(),
                  node.toStdString(),
                  data[badChild ? u"error"_s : u"reason"_s].toString().toStdString());
    if (badChild && node.startsWith(names::late({}))) {
        m_tasks.add(dropLateWrites(m_parts, *record, node.sliced(names::late({}).size())));
        return;
    }
    const bool unread = data[u"type"].toString() != u"read";
    if (badChild && unread && record->state == PairState::Merging)
        m_tasks.add(stopForLateWrites(m_parts, *record, node));
    if (!record->isEngaged())
        return;
    const QString why = u"an I/O error on %1"_s.arg(node);
    if (record->isPrimary())
        cut(why);
    else
        tell(QemuSense::Hung, why);
}

QemuSense QemuWatch::ended(bool asked)
{
    m_hung = false;
    m_why = asked ? u"the guest was turned off"_s : u"QEMU has died"_s;
    return asked ? QemuSense::Off : QemuSense::Died;
}

void QemuWatch::onLifecycle(Lifecycle event, int detail)
{
    if (event == Lifecycle::Stopped) {
        const auto sense = ended(detail != stoppedCrashed && detail != stoppedFailed);
        Q_EMIT sensed(sense);
    } else if (event == Lifecycle::Started) {
        run(lookAgain());
    }
}

Task<void> QemuWatch::lookAgain()
{
    const auto sense = co_await look();
    if (sense != QemuSense::Unknown)
        Q_EMIT sensed(sense);
}

Task<QemuSense> QemuWatch::look()
{
    const auto domain = co_await m_parts.hypervisor.find(toString(m_uuid));
    if (!domain)
        co_return domain.error().code() == Errc::UnknownDomain ? ended(false) : QemuSense::Unknown;
    if (domain->state == DomainState::Off || domain->state == DomainState::Crashed)
        co_return ended(domain->turnedOff);
    const auto mode = co_await Qmp{m_parts.hypervisor.monitor(m_uuid)}.coloMode();
    if (!mode) {
        if (mode.error().code() != Errc::Timeout)
            co_return QemuSense::Unknown;
        m_hung = true;
        m_why = u"QEMU does not answer"_s;
        co_return QemuSense::Hung;
    }
    m_hung = false;
    m_why.clear();
    const auto record = m_parts.pairs.find(m_uuid);
    if (*mode == u"none") {
        const bool incoming = record && !record->isPrimary()
            && (record->state == PairState::Preparing || record->state == PairState::Copying);
        co_return incoming ? QemuSense::Unknown : QemuSense::Plain;
    }
    if (m_left.isEmpty() && record && !areChannelsUp(record->spec))
        m_left = u"the connection to the twin is gone"_s;
    m_why = m_left;
    co_return m_left.isEmpty() ? QemuSense::Colo : QemuSense::Left;
}

void QemuWatch::onTimer()
{
    const auto record = m_parts.pairs.find(m_uuid);
    if (!record || m_pinging)
        return;
    m_pinging = true;
    run(ping(m_left.isEmpty() && !areChannelsUp(record->spec)));
}

Task<void> QemuWatch::ping(bool disconnected)
{
    const bool answered = co_await ask();
    // Not before it has answered: the connections of a QEMU that dies are gone, too, and one that
    // has died must not be taken for one that could go on.
    if (answered && m_timer.isActive()) {
        if (m_hung)
            run(lookAgain());
        else if (disconnected && m_left.isEmpty())
            cut(u"the connection to the twin is gone"_s);
        else if (++m_pings % pingsPerLook == 0)
            run(lookForLostWrites()); // the watchdog does not wait for it
        run(keepAnswers());
    }
    m_pinging = false;
}

Task<void> QemuWatch::keepAnswers()
{
    const auto record = m_parts.pairs.find(m_uuid);
    if (!record || !record->isPrimary() || !record->isEngaged() || !m_timer.isActive())
        co_return;
    const bool wanted = record->state == PairState::Interrupted
        && (!m_left.isEmpty() || areChannelsStuck(record->spec));
    if (m_kept == wanted)
        co_return;
    const PrimaryNetwork network{Qmp{m_parts.hypervisor.monitor(m_uuid)}, record->spec};
    m_kept.reset();
    if (const auto done = co_await network.setKeeping(wanted))
        m_kept = wanted;
}

Task<void> QemuWatch::lookForLostWrites()
{
    const auto isInStep = [this] {
        const auto record = m_parts.pairs.find(m_uuid);
        return record && record->isPrimary() && record->state == PairState::Protected
            && m_left.isEmpty() && m_timer.isActive();
    };
    if (!isInStep())
        co_return;
    const auto lost = co_await Qmp{m_parts.hypervisor.monitor(m_uuid)}.replicationError(patience);
    if (lost && !lost->isEmpty() && isInStep())
        cut(u"a write has not reached the twin's disk (%1)"_s.arg(*lost));
}

Task<bool> QemuWatch::ask()
{
    m_pulse.asked(patience);
    const auto answer =
        co_await m_parts.hypervisor.monitor(m_uuid)->execute(u"query-status"_s, {}, patience);
    if (answer || answer.error().code() == Errc::Refused) {
        m_pulse.answered();
        if (!m_pulse.isLearned())
            run(m_pulse.learn());
        co_return true;
    }
    const auto record = m_parts.pairs.find(m_uuid);
    if (answer.error().code() != Errc::Timeout || !record) {
        m_pulse.answered();
        co_return false;
    }
    const QString why = co_await m_pulse.whyStuck(record->role);
    if (!why.isEmpty() && m_timer.isActive() && !m_hung) {
        m_hung = true;
        tell(QemuSense::Hung, why);
    }
    co_return false;
}

void QemuWatch::run(Task<void> task) { m_tasks.add(keep(std::move(task))); }

Task<void> QemuWatch::keep(Task<void> task)
{
    ++m_running;
    co_await task;
    if (--m_running == 0)
        Q_EMIT idle();
}

} // namespace lockstep
