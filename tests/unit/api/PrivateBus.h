// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QProcess>
#include <QTemporaryDir>

namespace lockstep::test {

/// A dbus-daemon of the test's own, which lets everybody own and send everything but what the
/// policy that ships forbids. Ends with it.
class PrivateBus final
{
public:
    PrivateBus();
    ~PrivateBus();
    PrivateBus(const PrivateBus&) = delete;
    PrivateBus& operator=(const PrivateBus&) = delete;

    /// Empty if it did not start.
    [[nodiscard]] QString address() const { return m_address; }
    void stop();
    [[nodiscard]] qint64 processId() const { return m_daemon.processId(); }

private:
    QTemporaryDir m_directory;
    QProcess m_daemon;
    QString m_address;
};

} // namespace lockstep::test
