// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QObject>
#include <QSocketNotifier>
#include <QTimer>

namespace sdbus {
class IConnection;
}

namespace lockstep {

/// Drives one D-Bus connection from the Qt event loop of its thread, so that every callback of
/// sdbus-c++ comes on that thread. The connection must outlive it.
/// Source: sdbus-c++ IConnection::getEventLoopPollData().
class BusPump final : public QObject
{
    Q_OBJECT
public:
    explicit BusPump(sdbus::IConnection& connection);

Q_SIGNALS:
    /// The bus has closed the connection, or broke the protocol; nothing more will come.
    void lost(const QString& why);

private:
    void process();
    void arm();
    void stop(const QString& why);

    sdbus::IConnection& m_connection;
    QSocketNotifier m_readable{QSocketNotifier::Read};
    QSocketNotifier m_writable{QSocketNotifier::Write};
    QSocketNotifier m_woken{QSocketNotifier::Read};
    QTimer m_deadline;
    bool m_stopped{false};
};

} // namespace lockstep
