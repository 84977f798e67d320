// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

#include <QStringList>

#include <string>
#include <vector>

namespace lockstep::cli {

/// What completion offers of what lockstepd knows: quickly or not at all, and never an error.
/// Nobody is asked for a password meanwhile.
class Values final
{
public:
    /// `daemon` must outlive it; it has a short deadline for calls meanwhile.
    explicit Values(Daemon& daemon);

    /// Those that of() knows.
    [[nodiscard]] static std::vector<std::string> kinds();
    /// `kind` as of ArgumentInfo: names of domains, pairs and hosts, numbers of jobs, keys of
    /// settings; nothing of other kinds.
    [[nodiscard]] QStringList of(const QString& kind);

private:
    Daemon& m_daemon;
    Quietly m_quietly;
    Hurry m_hurry;
};

} // namespace lockstep::cli
