// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/Error.h"

#include <QStringList>

#include <optional>

namespace lockstep::cli {

/// Another host, as `--connect` names it.
struct Target
{
    QString host; ///< A name, an address, or an alias of ssh_config(5).
    QString user; ///< Empty: as ssh decides.
    std::optional<quint16> port;

    /// What ssh(1) is called with, its name left out.
    [[nodiscard]] QStringList sshArguments() const;
    /// As the user would write it.
    [[nodiscard]] QString text() const { return user.isEmpty() ? host : user + u'@' + host; }
};

/// Takes "HOST", "USER@HOST" and "ssh://[USER@]HOST[:PORT]"; an IPv6 address in brackets, or bare
/// outside of a URL. Errors: InvalidArgument; also for whatever ssh could take for an option.
[[nodiscard]] Result<Target> parseTarget(const QString& text);

} // namespace lockstep::cli
