// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QProcess>
#include <QString>

/// A real libvirtd for one test program, in mount and PID namespaces of its own: its state lies on
/// a tmpfs, and whatever it or QEMU started ends with the test.
class OwnLibvirtd final
{
public:
    /// Runs `program` in fresh namespaces and returns its exit status. To be called first in
    /// main(), by root; the caller's process stays outside and waits.
    static int runIsolated(int (*program)(int, char**), int argc, char** argv);
    /// Why there can be no libvirtd here; empty if there can.
    [[nodiscard]] static QString obstacle();

    OwnLibvirtd() = default;
    OwnLibvirtd(const OwnLibvirtd&) = delete;
    OwnLibvirtd& operator=(const OwnLibvirtd&) = delete;
    ~OwnLibvirtd();

    /// Good when libvirtd answers.
    [[nodiscard]] bool start();
    /// As `systemctl stop` does: QEMU processes stay.
    void stop();
    [[nodiscard]] qint64 pid() const { return m_process.processId(); }

private:
    QProcess m_process;
};
