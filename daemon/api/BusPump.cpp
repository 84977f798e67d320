// SPDX-License-Identifier: LGPL-2.1-or-later
#include "api/BusPump.h"

#include <sdbus-c++/sdbus-c++.h>

#include <QAbstractEventDispatcher>

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace lockstep {

namespace {

// So many messages in one turn; then other events have theirs.
constexpr int messagesPerTurn = 64;
// A QTimer counts in int milliseconds; waking once an hour for nothing is no load.
constexpr std::chrono::milliseconds longestWait = std::chrono::hours{1};

} // namespace

BusPump::BusPump(sdbus::IConnection& connection) : m_connection{connection}
{
    const auto poll = connection.getEventLoopPollData();
    m_readable.setSocket(poll.fd);
    m_writable.setSocket(poll.fd);
    m_woken.setSocket(poll.eventFd);
    m_woken.setEnabled(true);
    m_deadline.setSingleShot(true);
    m_deadline.setTimerType(Qt::PreciseTimer);
    connect(&m_readable, &QSocketNotifier::activated, this, &BusPump::process);
    connect(&m_writable, &QSocketNotifier::activated, this, &BusPump::process);
    connect(&m_woken, &QSocketNotifier::activated, this, &BusPump::process);
    connect(&m_deadline, &QTimer::timeout, this, &BusPump::process);
    // Replies and signals are sent outside process() too and change what to wait for.
    connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, this,
            &BusPump::arm);
    arm();
}

void BusPump::process()
{
    if (m_stopped)
        return;
    try {
        for (int handled = 0; handled < messagesPerTurn && m_connection.processPendingEvent();
             ++handled) { }
    } catch (const sdbus::Error& error) {
        stop(QString::fromStdString(error.getMessage()));
        return;
    }
    arm();
}

void BusPump::arm()
{
    if (m_stopped)
        return;
    try {
        const auto poll = m_connection.getEventLoopPollData();
        m_readable.setEnabled((poll.events & POLLIN) != 0);
        m_writable.setEnabled((poll.events & POLLOUT) != 0);
        const auto wait = poll.getRelativeTimeout();
        if (wait == std::chrono::microseconds::max())
            m_deadline.stop();
        else
            m_deadline.start(
                std::min(std::chrono::ceil<std::chrono::milliseconds>(wait), longestWait));
    } catch (const sdbus::Error& error) {
        stop(QString::fromStdString(error.getMessage()));
    }
}

void BusPump::stop(const QString& why)
{
    m_stopped = true;
    m_readable.setEnabled(false);
    m_writable.setEnabled(false);
    m_woken.setEnabled(false);
    m_deadline.stop();
    Q_EMIT lost(why);
}

} // namespace lockstep
