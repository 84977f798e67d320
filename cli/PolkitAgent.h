// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <optional>

namespace lockstep::cli {

/// polkit's text agent, which asks for passwords at this terminal on behalf of this process, as
/// long as it lives. Where a desktop's agent is there, that one asks. Source: pkttyagent(1).
class PolkitAgent final
{
public:
    /// Does nothing for root, without a terminal, or where pkttyagent is not installed.
    PolkitAgent();
    ~PolkitAgent();
    PolkitAgent(const PolkitAgent&) = delete;
    PolkitAgent& operator=(const PolkitAgent&) = delete;

    /// Whether it ran, and does not any more: Ctrl-C at the terminal ends it, too.
    [[nodiscard]] bool hasEnded();
    /// Whether one runs, and so may ask something at the terminal.
    [[nodiscard]] static bool isActive();

private:
    std::optional<pid_t> m_process;
    bool m_hasEnded{false};
};

} // namespace lockstep::cli
