// SPDX-License-Identifier: LGPL-2.1-or-later
#include "OwnLibvirtd.h"

#include <QDir>
#include <QFile>
#include <QStandardPaths>
#include <QTest>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>

#include <csignal>

using namespace Qt::StringLiterals;

namespace {

bool isolated = false;

QByteArray contentOf(const QString& path)
{
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
}

/// Whether a mount made here would show up elsewhere. In a chroot one's own mountinfo does not
/// tell, but that of an ancestor outside of it in the same namespace does.
bool mountsAreShared()
{
    const auto namespaceOf = [](const QString& pid) {
        return QFile::symLinkTarget(u"/proc/%1/ns/mnt"_s.arg(pid));
    };
    QString pid = u"self"_s;
    while (namespaceOf(pid) == namespaceOf(u"self"_s)) {
        if (contentOf(u"/proc/%1/mountinfo"_s.arg(pid)).contains(" shared:"))
            return true;
        const QByteArray stat = contentOf(u"/proc/%1/stat"_s.arg(pid));
        pid = QString::fromLatin1(
            stat.mid(stat.lastIndexOf(')') + 1).simplified().split(' ').value(1));
    }
    return false;
}

bool mountOwn(bool wasShared)
{
    // In a chroot "/" is no mount, and cannot be made private.
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 && wasShared)
        return false;
    if (mount("proc", "/proc", "proc", 0, nullptr) != 0)
        return false;
    if (access("/sys/devices", F_OK) != 0 && mount("sysfs", "/sys", "sysfs", 0, nullptr) != 0)
        return false;
    for (const char* directory :
         {"/run", "/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt"})
        if (access(directory, F_OK) == 0 && mount("tmpfs", directory, "tmpfs", 0, "mode=0755") != 0)
            return false;
    return true;
}

/// Process 1 of the PID namespace: libvirt must see dead children of others gone, not as zombies.
int reapUntil(pid_t main)
{
    int status = 0;
    while (true) {
        const pid_t ended = waitpid(-1, &status, 0);
        if (ended == main)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (ended < 0 && errno != EINTR)
            return 1;
    }
}

bool write(const QString& path, const QByteArray& text)
{
    QFile file{path};
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

} // namespace

int OwnLibvirtd::runIsolated(int (*program)(int, char**), int argc, char** argv)
{
    const bool wasShared = mountsAreShared();
    if (geteuid() != 0 || unshare(CLONE_NEWNS | CLONE_NEWPID) != 0)
        return program(argc, argv);
    const pid_t init = fork();
    if (init > 0)
        _exit(reapUntil(init)); // past what runs at exit: this process cannot make threads any more
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    isolated = mountOwn(wasShared);
    const pid_t child = fork();
    if (child > 0)
        _exit(reapUntil(child));
    return program(argc, argv);
}

QString OwnLibvirtd::obstacle()
{
    if (!isolated)
        return u"needs root and namespaces"_s;
    for (const QString& program : {u"libvirtd"_s, u"virtlogd"_s, u"qemu-system-x86_64"_s})
        if (QStandardPaths::findExecutable(program, {u"/usr/sbin"_s, u"/usr/bin"_s}).isEmpty())
            return u"needs "_s + program;
    return {};
}

OwnLibvirtd::~OwnLibvirtd()
{
    if (m_process.state() != QProcess::NotRunning)
        stop();
}

bool OwnLibvirtd::start()
{
    if (!write(u"/etc/libvirt/qemu.conf"_s,
               "cgroup_controllers = []\nnamespaces = []\nsecurity_driver = \"none\"\n"
               "user = \"root\"\ngroup = \"root\"\nremember_owner = 0\nstdio_handler = \"file\"\n")
        || !write(u"/etc/libvirt/libvirtd.conf"_s,
                  "auth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\n"))
        return false;
    m_process.setStandardErrorFile(u"/var/log/libvirt/libvirtd.log"_s);
    m_process.start(u"/usr/sbin/libvirtd"_s, {});
    return m_process.waitForStarted()
        && QTest::qWaitFor([] { return QFile::exists(u"/run/libvirt/libvirt-sock"_s); }, 20'000);
}

void OwnLibvirtd::stop()
{
    m_process.terminate();
    if (!m_process.waitForFinished(20'000)) {
        m_process.kill();
        m_process.waitForFinished(20'000);
    }
    QFile::remove(u"/run/libvirt/libvirt-sock"_s);
}
