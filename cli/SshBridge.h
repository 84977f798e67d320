// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Target.h"

#include <sys/types.h>

#include <memory>

namespace lockstep::cli {

/// ssh(1) with systemd-stdio-bridge(1) at its other end: a socket that is the other host's system
/// bus. ssh asks for passwords and unknown hosts' keys at the terminal itself.
class SshBridge final
{
public:
    /// Errors: DaemonUnavailable if ssh cannot be run; what goes wrong later tells whyItEnded().
    [[nodiscard]] static Result<std::unique_ptr<SshBridge>> start(const Target& target);
    ~SshBridge();
    SshBridge(const SshBridge&) = delete;
    SshBridge& operator=(const SshBridge&) = delete;

    /// Our end of it; the caller closes it.
    [[nodiscard]] int takeSocket();
    /// For when the socket was found closed: DaemonUnavailable with ssh's last words.
    [[nodiscard]] Error whyItEnded();

private:
    SshBridge(Target target, int socket, int words);
    [[nodiscard]] QString lastWords() const;
    /// ssh's exit status, -1 if it had to be ended.
    int end();

    Target m_target;
    int m_socket;
    int m_words; ///< A file with what ssh wrote to standard error.
    pid_t m_process{0};
};

} // namespace lockstep::cli
