// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <QString>

#include <optional>
#include <thread>

namespace lockstep::cli {

/// While one exists, a terminal shows from its second second on what is waited for, and how long.
/// For calls that block; a job has its own progress (Progress.h). Where polkit's agent may ask for
/// a password it is said once. Of several only the first shows anything.
class Waiting final
{
public:
    explicit Waiting(const QString& what);
    /// Takes the line away.
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    std::optional<std::jthread> m_thread;
};

} // namespace lockstep::cli
