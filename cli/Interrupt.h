// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

namespace lockstep::cli {

/// While one exists, Ctrl-C (SIGINT) and SIGTERM do not end the process but are counted, and
/// interrupt system calls. One at a time.
class Interrupt final
{
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] static int count();
};

} // namespace lockstep::cli
