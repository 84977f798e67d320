// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/SshBridge.h"

#include "base/Text.h"

#include <QByteArrayList>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

namespace lockstep::cli {

using namespace Qt::StringLiterals;

namespace {

constexpr int endMs = 2000; // ssh ends at once when its socket closes, unless its host is gone.
constexpr int sshFailed = 255;
constexpr int notFound = 127;

/// Starts ssh on `socket`; its standard error goes to `words`. Returns 0, or an errno.
int spawn(pid_t& process, const Target& target, int socket, int words)
{
    QByteArrayList texts{"ssh"};
    for (const QString& argument : target.sshArguments())
        texts.append(argument.toUtf8());
    std::vector<char*> arguments;
    for (QByteArray& text : texts)
        arguments.push_back(text.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files{};
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, socket, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, words, STDERR_FILENO);
    // Ctrl-C is for the command, not for the connection of the shell: an ssh that is started with
    // SIGINT ignored leaves it so.
    struct sigaction ignored{};
    struct sigaction before{};
    ignored.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignored, &before);
    const int status = ::posix_spawnp(&process, "ssh", &files, nullptr, arguments.data(), environ);
    ::sigaction(SIGINT, &before, nullptr);
    ::posix_spawn_file_actions_destroy(&files);
    return status;
}

} // namespace

SshBridge::SshBridge(Target target, int socket, int words)
    : m_target{std::move(target)}, m_socket{socket}, m_words{words}
{ }

Result<std::unique_ptr<SshBridge>> SshBridge::start(const Target& target)
{
    std::array<int, 2> ends{-1, -1};
    const int words = ::memfd_create("ssh", MFD_CLOEXEC);
    if (words < 0 || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return failure(Errc::Internal, u"no pipe for ssh: %1"_s.arg(qt_error_string(errno)));
    auto bridge = std::unique_ptr<SshBridge>{new SshBridge{target, ends[0], words}};
    const int status = spawn(bridge->m_process, target, ends[1], words);
    ::close(ends[1]);
    if (status == 0)
        return bridge;
    bridge->m_process = 0;
    return failure(Errc::DaemonUnavailable,
                   u"cannot run ssh to %1: %2"_s.arg(target.text(), qt_error_string(status)),
                   u"Install OpenSSH's client (package openssh-client) on this host."_s);
}

SshBridge::~SshBridge()
{
    if (m_socket >= 0)
        ::close(m_socket);
    end();
    ::close(m_words);
}

int SshBridge::takeSocket() { return std::exchange(m_socket, -1); }

int SshBridge::end()
{
    if (m_process == 0)
        return -1;
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, m_process, 0));
    pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
    if (handle < 0 || ::poll(&ended, 1, endMs) != 1)
        ::kill(m_process, SIGTERM);
    if (handle >= 0)
        ::close(handle);
    int status = 0;
    ::waitpid(std::exchange(m_process, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

QString SshBridge::lastWords() const
{
    constexpr std::size_t most = 4096;
    std::array<char, most> buffer{};
    const off_t size = ::lseek(m_words, 0, SEEK_END);
    const off_t from = std::max<off_t>(size - static_cast<off_t>(most), 0);
    const ssize_t count = ::pread(m_words, buffer.data(), buffer.size(), from);
    // simplified(): carriage returns; ssh ends its lines as for a raw terminal.
    const QByteArray text{buffer.data(), std::max<ssize_t>(count, 0)};
    const QStringList lines = QString::fromUtf8(text).split(u'\n', Qt::SkipEmptyParts);
    return lines.isEmpty() ? QString{} : printable(lines.last().simplified());
}

Error SshBridge::whyItEnded()
{
    const int status = end();
    const QString host = m_target.text();
    const QString words = lastWords();
    const QString silent = status == 0 ? u"what answers there is no system bus"_s
                                       : u"ssh ended with status %1"_s.arg(status);
    const QString what = u"no connection to lockstepd on %1 over ssh: %2"_s.arg(
        host, words.isEmpty() ? silent : words);
    if (status == notFound) {
        return {Errc::DaemonUnavailable, what,
                u"Install systemd-stdio-bridge on %1 (it comes with systemd)."_s.arg(host)};
    }
    if (status == sshFailed) {
        return {Errc::DaemonUnavailable, what,
                u"See that 'ssh %1 true' works here, without any other output."_s.arg(host)};
    }
    return {Errc::DaemonUnavailable, what,
            u"See that 'ssh %1 systemctl is-active dbus lockstepd' says active twice."_s.arg(host)};
}

} // namespace lockstep::cli
