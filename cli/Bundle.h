// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "cli/Daemon.h"

namespace lockstep::cli {

/// Packs what a bug report needs into `file`, a .tar.gz for its owner only, and tells what is in
/// it; an empty name means one of our own in the current folder. It is there whole or not at all,
/// also after Ctrl-C. Returns the exit status. Errors: InvalidArgument (the file is there already,
/// or cannot be made), Cancelled, NotSupported (no tar).
[[nodiscard]] Result<int> writeBundle(Result<Daemon>& daemon, const std::vector<std::string>& hosts,
                                      QString file, bool json);

} // namespace lockstep::cli
