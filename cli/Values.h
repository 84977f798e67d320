// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

#include <QStringList>

namespace lockstep::cli {

/// What completion offers of what lockstepd knows: quickly or not at all, and never an error.
class Values final
{
public:
    /// `daemon` must outlive it; it has a short deadline for calls meanwhile.
    explicit Values(Daemon& daemon);

    /// `kind` as of ArgumentInfo: names of "domain", "pair" or "peer", numbers of "job", keys
    /// of "setting"; nothing of other kinds.
    [[nodiscard]] QStringList of(const QString& kind);

private:
    Daemon& m_daemon;
    Hurry m_hurry;
};

} // namespace lockstep::cli
